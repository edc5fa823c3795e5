/* SPDX-License-Identifier: BSD-2-Clause */
/* reflexd --check. */
#ifndef REFLEX_REFLEXD_CHECK_H
#define REFLEX_REFLEXD_CHECK_H

#include "daemon.h"

/**
 * reflexd_check - print the configuration, if a start would find nothing wrong with it and with
 * this machine's present addresses.
 * @error: set on failure to a sentence
 *
 * Return: 0 or -errno.
 */
int reflexd_check(struct daemon *daemon, struct error *error);

#endif
