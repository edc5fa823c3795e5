/* SPDX-License-Identifier: BSD-2-Clause */
/* Source addresses and ports in turn: every address before any of them comes again. */
#ifndef REFLEX_LOAD_SOURCES_H
#define REFLEX_LOAD_SOURCES_H

#include "address.h"

struct sources {
	struct prefix prefix;
	struct address server;
	uint64_t count;
	uint64_t at, step; /* coprime, so that neighbours do not follow each other */
	uint16_t port_first;
	uint32_t ports, port_at;
};

/**
 * sources_init - begin to walk.
 * @server: skipped, as are an IPv4 prefix's own address and its broadcast address
 * @lane, @lanes: the walks of lanes begin apart
 */
void sources_init(struct sources *sources, const struct prefix *prefix, uint16_t port_first,
		  uint16_t port_last, const struct address *server, size_t lane, size_t lanes);

/* How many addresses a prefix has, those not to be used left out; at most 2^63. */
uint64_t sources_count(const struct prefix *prefix);

/* The address of that number. */
struct address sources_address(const struct prefix *prefix, uint64_t number);

void sources_next(struct sources *sources, struct endpoint *endpoint);

#endif
