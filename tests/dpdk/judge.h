/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether what came back, and what was counted, is what the oracle says. */
#ifndef JUDGE_H
#define JUDGE_H

#include "capture.h"
#include "corpus.h"

/*
 * Both print a line, `pass replies DETAIL` or `fail counters WHY`, and above it what is wrong.
 * Return: 0, or 1 where it failed.
 */

/* What came must be the replies to what was sent: all of them, no others, in that order. */
int judge_replies(const struct corpus *corpus, const struct capture *sent,
		  const struct capture *came);

/*
 * The series of reflex-dpdk in a file in Prometheus' text format, summed over ports and queues,
 * must count what was sent, exactly.
 * @before: such a file from before, whose values do not count; or NULL
 */
int judge_counters(const struct corpus *corpus, const struct capture *sent, const char *metrics,
		   const char *before);

#endif
