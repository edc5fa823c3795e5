/* SPDX-License-Identifier: BSD-2-Clause */
/* What the daemon serves over HTTP: /metrics, /healthz, /readyz. */
#ifndef REFLEX_PAGES_H
#define REFLEX_PAGES_H

#include "daemon.h"

/**
 * pages_open - listen for requests of the pages, which events_run answers.
 * @error: set on failure to a sentence
 *
 * Return: 0 or -errno.
 */
int pages_open(struct daemon *daemon, struct error *error);

#endif
