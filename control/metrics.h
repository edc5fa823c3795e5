/* SPDX-License-Identifier: BSD-2-Clause */
/* The text of /metrics, Prometheus' exposition format 0.0.4. */
#ifndef REFLEX_METRICS_H
#define REFLEX_METRICS_H

#include <stdbool.h>
#include <stdio.h>

#include "delivery.h"
#include "dpdk.h"
#include "loader.h"
#include "services.h"
#include "socket_responder.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct metrics {
	struct loader *loader;		  /* NULL where XDP does not answer, */
	const struct dpdk *dpdk;	  /* where DPDK does not, */
	struct socket_responder *sockets; /* where sockets do not */
	const struct services *services;
	struct deliveries *deliveries;
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

#endif
