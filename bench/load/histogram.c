// SPDX-License-Identifier: BSD-2-Clause
#include "histogram.h"

#include <math.h>

#define FINE (1u << HISTOGRAM_FINE)

/* The first 128 nanoseconds have a bucket each. */
static unsigned int bucket_of(uint64_t value)
{
	unsigned int shift;

	if (value < FINE)
		return (unsigned int)value;
	shift = 63u - (unsigned int)__builtin_clzll(value) - HISTOGRAM_FINE;
	return (shift << HISTOGRAM_FINE) + (unsigned int)(value >> shift);
}

/* The highest value that a bucket counts. */
static uint64_t bucket_end(unsigned int bucket)
{
	unsigned int shift;

	if (bucket < FINE)
		return bucket;
	shift = (bucket >> HISTOGRAM_FINE) - 1;
	return ((uint64_t)((bucket & (FINE - 1)) + FINE + 1) << shift) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t nanoseconds)
{
	const uint64_t longest = ((uint64_t)1 << HISTOGRAM_BITS) - 1;

	if (histogram->count == 0 || nanoseconds < histogram->min)
		histogram->min = nanoseconds;
	if (nanoseconds > histogram->max)
		histogram->max = nanoseconds;
	histogram->count++;
	histogram->buckets[bucket_of(nanoseconds < longest ? nanoseconds : longest)]++;
}

void histogram_merge(struct histogram *to, const struct histogram *from)
{
	if (from->count == 0)
		return;
	if (to->count == 0 || from->min < to->min)
		to->min = from->min;
	if (from->max > to->max)
		to->max = from->max;
	to->count += from->count;
	for (unsigned int i = 0; i < HISTOGRAM_BUCKETS; i++)
		to->buckets[i] += from->buckets[i];
}

uint64_t histogram_quantile(const struct histogram *histogram, double share)
{
	uint64_t rank = (uint64_t)ceil(share * (double)histogram->count), seen = 0;

	for (unsigned int i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += histogram->buckets[i];
		if (seen && seen >= rank) {
			uint64_t end = bucket_end(i);

			return end < histogram->max ? end : histogram->max;
		}
	}
	return histogram->max;
}
