/* SPDX-License-Identifier: BSD-2-Clause */
/* The attributes of an interface of this network namespace, by rtnetlink (netlink.h). */
#ifndef REFLEX_INTERFACE_H
#define REFLEX_INTERFACE_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"

struct interface {
	char name[IF_NAMESIZE];
	unsigned int index;
	bool ethernet; /* its frames have an Ethernet header */
	bool loopback;
	uint32_t program; /* id of its XDP program; 0: none */
	bool generic;	  /* that runs in generic mode */
	bool veth;
	uint32_t mtu;
	uint32_t mtu_max;
};

/**
 * interface_by_index - ask for an interface by its index.
 * @fd: from netlink_open
 *
 * Return: 0; -ENODEV: there is none; or another -errno.
 */
int interface_by_index(int fd, unsigned int index, struct interface *interface);

/**
 * interface_by_name - ask for an interface by its name or one of its alternative names, which are
 * up to 127 bytes long.
 *
 * Return: as interface_by_index.
 */
int interface_by_name(int fd, const char *name, struct interface *interface);

/**
 * interface_is_alias - whether an interface is meant by an alternative name (`ip link property add
 * altname`), which leads to it though the kernel does not call it so.
 * @name: of any length
 * @reason: set then to "is another name of eth0: use that", to be put behind the name
 *
 * Return: false also where there is no such interface, or it cannot be asked for.
 */
bool interface_is_alias(const char *name, struct error *reason);

#endif
