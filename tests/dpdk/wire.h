/* SPDX-License-Identifier: BSD-2-Clause */
/* The corpus over something that carries frames both ways while reflex-dpdk runs behind it. */
#ifndef WIRE_H
#define WIRE_H

#include "live/raw.h"
#include "options.h"

struct wire {
	size_t min, max; /* lengths that it carries; shorter frames are padded with zeros */

	/* All of them, in that order. Return: 0 or -errno. */
	int (*send)(struct wire *wire, const struct raw_frame *frames, size_t count);
	/* Return: the length, 0 where none comes in time, or -errno. */
	int (*receive)(struct wire *wire, uint8_t *frame, size_t capacity, int milliseconds);
};

/*
 * Sends the whole corpus and prints `pass NAME DETAIL` or `fail NAME WHY` for the wire and for the
 * replies. Return: 0, or 1 where anything failed.
 */
int wire_run(struct wire *wire, const struct options *options);

#endif
