/* SPDX-License-Identifier: BSD-2-Clause */
/* Which targets it is safe to flood, and from which sources. */
#ifndef REFLEX_LOAD_TARGET_H
#define REFLEX_LOAD_TARGET_H

#include "error.h"
#include "load_settings.h"

/**
 * target_check - whether the target, and the sources given, are of this machine's test networks:
 * its own addresses, the networks on its virtual links, and what is set apart for documentation
 * and benchmarking. With --i-own-this-target, nothing is refused.
 * @error: set to a sentence on failure
 *
 * Return: 0 or -EPERM.
 */
int target_check(const struct load_settings *settings, struct error *error);

#endif
