// SPDX-License-Identifier: BSD-2-Clause
#include "address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reads a decimal number up to the end of the text. */
static bool read_number(unsigned int *number, const char *text, unsigned int max)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end || value > max)
		return false;
	*number = (unsigned int)value;
	return true;
}

bool address_read(struct address *address, const char *text)
{
	*address = (struct address){.family = strchr(text, ':') ? AF_INET6 : AF_INET};
	return inet_pton(address->family, text, address->bytes) == 1;
}

/* Copies what stands before the delimiter. */
static bool cut(char *to, size_t size, const char *text, const char *delimiter)
{
	size_t length = (size_t)(delimiter - text);

	if (length >= size)
		return false;
	memcpy(to, text, length);
	to[length] = '\0';
	return true;
}

static void clear(struct prefix *prefix)
{
	for (unsigned int bit = prefix->length; bit < address_bits(&prefix->address); bit++)
		prefix->address.bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
}

bool address_read_prefix(struct prefix *prefix, const char *text)
{
	const char *slash = strchr(text, '/');
	char address[INET6_ADDRSTRLEN];

	if (!slash) {
		if (!address_read(&prefix->address, text))
			return false;
		prefix->length = address_bits(&prefix->address);
		return true;
	}
	if (!cut(address, sizeof(address), text, slash) ||
	    !address_read(&prefix->address, address) ||
	    !read_number(&prefix->length, slash + 1, address_bits(&prefix->address)))
		return false;
	clear(prefix);
	return true;
}

bool address_read_endpoint(struct endpoint *endpoint, const char *text, uint16_t port)
{
	const char *colon = strrchr(text, ':'), *end = colon;
	char address[INET6_ADDRSTRLEN];
	unsigned int number;

	endpoint->port = port;
	if (text[0] == '[') {
		end = strchr(++text, ']');
		if (!end || (end[1] && end[1] != ':'))
			return false;
		colon = end[1] ? end + 1 : NULL;
	} else if (!colon || strchr(text, ':') != colon) {
		return address_read(&endpoint->address, text);
	}
	if (colon) {
		if (!read_number(&number, colon + 1, UINT16_MAX) || number == 0)
			return false;
		endpoint->port = (uint16_t)number;
	}
	return cut(address, sizeof(address), text, end) &&
	       address_read(&endpoint->address, address);
}

const char *address_print(char *text, const struct address *address)
{
	if (!inet_ntop(address->family, address->bytes, text, ADDRESS_TEXT_MAX))
		snprintf(text, ADDRESS_TEXT_MAX, "?");
	return text;
}

const char *address_print_endpoint(char *text, const struct endpoint *endpoint)
{
	char address[ADDRESS_TEXT_MAX];

	address_print(address, &endpoint->address);
	snprintf(text, ADDRESS_TEXT_MAX,
		 endpoint->address.family == AF_INET6 ? "[%.46s]:%u" : "%.46s:%u", address,
		 endpoint->port);
	return text;
}

const char *address_print_prefix(char *text, const struct prefix *prefix)
{
	char address[ADDRESS_TEXT_MAX];

	snprintf(text, ADDRESS_TEXT_MAX, "%.46s/%u", address_print(address, &prefix->address),
		 prefix->length);
	return text;
}

bool address_same(const struct address *a, const struct address *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

unsigned int address_bits(const struct address *address)
{
	return address->family == AF_INET6 ? 128 : 32;
}

struct prefix address_alone(const struct address *address)
{
	return (struct prefix){*address, address_bits(address)};
}

bool address_within(const struct prefix *inner, const struct prefix *outer)
{
	unsigned int bytes = outer->length / 8, bits = outer->length % 8;
	const uint8_t *a = inner->address.bytes, *b = outer->address.bytes;

	if (inner->address.family != outer->address.family || inner->length < outer->length ||
	    memcmp(a, b, bytes) != 0)
		return false;
	return bits == 0 || (a[bytes] ^ b[bytes]) >> (8 - bits) == 0;
}

socklen_t address_socket(struct sockaddr_storage *to, const struct endpoint *from)
{
	memset(to, 0, sizeof(*to));
	to->ss_family = from->address.family;
	if (from->address.family == AF_INET6) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;

		in6->sin6_port = htons(from->port);
		memcpy(&in6->sin6_addr, from->address.bytes, sizeof(in6->sin6_addr));
		return sizeof(*in6);
	}
	((struct sockaddr_in *)to)->sin_port = htons(from->port);
	memcpy(&((struct sockaddr_in *)to)->sin_addr, from->address.bytes, sizeof(struct in_addr));
	return sizeof(struct sockaddr_in);
}

bool address_from_socket(struct endpoint *to, const struct sockaddr *from)
{
	*to = (struct endpoint){.address.family = from->sa_family};
	if (from->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;

		to->port = ntohs(in6->sin6_port);
		memcpy(to->address.bytes, &in6->sin6_addr, sizeof(in6->sin6_addr));
		return true;
	}
	if (from->sa_family != AF_INET)
		return false;
	to->port = ntohs(((const struct sockaddr_in *)from)->sin_port);
	memcpy(to->address.bytes, &((const struct sockaddr_in *)from)->sin_addr,
	       sizeof(struct in_addr));
	return true;
}
