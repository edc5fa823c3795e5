/* SPDX-License-Identifier: BSD-2-Clause */
/* Follows the interfaces' own addresses: what is configured is listed again when they change. */
#ifndef REFLEX_FOLLOW_H
#define REFLEX_FOLLOW_H

#include "daemon.h"

/**
 * follow_open - have the kernel report changes of addresses and interfaces.
 * @error: set on failure to a sentence
 *
 * Return: 0, also where that is not possible and not needed, or -errno.
 */
int follow_open(struct daemon *daemon, struct error *error);

/** follow_addresses - answer on the addresses of now; follow.last_error says why that failed. */
void follow_addresses(struct daemon *daemon);

/** follow_repair - try again what failed, and log what is unsaid; once a second. */
void follow_repair(struct daemon *daemon);

/** follow_caught_up - forget what failed and what is not yet logged: a reload has listed all. */
void follow_caught_up(struct daemon *daemon);

/** follow_close - close the descriptor, where there is one. */
void follow_close(struct daemon *daemon);

#endif
