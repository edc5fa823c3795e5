/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What one writer (a CPU, an lcore) counts for one interface. */
#ifndef REFLEX_CORE_COUNTERS_H
#define REFLEX_CORE_COUNTERS_H

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
	COUNTERS_PRIVATE_CLIENTS, /* success responses to such as message_is_hidden says */
};

/* Written by one writer only, read by control. The layout stays: upgrades go on counting in it. */
struct counters {
	uint64_t packets[FAMILIES_MAX][VERDICTS_MAX];
	uint64_t bytes[FAMILIES_MAX][DIRECTIONS]; /* whole frames without FCS */
};

/**
 * counters_count_all - count packets that are alike, the only place where packets are counted.
 * @family: below FAMILIES
 * @verdict: below VERDICTS
 * @packets: how many
 * @received: bytes of each frame as it came
 * @sent: bytes of each frame as it goes out again, 0 where none does
 */
static inline void counters_count_all(struct counters *counters, enum family family,
				      enum verdict verdict, uint32_t packets, uint32_t received,
				      uint32_t sent)
{
	uint32_t row = family & (FAMILIES_MAX - 1);

	counters->packets[row][verdict & (VERDICTS_MAX - 1)] += packets;
	counters->bytes[row][DIRECTION_RX] += (uint64_t)packets * received;
	counters->bytes[row][DIRECTION_TX] += (uint64_t)packets * sent;
}

/** counters_count - count one packet. */
static inline void counters_count(struct counters *counters, enum family family,
				  enum verdict verdict, uint32_t received, uint32_t sent)
{
	counters_count_all(counters, family, verdict, 1, received, sent);
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
