/* SPDX-License-Identifier: BSD-2-Clause */
/* What the daemon does when something happens. */
#ifndef REFLEX_EVENTS_H
#define REFLEX_EVENTS_H

#include "daemon.h"

/**
 * events_open - take signals and changes of addresses by descriptors from now on.
 * @error: set on failure to a sentence, here and below
 *
 * Return: 0 or -errno.
 */
int events_open(struct daemon *daemon, struct error *error);

/**
 * events_run - handle events until a signal ends it.
 *
 * Return: 0 or -errno.
 */
int events_run(struct daemon *daemon, struct error *error);

/** events_close - release what events_open opened; what was not opened has -1. */
void events_close(struct daemon *daemon);

#endif
