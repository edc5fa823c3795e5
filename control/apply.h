/* SPDX-License-Identifier: BSD-2-Clause */
/* Puts a change of the configuration or of the services in force: on every engine, or on none. */
#ifndef REFLEX_APPLY_H
#define REFLEX_APPLY_H

#include "daemon.h"

/**
 * apply - answer on these services from now on.
 * @config: what they are of; the caller puts it into the daemon after success
 * @services: taken over on success
 * @strict: fail if a port cannot be had; else go on without it
 * @error: set on failure to a sentence
 *
 * Return: 0 or -errno; then nothing has changed.
 */
int apply(struct daemon *daemon, const struct config *config, struct services *services,
	  bool strict, struct error *error);

#endif
