/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread that sends requests by an engine when they are due, and checks the replies. */
#ifndef REFLEX_LOAD_WORKER_H
#define REFLEX_LOAD_WORKER_H

#include <pthread.h>
#include <stdatomic.h>

#include "flows.h"
#include "load_engine.h"

struct load_worker {
	pthread_t thread;
	struct load_engine *engine;
	const struct load_settings *settings;
	struct load_worker *all; /* this one and the others, by their index */
	size_t index, count;
	const atomic_bool *stop;
	int finished; /* an eventfd */

	uint64_t start, end; /* of sending, in time */
	uint64_t total;	     /* to send; UINT64_MAX: until the end */
	double interval;     /* nanoseconds between two; PACE_RATE */
	unsigned int window; /* PACE_WINDOW */
	uint64_t last;	     /* when the last one was sent */
	uint64_t now;	     /* when the present batch of replies came in */
	uint64_t idle_since; /* 0: not idle */
	long credit[LOAD_MIX_MAX];
	struct flows flows;
	struct statistics statistics;
};

/**
 * load_worker_run - send until the end, then wait for outstanding replies; for pthread_create.
 * @worker: a struct load_worker
 *
 * Return: NULL.
 */
void *load_worker_run(void *worker);

/** load_worker_arrive - take the time once for all replies of a batch, before load_worker_take. */
void load_worker_arrive(struct load_worker *worker);

/** load_worker_take - check and count a reply. */
void load_worker_take(struct load_worker *worker, const struct load_reply *reply);

#endif
