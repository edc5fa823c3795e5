/* SPDX-License-Identifier: BSD-2-Clause */
/* A reload, as both daemons do it on SIGHUP. */
#ifndef REFLEX_RELOAD_H
#define REFLEX_RELOAD_H

#include <stdbool.h>

#include "error.h"

/**
 * reload_run - tell the supervisor, try the new configuration, and log why it is refused.
 * @load: puts the new configuration in force as a whole, or leaves the old one and sets @error;
 * returns 0 or -errno
 * @context: is handed to it
 *
 * Return: whether the new one is in force.
 */
bool reload_run(int (*load)(void *context, struct error *error), void *context);

#endif
