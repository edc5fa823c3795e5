/* SPDX-License-Identifier: BSD-2-Clause */
/* An address and port in the forms that people and sockets know. */
#ifndef REFLEX_ENDPOINT_H
#define REFLEX_ENDPOINT_H

#include <stdbool.h>
#include <sys/socket.h>

#include "policy_build.h"

/* [fe80::...%interface]:65535 */
#define ENDPOINT_TEXT_MAX 96

/* What is answered: an address and port, and where it needs one its link. */
struct service {
	struct policy_service service;
	unsigned int scope; /* interface of a link-local address, else 0 */
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
 * endpoint_print_address - the address alone, as endpoint_print.
 */
const char *endpoint_print_address(char *text, const struct policy_service *service,
				   unsigned int scope);

/**
 * endpoint_sockaddr - fill in a socket address. Return: its length.
 */
socklen_t endpoint_sockaddr(struct sockaddr_storage *address, const struct policy_service *service,
			    unsigned int scope);

/**
 * endpoint_compare - an order of addresses and ports, 0 where both are the same.
 */
int endpoint_compare(const struct policy_service *a, const struct policy_service *b);

/** service_compare - an order of struct service, for qsort; 0 where both are the same. */
int service_compare(const void *a, const void *b);

/**
 * endpoint_same_address - whether both have the same address, whatever the ports.
 */
bool endpoint_same_address(const struct policy_service *a, const struct policy_service *b);

/**
 * endpoint_link_local - whether it is an IPv6 address of one link only, so that it needs a scope.
 */
bool endpoint_link_local(const struct policy_service *service);

/**
 * endpoint_loopback - whether only this machine can ask it.
 */
bool endpoint_loopback(const struct policy_service *service);

#endif
