/* SPDX-License-Identifier: BSD-2-Clause */
/* The page /metrics. */
#ifndef REFLEX_METRICS_H
#define REFLEX_METRICS_H

#include <stdint.h>
#include <stdio.h>

#include "delivery.h"
#include "dpdk.h"
#include "loader.h"
#include "metrics_writer.h"
#include "services.h"
#include "socket_responder.h"

struct metrics {
	struct loader *loader;		  /* NULL where XDP does not answer, */
	const struct dpdk *dpdk;	  /* where DPDK does not, */
	struct socket_responder *sockets; /* where sockets do not */
	const struct services *services;
	struct deliveries *deliveries;
	const char *version;
	uint64_t ready;
	uint64_t last_reload_successful;
	uint64_t generation; /* 1 at the start, one more for each reload that was accepted */
};

/**
 * metrics_write - write every series.
 *
 * Return: 0, or -errno when counters cannot be read.
 */
int metrics_write(FILE *out, enum metrics_format format, struct metrics *metrics);

#endif
