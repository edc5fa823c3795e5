/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses and ports of services as text, as socket addresses, and compared. */
#ifndef REFLEX_ENDPOINT_H
#define REFLEX_ENDPOINT_H

#include <stdbool.h>
#include <sys/socket.h>

#include "policy_build.h"

/* [fe80::...%interface]:65535 */
#define ENDPOINT_TEXT_MAX 96

/* What is answered: an address and port, and the link of an address that needs one. */
struct service {
	struct policy_service service;
	unsigned int scope; /* index of the interface of a link-local address, else 0 */
};

/**
 * endpoint_print - "203.0.113.10:3478", "[2001:db8::1]:3478"; without an address "own addresses,
 * port 3478".
 * @text: room for ENDPOINT_TEXT_MAX
 * @scope: index of the interface of a link-local address, or 0
 *
 * Return: @text.
 */
const char *endpoint_print(char *text, const struct policy_service *service, unsigned int scope);

/**
 * endpoint_print_address - the address alone; parameters and return as for endpoint_print.
 */
const char *endpoint_print_address(char *text, const struct policy_service *service,
				   unsigned int scope);

/**
 * endpoint_sockaddr - make a socket address.
 * @address: written whole
 * @scope: as for endpoint_print
 *
 * Return: its length.
 */
socklen_t endpoint_sockaddr(struct sockaddr_storage *address, const struct policy_service *service,
			    unsigned int scope);

/**
 * endpoint_compare - compare by family, address and port.
 *
 * Return: less than, equal to or greater than 0, as for qsort.
 */
int endpoint_compare(const struct policy_service *a, const struct policy_service *b);

/** service_compare - the same of two struct service, and then by scope. */
int service_compare(const void *a, const void *b);

/** endpoint_same_address - whether both have the same address, whatever the ports. */
bool endpoint_same_address(const struct policy_service *a, const struct policy_service *b);

/** endpoint_link_local - whether it is an IPv6 address of one link, so that it needs a scope. */
bool endpoint_link_local(const struct policy_service *service);

/** endpoint_loopback - whether only this machine can send to it. */
bool endpoint_loopback(const struct policy_service *service);

#endif
