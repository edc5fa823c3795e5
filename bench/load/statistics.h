/* SPDX-License-Identifier: BSD-2-Clause */
/* What one thread counts, or all together. One thread writes, others may look. */
#ifndef REFLEX_LOAD_STATISTICS_H
#define REFLEX_LOAD_STATISTICS_H

#include "check.h"
#include "histogram.h"
#include "load_settings.h"

struct statistics {
	uint64_t sent;
	uint64_t answered; /* rightly, for the first time and in time */
	uint64_t lost;
	uint64_t silent; /* of those that must not be answered: as expected */
	uint64_t wrong[FAULTS_COUNT];
	uint64_t duplicate;
	uint64_t late;	       /* after the request was given up as lost */
	uint64_t stray;	       /* not to any request of ours */
	uint64_t unreachable;  /* ICMP errors, as sockets hear of them */
	uint64_t failed;       /* the kernel did not take the packet: lost, too */
	int failed_errno;      /* of the last of these */
	uint64_t unsent;       /* still due when the time was over */
	uint64_t lateness_max; /* of sending, in nanoseconds */
	struct {
		uint64_t sent, answered;
	} mix[LOAD_MIX_MAX];
	struct histogram rtt;
};

/** statistics_count - add to a counter of this thread. */
static inline void statistics_count(uint64_t *counter, uint64_t more)
{
	__atomic_store_n(counter, *counter + more, __ATOMIC_RELAXED);
}

/** statistics_look - read a counter of another thread. */
static inline uint64_t statistics_look(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/** statistics_wrong - how many answers had any fault. */
uint64_t statistics_wrong(const struct statistics *statistics);

/** statistics_merge - add what another thread has counted. */
void statistics_merge(struct statistics *to, const struct statistics *from);

#endif
