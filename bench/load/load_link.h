/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel knows of an interface, and how to reach an address by it. */
#ifndef REFLEX_LOAD_LINK_H
#define REFLEX_LOAD_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "address.h"
#include "error.h"

struct load_link {
	unsigned int index, mtu, queues;
	bool up;
	uint8_t mac[6];
};

struct load_route {
	struct address hop;    /* the next hop: whose MAC address frames go to */
	struct address source; /* family 0: none is set */
};

/**
 * load_link_read - read the state of an interface.
 * @link: set on success
 * @interface: its name
 * @error: set on failure to a sentence, here and below
 *
 * Return: 0 or -errno.
 */
int load_link_read(struct load_link *link, const char *interface, struct error *error);

/**
 * load_link_route - look up the route to a target by an interface.
 * @route: set on success
 *
 * Return: 0; -EINVAL where the target is this machine's own; or another -errno.
 */
int load_link_route(struct load_route *route, const struct load_link *link,
		    const struct address *target, struct error *error);

/**
 * load_link_neighbour - look up the MAC address of a next hop. Where the kernel does not know it,
 * it is made to ask, for some seconds.
 * @mac: set on success
 *
 * Return: 0; -EHOSTUNREACH: nobody answers; or another -errno.
 */
int load_link_neighbour(uint8_t mac[6], const struct load_link *link, const struct address *hop,
			struct error *error);

/**
 * load_link_virtual - whether an interface is a virtual one that this machine made: veth, dummy,
 * tun or loopback.
 * @interface: its name
 *
 * Return: false, too, where there is none of that name.
 */
bool load_link_virtual(const char *interface);

#endif
