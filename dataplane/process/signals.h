/* SPDX-License-Identifier: BSD-2-Clause */
/* The signals of a daemon, by a descriptor. */
#ifndef REFLEX_SIGNALS_H
#define REFLEX_SIGNALS_H

/**
 * signals_open - block SIGHUP, SIGINT and SIGTERM, ignore SIGPIPE; before any thread is made.
 *
 * Return: a descriptor, not blocking, from which the three are read (signalfd(2)), or -errno.
 */
int signals_open(void);

#endif
