/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Workers: each lcore receives, answers and sends on a queue of its own of every port, to
 * completion, and shares nothing that is written with another.
 */
#ifndef REFLEX_DPDK_WORKER_H
#define REFLEX_DPDK_WORKER_H

#include <rte_ether.h>
#include <rte_mbuf.h>
#include <stdbool.h>
#include <stdint.h>

#include "policy.h"
#include "segment.h"

#define DPDK_BURST	 32
#define DPDK_QUEUES_MAX	 SEGMENT_PORTS_MAX
#define DPDK_WORKERS_MAX RTE_MAX_LCORE

/* What is configured; replaced whole. */
struct dpdk_policy {
	struct policy policy;
	bool sleep; /* when nothing arrives */
};

/* One queue of one port. */
struct dpdk_queue {
	uint16_t port;
	uint16_t queue;
	uint16_t punt; /* the port of the kernel's interface behind it; RTE_MAX_ETHPORTS: none */
	uint16_t punt_length; /* bytes of a frame that it takes */
	bool filter;	      /* promiscuous: leave what is for another host */
	bool local_senders;   /* they leave UDP checksums to the port, and nobody finishes them */
	/* When the next long request may be answered, in TSC; NULL: the kernel behind does that. */
	uint64_t *long_next;
	struct rte_ether_addr mac;
	struct segment_slot *slot;
};

struct dpdk_worker {
	struct dpdk_queue queues[DPDK_QUEUES_MAX];
	unsigned int queues_count;
	unsigned int lcore;
	const struct dpdk_policy *const *active; /* where the one in force is */
	const bool *stop;
	uint64_t rounds; /* over all queues so far: it lives, and holds no older one */
	uint64_t long_next;
} __rte_cache_aligned;

/**
 * dpdk_worker_run - poll until told to stop; for rte_eal_remote_launch.
 * @argument: a struct dpdk_worker
 *
 * Return: 0.
 */
int dpdk_worker_run(void *argument);

/**
 * dpdk_worker_answer - answer the frames of a burst, send the replies, and count; the frames belong
 * to it.
 * @count: at most DPDK_BURST
 */
void dpdk_worker_answer(const struct dpdk_queue *queue, const struct policy *policy,
			struct rte_mbuf **frames, unsigned int count);

#endif
