/* SPDX-License-Identifier: BSD-2-Clause */
/* The signals of a daemon, by a descriptor. */
#ifndef REFLEX_SIGNALS_H
#define REFLEX_SIGNALS_H

#include "error.h"

/**
 * signals_open - block SIGHUP, SIGINT and SIGTERM, ignore SIGPIPE; before any thread is made.
 * @error: set on failure to a sentence
 *
 * Return: a descriptor, not blocking, that can be read when one of the three is there, or -errno.
 */
int signals_open(struct error *error);

/** signals_next - take a signal that has come. Return: its number; 0: there is none. */
int signals_next(int fd);

#endif
