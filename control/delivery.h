/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether answers go out: replies of the sockets that the kernel refuses, and answers of the
 * program that a driver does not send.
 *
 * Each look compares the totals with those of the look before. It is bad if answers failed, and at
 * most a tenth of all went out. A way out has failed when bad looks, with no better one between
 * them, cover 10 seconds and 10 answers. It is good again when the last bad look is 30 seconds ago.
 * A node without requests cannot know more than that. So if it fails again before any answer went
 * out, it waits twice as long, up to 16 minutes. Overload, during which some answers go out, takes
 * no node out of service; a bad minute does so once.
 */
#ifndef REFLEX_DELIVERY_H
#define REFLEX_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#define DELIVERY_BAD_COUNT 10
#define DELIVERY_BAD_MS	   10000
#define DELIVERY_GOOD_MS   30000
#define DELIVERY_HOLD_MAX  960000

/* One way out. */
struct delivery {
	bool seen;	   /* the totals are of an earlier look */
	uint64_t answered; /* totals: answers, */
	uint64_t failed;   /* and those of them that did not go out */
	uint64_t lost;	   /* that failed in bad looks with no better one between them, */
	int64_t since;	   /* when the first was, in milliseconds, */
	int64_t last;	   /* and the last */
	int64_t hold;	   /* how long after that it is good again */
	bool bad;
};

/**
 * delivery_note - take account of new totals.
 * @now: milliseconds of a clock that never goes back
 */
void delivery_note(struct delivery *delivery, uint64_t answered, uint64_t failed, int64_t now);

#endif
