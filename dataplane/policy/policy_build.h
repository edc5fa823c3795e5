/* SPDX-License-Identifier: BSD-2-Clause */
/* From settings in host form to the policy that the packet path reads. Userspace only. */
#ifndef REFLEX_POLICY_BUILD_H
#define REFLEX_POLICY_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy.h"

struct policy_service {
	enum family family;	 /* FAMILY_IPV4 or FAMILY_IPV6 */
	uint8_t address[16];	 /* network byte order; IPv4 uses the first 4 bytes */
	uint16_t port;		 /* host byte order, not 0 */
	uint16_t alternate_port; /* RFC 5780, host byte order; 0: no behaviour discovery */
	uint8_t alternate[16];	 /* its address, as above */
	bool response_port;
	bool padding;
};

/* How services are answered. Flags are named after what a true one does. */
struct policy_settings {
	char software[POLICY_SOFTWARE_MAX + 1]; /* "": none */
	bool mirror_fingerprint;
	bool ignore_wrong_fingerprint;
	bool legacy;
	bool low_source_ports;
	bool pass_refused;
	bool loopback; /* loopback addresses may be services: sockets only */
};

/**
 * policy_pairs - the services that a service with an alternate stands for: the four pairs of
 * primary or alternate address, and primary or alternate port (RFC 5780).
 * @pairs: itself first, its alternate last; each has as alternate the one that differs from it in
 * both address and port
 *
 * Return: how many: 4, or 1 for a service without.
 */
size_t policy_pairs(const struct policy_service *service, struct policy_service pairs[4]);

/**
 * policy_takes_address - whether a service may have its address: a unicast address that a host can
 * have, so not unspecified, multicast or broadcast. Loopback only with settings->loopback.
 * @service: of a family, not FAMILY_OTHER
 */
bool policy_takes_address(const struct policy_settings *settings,
			  const struct policy_service *service);

/**
 * policy_build - make a policy.
 * @policy: written whole; unspecified after an error
 * @services: of one with an alternate all four pairs; services may repeat, a repeated one counts
 * once, and of it the first with an alternate
 * @count: of services
 * @culprit: where not NULL, the index of the service that an -EADDRNOTAVAIL or -EINVAL speaks of
 *
 * Return: 0, or
 * -E2BIG: more than POLICY_SERVICES_MAX services;
 * -EADDRNOTAVAIL: an address that policy_takes_address refuses;
 * -EINVAL: a service with port 0 or no family, or whose alternate is missing;
 * -ENAMETOOLONG: software that does not end within its array;
 * -ENOMEM.
 */
int policy_build(struct policy *policy, const struct policy_settings *settings,
		 const struct policy_service *services, size_t count, size_t *culprit);

#endif
