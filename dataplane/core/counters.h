/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What one writer (a CPU, an lcore) counts for one interface. */
#ifndef REFLEX_CORE_COUNTERS_H
#define REFLEX_CORE_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "verdict.h"

enum family {
	FAMILY_OTHER,
	FAMILY_IPV4,
	FAMILY_IPV6,
	FAMILIES,
};

enum direction {
	DIRECTION_RX,
	DIRECTION_TX,
	DIRECTIONS,
};

#define FAMILIES_MAX 4 /* a power of two, as is VERDICTS_MAX, so that a mask bounds an index */

/* What is counted beside the verdicts, in the row of packets that no family has. */
#define COUNTERS_EXTRA FAMILIES
enum counters_extra {
	COUNTERS_PRIVATE_CLIENTS, /* success responses to such as message_is_private_client says */
};

/* Written by one writer only, read by control. The layout stays: upgrades go on counting in it. */
struct counters {
	uint64_t packets[FAMILIES_MAX][VERDICTS_MAX];
	uint64_t bytes[FAMILIES_MAX][DIRECTIONS]; /* whole frames without FCS */
};

/* What became of a packet. */
struct counters_event {
	enum family family;
	enum verdict verdict;
	uint32_t received;   /* bytes of the frame as it came */
	uint32_t sent;	     /* bytes of the frame as it went out again, 0: it did not */
	bool private_client; /* its client has a private address, the service has not */
};

/**
 * counters_record - count packets that are alike, once their verdict is known. Packets are counted
 * nowhere else, so this is the place for observers.
 * @event: what became of each
 * @packets: how many
 */
static inline void counters_record(struct counters *counters, const struct counters_event *event,
				   uint32_t packets)
{
	uint32_t row = event->family & (FAMILIES_MAX - 1);

	counters->packets[row][event->verdict & (VERDICTS_MAX - 1)] += packets;
	counters->bytes[row][DIRECTION_RX] += (uint64_t)packets * event->received;
	counters->bytes[row][DIRECTION_TX] += (uint64_t)packets * event->sent;
	if (event->private_client && verdict_is_success(event->verdict))
		counters->packets[COUNTERS_EXTRA][COUNTERS_PRIVATE_CLIENTS] += packets;
}

/**
 * counters_record_reply - count replies that are alike, by whether kernel or port took them.
 * @reply: what is counted where they were
 * @packets: how many
 * @taken: else they are VERDICT_UNSENT
 */
static inline void counters_record_reply(struct counters *counters,
					 const struct counters_event *reply, uint32_t packets,
					 bool taken)
{
	struct counters_event event = *reply;

	if (!taken) {
		event.verdict = VERDICT_UNSENT;
		event.sent = 0;
	}
	counters_record(counters, &event, packets);
}

#ifndef __bpf__
/**
 * family_label - the value of the metric label `family`.
 * @family: below FAMILIES
 */
static inline const char *family_label(enum family family)
{
	static const char *const labels[] = {"other", "ipv4", "ipv6"};

	return labels[family];
}

/**
 * counters_add - add to a sum what one writer has counted.
 * @part: its writer may count in it meanwhile
 */
static inline void counters_add(struct counters *sum, const struct counters *part)
{
	const uint64_t *from = (const uint64_t *)part;
	uint64_t *to = (uint64_t *)sum;

	for (uint32_t i = 0; i < sizeof(*sum) / sizeof(*to); i++)
		to[i] += __atomic_load_n(&from[i], __ATOMIC_RELAXED);
}
#endif

#endif
