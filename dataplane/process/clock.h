/* SPDX-License-Identifier: BSD-2-Clause */
/* The clock of timeouts. */
#ifndef REFLEX_CLOCK_H
#define REFLEX_CLOCK_H

#include <stdint.h>
#include <time.h>

/** clock_ms - milliseconds of a clock that never goes back (CLOCK_MONOTONIC). */
static inline int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#endif
