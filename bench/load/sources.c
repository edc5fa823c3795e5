// SPDX-License-Identifier: BSD-2-Clause
#include "sources.h"

#include <endian.h>
#include <string.h>

#define STEP 2654435761u /* a prime near 2^32 divided by the golden ratio */

static bool has_edges(const struct prefix *prefix)
{
	return prefix->address.family == AF_INET && prefix->length < 31;
}

uint64_t sources_count(const struct prefix *prefix)
{
	unsigned int bits = address_bits(&prefix->address) - prefix->length;
	uint64_t count = (uint64_t)1 << (bits < 63 ? bits : 63);

	return has_edges(prefix) ? count - 2 : count;
}

struct address sources_address(const struct prefix *prefix, uint64_t number)
{
	struct address address = prefix->address;

	number += has_edges(prefix);
	if (address.family == AF_INET6) {
		uint64_t lower;

		memcpy(&lower, address.bytes + 8, sizeof(lower));
		lower = htobe64(be64toh(lower) + number);
		memcpy(address.bytes + 8, &lower, sizeof(lower));
	} else {
		uint32_t whole;

		memcpy(&whole, address.bytes, sizeof(whole));
		whole = htobe32(be32toh(whole) + (uint32_t)number);
		memcpy(address.bytes, &whole, sizeof(whole));
	}
	return address;
}

void sources_init(struct sources *sources, const struct prefix *prefix, uint16_t port_first,
		  uint16_t port_last, const struct address *server, size_t thread, size_t threads)
{
	uint64_t count = sources_count(prefix);
	uint32_t ports = (uint32_t)(port_last - port_first) + 1;

	*sources = (struct sources){
		.prefix = *prefix,
		.server = *server,
		.count = count,
		.at = count / threads * thread,
		.step = STEP % count,
		.port_first = port_first,
		.ports = ports,
		.port_at = (uint32_t)(ports / threads * thread),
	};
}

static void step(struct sources *sources)
{
	sources->at += sources->step;
	if (sources->at >= sources->count)
		sources->at -= sources->count;
	if (++sources->port_at == sources->ports)
		sources->port_at = 0;
}

void sources_next(struct sources *sources, struct endpoint *endpoint)
{
	endpoint->address = sources_address(&sources->prefix, sources->at);
	if (address_same(&endpoint->address, &sources->server) && sources->count > 1) {
		step(sources);
		endpoint->address = sources_address(&sources->prefix, sources->at);
	}
	endpoint->port = (uint16_t)(sources->port_first + sources->port_at);
	step(sources);
}
