/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses, ports and prefixes, of both families alike. */
#ifndef REFLEX_LOAD_ADDRESS_H
#define REFLEX_LOAD_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define ADDRESS_TEXT_MAX 64 /* [IPv6]:65535 */

/* Network byte order. IPv4 uses the first four bytes, the others are zero. */
struct address {
	sa_family_t family;
	uint8_t bytes[16];
};

struct endpoint {
	struct address address;
	uint16_t port; /* host byte order */
};

struct prefix {
	struct address address;
	unsigned int length;
};

/** address_read - read an address. Return: whether the text is one, here and below. */
bool address_read(struct address *address, const char *text);

/** address_read_prefix - read ADDRESS or ADDRESS/LENGTH; bits behind the length are cleared. */
bool address_read_prefix(struct prefix *prefix, const char *text);

/**
 * address_read_endpoint - read ADDRESS, ADDRESS:PORT, IPv6, [IPv6] or [IPv6]:PORT.
 * @port: where the text has none
 */
bool address_read_endpoint(struct endpoint *endpoint, const char *text, uint16_t port);

/**
 * address_print, address_print_endpoint, address_print_prefix - write as text.
 * @text: room for ADDRESS_TEXT_MAX
 *
 * Return: @text.
 */
const char *address_print(char *text, const struct address *address);
const char *address_print_endpoint(char *text, const struct endpoint *endpoint);
const char *address_print_prefix(char *text, const struct prefix *prefix);

/** address_same - whether family and address are the same. */
bool address_same(const struct address *a, const struct address *b);

/** address_bits - how many bits an address of its family has. Return: 32 or 128. */
unsigned int address_bits(const struct address *address);

/** address_alone - the prefix that holds this address alone. */
struct prefix address_alone(const struct address *address);

/** address_within - whether the whole inner prefix lies in the outer one. */
bool address_within(const struct prefix *inner, const struct prefix *outer);

/** address_socket - make a socket address. Return: its length. */
socklen_t address_socket(struct sockaddr_storage *to, const struct endpoint *from);

/** address_from_socket - read a socket address. Return: whether it is one of IP. */
bool address_from_socket(struct endpoint *to, const struct sockaddr *from);

#endif
