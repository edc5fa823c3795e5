/* SPDX-License-Identifier: BSD-2-Clause */
/* The page /metrics. */
#ifndef REFLEX_METRICS_H
#define REFLEX_METRICS_H

#include <stdint.h>
#include <stdio.h>

#include "engine.h"
#include "metrics_writer.h"
#include "services.h"

struct metrics {
	struct engine *const *engines; /* in force */
	size_t engines_count;
	const struct services *services;
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
