/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel must allow at the start, and how all of it is given up. */
#ifndef REFLEX_PRIVILEGES_H
#define REFLEX_PRIVILEGES_H

#include "error.h"

/**
 * privileges_check - whether the process may load and attach.
 * @error: set on failure to a sentence that names what is missing
 *
 * Return: 0 or -EPERM.
 */
int privileges_check(struct error *error);

/**
 * privileges_drop - give up every capability for good, in this process and whatever it might
 * execute.
 *
 * Return: 0 or -errno.
 */
int privileges_drop(void);

#endif
