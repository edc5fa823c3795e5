/* SPDX-License-Identifier: BSD-2-Clause */
/* The text of /metrics, Prometheus' exposition format 0.0.4. */
#ifndef REFLEX_METRICS_H
#define REFLEX_METRICS_H

#include <stdbool.h>
#include <stdio.h>

#include "loader.h"
#include "socket/socket.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct metrics {
	struct loader *loader; /* NULL: answering by sockets alone */
	struct socket_responder *sockets;
	const char *version;
	bool ready;
	bool last_reload_successful;
	unsigned int generation; /* 1 at the start, one more for each reload that was accepted */
};

/**
 * metrics_write - write every series.
 *
 * Return: 0, or -errno when counters cannot be read.
 */
int metrics_write(FILE *out, const struct metrics *metrics);

/** metrics_escape - write a label's value as it stands between the quotes. */
void metrics_escape(FILE *out, const char *value);

#endif
