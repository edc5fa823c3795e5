/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel knows of an interface, and how to reach an address by it. */
#ifndef REFLEX_LOAD_LINK_H
#define REFLEX_LOAD_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "address.h"
#include "error.h"

struct link {
	unsigned int index, mtu, queues;
	bool up;
	uint8_t mac[6];
};

/* Those that return an int: 0, or -errno and a sentence. */
int link_read(struct link *link, const char *interface, struct error *error);

/* The way to a target by an interface. */
struct link_way {
	struct address hop;    /* who is asked for a MAC */
	struct address source; /* family 0: none is set */
};

int link_route(struct link_way *way, const struct link *link, const struct address *target,
	       struct error *error);

/**
 * link_neighbour - the MAC of a neighbour; makes the kernel ask for it if it has to.
 */
int link_neighbour(uint8_t mac[6], const struct link *link, const struct address *hop,
		   struct error *error);

/* Whether it is a virtual one that this machine made: veth, dummy, tun or loopback. */
bool link_virtual(const char *interface);

#endif
