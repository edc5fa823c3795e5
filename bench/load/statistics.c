// SPDX-License-Identifier: BSD-2-Clause
#include "statistics.h"

uint64_t statistics_wrong(const struct statistics *statistics)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < FAULTS_COUNT; i++)
		sum += statistics->wrong[i];
	return sum;
}

void statistics_merge(struct statistics *to, const struct statistics *from)
{
	to->sent += from->sent;
	to->answered += from->answered;
	to->lost += from->lost;
	to->silent += from->silent;
	for (size_t i = 0; i < FAULTS_COUNT; i++)
		to->wrong[i] += from->wrong[i];
	to->duplicate += from->duplicate;
	to->late += from->late;
	to->stray += from->stray;
	to->unreachable += from->unreachable;
	to->failed += from->failed;
	if (from->failed_errno)
		to->failed_errno = from->failed_errno;
	to->unsent += from->unsent;
	if (from->lateness_max > to->lateness_max)
		to->lateness_max = from->lateness_max;
	for (size_t i = 0; i < LOAD_MIX_MAX; i++) {
		to->mix[i].sent += from->mix[i].sent;
		to->mix[i].answered += from->mix[i].answered;
	}
	histogram_merge(&to->rtt, &from->rtt);
}
