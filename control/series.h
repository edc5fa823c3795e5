/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts that series have in common, in Prometheus' exposition format 0.0.4. */
#ifndef REFLEX_SERIES_H
#define REFLEX_SERIES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "counters.h"

/* Whose counters they are, as labels. */
struct series_origin {
	const char *dataplane;
	const char *interface;
	struct counters counters;
};

/** series_escape - write a label's value as it stands between the quotes. */
void series_escape(FILE *out, const char *value);

/** series_head - what comes before the series of a name. @type: "counter" or "gauge" */
void series_head(FILE *out, const char *name, const char *type, const char *help);

/** series_gauge - a gauge without labels, with its head. */
void series_gauge(FILE *out, const char *name, const char *help, uint64_t value);

/** series_counters - packets and bytes, of every origin, family, verdict and direction; and private
 * clients. */
void series_counters(FILE *out, const struct series_origin *origins, size_t count);

#endif
