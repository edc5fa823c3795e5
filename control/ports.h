/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Holds a socket on each service's address and port, and lets nothing into it.
 *
 * A packet that the fast path hands up and that finds no socket makes the kernel send an ICMP
 * unreachable, to whatever source the packet claims. Nothing is read from these sockets; a filter
 * that accepts no packet keeps their memory empty.
 */
#ifndef REFLEX_PORTS_H
#define REFLEX_PORTS_H

#include "services.h"

struct port {
	struct service service;
	int fd;
};

struct ports {
	struct port *list;
	size_t count;
};

/**
 * ports_allow - raise the limit of open files to what the most services need.
 */
void ports_allow(void);

/**
 * ports_hold - make the set of sockets for these services.
 * @next: set on success; end it with ports_replace or ports_forget
 * @held: the set in force, whose sockets are used again
 * @strict: fail if one cannot be had; else warn and go on without it
 * @error: set on failure to a sentence
 *
 * Return: 0 or -errno; then everything is as before.
 */
int ports_hold(struct ports *next, const struct ports *held, const struct services *services,
	       bool strict, char *error, size_t size);

/**
 * ports_replace - go over to the next set, and close what it has no use for.
 */
void ports_replace(struct ports *held, struct ports *next);

/**
 * ports_forget - give up a next set, and close what the held one does not have.
 */
void ports_forget(const struct ports *held, struct ports *next);

/** ports_close - close all. */
void ports_close(struct ports *ports);

#endif
