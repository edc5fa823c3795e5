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
 * sources_init - start the walk of one thread.
 * @prefix, @port_first, @port_last: what to walk over, the ends included
 * @server: skipped, as are an IPv4 prefix's own address and its broadcast address
 * @thread, @threads: index and count; each thread starts elsewhere
 */
void sources_init(struct sources *sources, const struct prefix *prefix, uint16_t port_first,
		  uint16_t port_last, const struct address *server, size_t thread, size_t threads);

/** sources_count - how many addresses of a prefix may be sources. Return: at most 2^63. */
uint64_t sources_count(const struct prefix *prefix);

/** sources_address - the address of a number below sources_count. */
struct address sources_address(const struct prefix *prefix, uint64_t number);

/** sources_next - the next source. */
void sources_next(struct sources *sources, struct endpoint *endpoint);

#endif
