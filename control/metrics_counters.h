/* SPDX-License-Identifier: BSD-2-Clause */
/* The series of the counters that every dataplane has. */
#ifndef REFLEX_METRICS_COUNTERS_H
#define REFLEX_METRICS_COUNTERS_H

#include <stddef.h>

#include "counters.h"
#include "metrics_writer.h"

/* Counters, and whose they are, as labels. */
struct counters_origin {
	const char *dataplane;
	const char *interface;
	struct counters counters;
};

/** metrics_counters - write packets, bytes and private clients of every origin. */
void metrics_counters(struct metrics_writer *writer, const struct counters_origin *origins,
		      size_t count);

#endif
