// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a running reflex-dpdk does on one port, by its own counters.
 *
 *	dpdk_rate SEGMENT PORT SECONDS
 *
 * Prints JSON; the seconds in it are CPU time of all its threads. Fails where it does not run, or
 *is not ready.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "segment.h"

struct sample {
	double used;
	uint64_t packets, answered;
};

static double used(clockid_t clock)
{
	struct timespec time = {0};

	clock_gettime(clock, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void rest(double seconds)
{
	struct timespec time = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};

	nanosleep(&time, NULL);
}

static struct sample take(const struct segment *segment, const char *port, clockid_t clock)
{
	struct sample sample = {.used = used(clock)};
	uint64_t outcomes[OUTCOMES];
	struct counters counters;

	segment_sum(segment, port, &counters, outcomes);
	for (int family = 0; family < FAMILIES; family++) {
		for (int verdict = 0; verdict < VERDICTS; verdict++) {
			uint64_t packets = counters.packets[family][verdict];

			sample.packets += packets;
			if (verdict_action((enum verdict)verdict) == ACTION_ANSWER)
				sample.answered += packets;
		}
	}
	return sample;
}

int main(int argc, char **argv)
{
	struct segment_reader reader = {0};
	struct segment_status status;
	struct sample from, to;
	clockid_t clock;
	int r;

	if (argc != 4) {
		fprintf(stderr, "usage: dpdk_rate SEGMENT PORT SECONDS\n");
		return 2;
	}
	r = segment_look(&reader, argv[1], &status);
	if (r < 0 || !status.ready) {
		fprintf(stderr, "dpdk_rate: %s\n", r < 0 ? strerror(-r) : status.trouble);
		return 1;
	}
	r = clock_getcpuclockid((pid_t)status.pid, &clock);
	if (r) {
		fprintf(stderr, "dpdk_rate: process %" PRIu64 ": %s\n", status.pid, strerror(r));
		return 1;
	}
	from = take(reader.segment, argv[2], clock);
	rest(strtod(argv[3], NULL));
	r = segment_look(&reader, argv[1], &status); /* what it read is a copy */
	if (r < 0) {
		fprintf(stderr, "dpdk_rate: %s\n", strerror(-r));
		return 1;
	}
	to = take(reader.segment, argv[2], clock);
	printf("{\"packets\": %" PRIu64 ", \"answered\": %" PRIu64 ", \"seconds\": %.6f}\n",
	       to.packets - from.packets, to.answered - from.answered, to.used - from.used);
	segment_close(&reader);
	return 0;
}
