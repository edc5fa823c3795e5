/* SPDX-License-Identifier: BSD-2-Clause */
/* The clock of requests and replies. */
#ifndef REFLEX_LOAD_CLOCK_H
#define REFLEX_LOAD_CLOCK_H

#include <stdint.h>
#include <time.h>

#define CLOCK_SECOND	  1000000000u
#define CLOCK_MILLISECOND 1000000u
#define CLOCK_MICROSECOND 1000u

/** clock_now - CLOCK_MONOTONIC. Return: nanoseconds. */
static inline uint64_t clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * CLOCK_SECOND + (uint64_t)now.tv_nsec;
}

/** clock_span - the same time for system calls. */
static inline struct timespec clock_span(uint64_t nanoseconds)
{
	return (struct timespec){.tv_sec = (time_t)(nanoseconds / CLOCK_SECOND),
				 .tv_nsec = (long)(nanoseconds % CLOCK_SECOND)};
}

#endif
