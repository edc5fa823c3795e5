/* SPDX-License-Identifier: BSD-2-Clause */
/* Sends frames in bursts; what comes back must be the oracle's, in order and byte for byte. */
#ifndef JUDGE_H
#define JUDGE_H

#include "live.h"
#include "oracle/frames.h"
#include "oracle/oracle.h"
#include "raw.h"
#include "tally.h"

#define JUDGE_BURST_MAX 128

struct judge_entry {
	char name[128];
	uint8_t frame[FRAME_MAX];
	size_t length;
	size_t reply_length; /* 0: none may come */
	uint8_t reply[256];
};

struct judge {
	struct raw raw;
	const struct oracle_config *config;
	struct tally tally;
	size_t burst; /* frames sent at once */
	size_t queued;
	struct judge_entry queue[JUDGE_BURST_MAX + 1]; /* one more for the marker */
	uint32_t markers;
	unsigned long failures, unsendable;
};

int judge_open(struct judge *judge, const char *interface, const struct oracle_config *config,
	       size_t burst);

/* Queues a frame; a full queue is sent and judged. */
void judge_frame(struct judge *judge, const char *name, const uint8_t *frame, size_t length,
		 const struct oracle_answer *answer);

/*
 * Sends and judges what is queued, listens for what else comes, closes. Return: 0, or 1 with what
 * is wrong printed.
 */
int judge_close(struct judge *judge, const struct live_options *options);

void judge_print(const char *what, const uint8_t *bytes, size_t length);

#endif
