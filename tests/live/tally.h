/* SPDX-License-Identifier: BSD-2-Clause */
/* The counters to expect of the daemon, from what the oracle decides. */
#ifndef TALLY_H
#define TALLY_H

#include <stdint.h>

#include "oracle/oracle.h"

#define TALLY_LINES 128

struct tally {
	struct tally_line {
		const char *family;
		const char *verdict; /* NULL: a count of bytes */
		const char *action;  /* or their direction */
		uint64_t count;
	} lines[TALLY_LINES];
	size_t count;
};

/* One frame of that length, and what the oracle says to it. */
void tally_frame(struct tally *tally, const struct oracle_answer *answer, size_t length);

/* The same, in the words of the metrics; sent is 0 where there is no reply. */
void tally_add(struct tally *tally, const char *family, const char *verdict, const char *action,
	       uint64_t packets, uint64_t received, uint64_t sent);

uint64_t tally_packets(const struct tally *tally, const char *action);

/*
 * Appends `INTERFACE FAMILY VERDICT ACTION PACKETS` and `INTERFACE FAMILY rx|tx BYTES`, as live.sh
 * makes them of /metrics. Return: 0 or -errno.
 */
int tally_write(const struct tally *tally, const char *interface, const char *path);

#endif
