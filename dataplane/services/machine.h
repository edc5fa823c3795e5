/* SPDX-License-Identifier: BSD-2-Clause */
/* The addresses that this machine has now, as far as services ask. Private to this folder. */
#ifndef REFLEX_MACHINE_H
#define REFLEX_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"

struct machine_address {
	struct policy_service service; /* without a port */
	unsigned int scope;	       /* index of the interface of a link-local address, else 0 */
	bool meant;		       /* where a service names no address */
	bool duplicate;		       /* another host has it too (RFC 4862 section 5.4) */
};

struct machine {
	const struct config *config;
	unsigned int
		interfaces[CONFIG_INTERFACES_MAX]; /* indices of the configured ones; 0: absent */
	struct machine_address *list;
	size_t count, room;
	bool exhausted; /* there was no memory for the list */
	bool unknown;	/* it may not be asked: the configured addresses are taken for its own */
};

/**
 * machine_read - list the addresses of this machine, by rtnetlink.
 * @machine: release with machine_free, after an error too
 * @config: which interfaces' own addresses are meant; is kept
 *
 * Return: 0 or -errno.
 */
int machine_read(struct machine *machine, const struct config *config);

/** machine_free - release the list. */
void machine_free(struct machine *machine);

/** machine_has - whether an address is one of this machine's. */
bool machine_has(const struct machine *machine, const struct policy_service *service);

/**
 * machine_shares - whether an address of this machine is another host's too, wherever the machine
 * has it.
 * @scope: as for struct machine_address
 */
bool machine_shares(const struct machine *machine, const struct policy_service *service,
		    unsigned int scope);

#endif
