/* SPDX-License-Identifier: BSD-2-Clause */
/* The whole process: what it runs, and what is in force. */
#ifndef REFLEX_DPDK_CONTROL_H
#define REFLEX_DPDK_CONTROL_H

#include "config.h"
#include "dpdk_compat.h"
#include "dpdk_options.h"
#include "dpdk_port.h"
#include "dpdk_worker.h"
#include "error.h"
#include "loop.h"
#include "readiness.h"
#include "segment.h"
#include "services.h"

struct dpdk_responder {
	struct dpdk_options options;
	struct config config;
	struct services services;
	const struct dpdk_policy *active;

	struct dpdk_port ports[SEGMENT_PORTS_MAX];
	unsigned int ports_count;
	struct rte_mempool *pools[DPDK_WORKERS_MAX]; /* one a worker */
	struct dpdk_worker workers[DPDK_WORKERS_MAX];
	unsigned int workers_count;
	bool eal; /* DPDK has been started */
	bool stop;
	bool no_ports; /* no device is left */
	struct loop loop;
	struct loop_source signals, tick;
	unsigned int periods; /* that the control thread has seen */

	struct segment_writer segment;
	struct segment_status status;
	struct readiness readiness;
	struct error last_follow_error; /* why addresses that changed are not answered on */
};

/**
 * dpdk_control_open - take signals by a descriptor, for dpdk_control_run; before EAL makes threads,
 * so that signals reach none of them.
 * @error: set on failure to a sentence
 *
 * Return: 0 or -errno.
 */
int dpdk_control_open(struct dpdk_responder *responder, struct error *error);

/**
 * dpdk_control_run - handle signals and publish the status, until told to stop; a thread beside the
 * workers.
 * @argument: the struct dpdk_responder
 *
 * Return: 0.
 */
DPDK_COMPAT_THREAD_RESULT dpdk_control_run(void *argument);

/** dpdk_control_end - publish the last counters, and that nothing is answered from now on. */
void dpdk_control_end(struct dpdk_responder *responder);

/**
 * dpdk_control_policy - what is configured, for the workers.
 * @services: expanded from @config
 * @error: set on failure to a sentence
 *
 * Return: release it with rte_free; NULL on failure.
 */
struct dpdk_policy *dpdk_control_policy(const struct config *config,
					const struct services *services, struct error *error);

/**
 * dpdk_control_config - read and validate a file, as config_load, for what reflex-dpdk can do.
 * @error: set on failure to a sentence
 *
 * Return: 0 or -errno.
 */
int dpdk_control_config(struct config *config, const char *file, struct error *error);

#endif
