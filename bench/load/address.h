/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses, ports and prefixes, of both families alike. */
#ifndef REFLEX_LOAD_ADDRESS_H
#define REFLEX_LOAD_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define ADDRESS_TEXT_MAX 64 /* [IPv6]:65535 */

/* IPv4 lies in the first four bytes, the others are zero. */
struct address {
	sa_family_t family;
	uint8_t bytes[16];
};

struct endpoint {
	struct address address;
	uint16_t port;
};

struct prefix {
	struct address address;
	unsigned int length;
};

/* Those that read return whether the text is one. */
bool address_read(struct address *address, const char *text);
/* The bits behind the prefix's length are cleared. */
bool address_read_prefix(struct prefix *prefix, const char *text);
/* ADDRESS, ADDRESS:PORT, IPv6, [IPv6] or [IPv6]:PORT */
bool address_read_endpoint(struct endpoint *endpoint, const char *text, uint16_t port);

const char *address_print(char *text, const struct address *address);
const char *address_print_endpoint(char *text, const struct endpoint *endpoint);
const char *address_print_prefix(char *text, const struct prefix *prefix);

bool address_same(const struct address *a, const struct address *b);
unsigned int address_bits(const struct address *address);
/* The prefix that is the address alone. */
struct prefix address_alone(const struct address *address);
/* Whether the whole inner prefix lies in the outer one. */
bool address_within(const struct prefix *inner, const struct prefix *outer);

socklen_t address_socket(struct sockaddr_storage *to, const struct endpoint *from);
bool address_from_socket(struct endpoint *to, const struct sockaddr *from);

#endif
