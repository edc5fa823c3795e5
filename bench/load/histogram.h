/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Times in nanoseconds, in the buckets of HdrHistogram: 128 of equal width for each power of two,
 * so that no percentile is off by more than 0.8 %, from nanoseconds to minutes.
 */
#ifndef REFLEX_LOAD_HISTOGRAM_H
#define REFLEX_LOAD_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_FINE	  7 /* bits that a bucket tells apart */
#define HISTOGRAM_BITS	  40
#define HISTOGRAM_BUCKETS ((HISTOGRAM_BITS - HISTOGRAM_FINE + 1) << HISTOGRAM_FINE)

struct histogram {
	uint64_t count, min, max; /* the last two exact, and valid where there is a count */
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

/** histogram_add - count a time; one of 2^40 ns or more counts as the longest. */
void histogram_add(struct histogram *histogram, uint64_t nanoseconds);

/** histogram_merge - add what another one has counted. */
void histogram_merge(struct histogram *to, const struct histogram *from);

/**
 * histogram_quantile - the time that a share of all do not exceed.
 * @share: 0.99 for the 99th percentile
 *
 * Return: 0 of an empty histogram.
 */
uint64_t histogram_quantile(const struct histogram *histogram, double share);

#endif
