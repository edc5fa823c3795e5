/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread that sends on its lane when it is time to, and judges what comes back. */
#ifndef REFLEX_LOAD_WORKER_H
#define REFLEX_LOAD_WORKER_H

#include <pthread.h>
#include <stdatomic.h>

#include "engine.h"
#include "flows.h"

struct worker {
	pthread_t thread;
	struct engine *engine;
	const struct settings *settings;
	struct worker *all; /* this one and the others, by their index */
	size_t index, count;
	const atomic_bool *stop;
	int finished; /* an eventfd */

	uint64_t start, end; /* of sending, in time */
	uint64_t total;	     /* to send; UINT64_MAX: until the end */
	double interval;     /* nanoseconds between two; PACE_RATE */
	unsigned int window; /* PACE_WINDOW */
	uint64_t last;	     /* when the last one was sent */
	uint64_t now;	     /* when the replies that are being taken came in */
	uint64_t idle_since; /* 0: something happened just now */
	long credit[SETTINGS_MIX_MAX];
	struct flows flows;
	struct statistics statistics;
};

/* Sends until it is time, then waits for what is still to come. A thread's main function. */
void *worker_main(void *worker);

/* To be called once before the replies of a batch are taken. */
void worker_arrive(struct worker *worker);
void worker_take(struct worker *worker, const struct reply *reply);

#endif
