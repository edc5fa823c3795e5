/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's interfaces, as far as packets need them. */
#ifndef REFLEX_LINK_H
#define REFLEX_LINK_H

#include <stdbool.h>
#include <stddef.h>

/**
 * link_ready - whether packets can come in by an interface: it is there, up, and has a carrier.
 * @name: what the reason calls it
 * @index: 0 where there is none of that name
 * @reason: set to a sentence when not
 */
bool link_ready(const char *name, unsigned int index, char *reason, size_t size);

#endif
