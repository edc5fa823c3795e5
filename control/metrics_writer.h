/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Prometheus' exposition formats. Metrics are declared in tables; a row says what a metric is and
 * which function collects its values. That function calls metric_value, or another of its kind,
 * once for each series.
 */
#ifndef REFLEX_METRICS_WRITER_H
#define REFLEX_METRICS_WRITER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "metrics_format.h"

#define METRIC_LABELS_MAX 5

enum metric_type {
	METRIC_COUNTER,
	METRIC_GAUGE,
	METRIC_INFO, /* its labels are what it says; its value is 1 */
	METRIC_HISTOGRAM,
};

struct metrics_writer {
	FILE *out;
	enum metrics_format format;
	const struct metric *metric; /* whose values are collected now */
};

struct metric {
	const char *name; /* a counter's ends in _total, an info's in _info; NULL: end of a table */
	enum metric_type type;
	const char *help;			    /* without quotes, backslashes, newlines */
	const char *label_names[METRIC_LABELS_MAX]; /* in the order in which they are written */
	/* @context: as given to metrics_write_table */
	void (*collect)(const struct metrics_writer *writer, void *context);
	size_t offset; /* for metric_collect_field and the like: of a uint64_t in what they read */
};

/* Values of a series' labels, in the order of the metric's label_names. */
struct metric_labels {
	const char *values[METRIC_LABELS_MAX];
};

struct metric_histogram {
	const double *bounds;	/* upper ones of the buckets, rising; the last bucket has none */
	size_t bounds_count;	/* there is one bucket more */
	const uint64_t *counts; /* of each bucket alone, not of those below it too */
	double sum;		/* of all that was observed */
};

/**
 * metrics_write_table - write the metrics of a table, in its order.
 * @context: what the rows' functions read
 */
void metrics_write_table(struct metrics_writer *writer, const struct metric *table, void *context);

/** metrics_end - write what follows the last table. */
void metrics_end(const struct metrics_writer *writer);

/* --- for the functions that collect --- */

/**
 * metric_value - write a series of the metric whose values are collected.
 * @labels: NULL where the metric has none
 */
void metric_value(const struct metrics_writer *writer, uint64_t value,
		  const struct metric_labels *labels);

/** metric_real - the same, for a value that is no whole number. */
void metric_real(const struct metrics_writer *writer, double value,
		 const struct metric_labels *labels);

/** metric_histogram - write the series of a histogram: its buckets, sum and count. */
void metric_histogram(const struct metrics_writer *writer, const struct metric_histogram *histogram,
		      const struct metric_labels *labels);

/** metric_collect_field - collect the uint64_t at the metric's offset in @context; no labels. */
void metric_collect_field(const struct metrics_writer *writer, void *context);

#endif
