/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a real request that came now would be answered. */
#ifndef REFLEX_HEALTH_H
#define REFLEX_HEALTH_H

#include <stdbool.h>
#include <stddef.h>

#include "loader.h"
#include "services.h"

/**
 * health_interface - whether requests can come in by an interface: attached, up, with a carrier.
 * @position: below loader_interface_count
 * @reason: set to a sentence when not
 */
bool health_interface(const struct loader *loader, size_t position, char *reason, size_t size);

/**
 * health_ready - ask the program itself, by a request that no network carries, and look at every
 * interface.
 * @reason: set to a sentence when not ready
 */
bool health_ready(struct loader *loader, const struct services *services, char *reason,
		  size_t size);

#endif
