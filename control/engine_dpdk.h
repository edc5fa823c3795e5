/* SPDX-License-Identifier: BSD-2-Clause */
/* reflex-dpdk as reflexd sees it: by what it counts and says in its segment. */
#ifndef REFLEX_ENGINE_DPDK_H
#define REFLEX_ENGINE_DPDK_H

#include <stdbool.h>
#include <stddef.h>

#include "engine.h"
#include "error.h"
#include "instance.h"
#include "metrics_counters.h"
#include "metrics_writer.h"
#include "segment.h"

struct dpdk {
	struct engine engine;
	const char *instance;
	char paths[2][INSTANCE_PATH_MAX]; /* of the segment: the first that is there */
	struct segment_reader reader;
	struct segment_status status; /* as of the last look; all zero where there is no segment */
	bool up;		      /* a process was writing it */
};

/**
 * dpdk_look - see how it does now.
 * @reason: set to a sentence when it does not answer, the same one as long as the cause is
 *
 * Return: whether it answers.
 */
bool dpdk_look(struct dpdk *dpdk, struct error *reason);

/**
 * dpdk_origins - the counters of every port that there ever was, as of now.
 * @origins: room for SEGMENT_PORTS_MAX; name the ports until the next look
 *
 * Return: how many.
 */
size_t dpdk_origins(const struct dpdk *dpdk, struct counters_origin *origins);

/** dpdk_metrics - write the series reflex_dpdk_*, as of the last look. */
void dpdk_metrics(const struct dpdk *dpdk, struct metrics_writer *writer);

/** dpdk_close - all zero is fine. */
void dpdk_close(struct dpdk *dpdk);

#endif
