/* SPDX-License-Identifier: BSD-2-Clause */
/* The limit of open files. */
#ifndef REFLEX_FILES_H
#define REFLEX_FILES_H

#include "error.h"

#define FILES_MIN 192 /* for what a daemon has of its own, and some clients */

/**
 * files_raise - raise the limit to the hard one.
 * @error: set on failure to a sentence
 *
 * Return: 0; -EMFILE where that is less than FILES_MIN; or another -errno.
 */
int files_raise(struct error *error);

#endif
