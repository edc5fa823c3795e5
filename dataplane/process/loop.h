/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The event loop of a daemon: any number of descriptors and timers, in one thread. It polls, so
 * that it has no descriptor of its own, and nothing can fail when a source changes what it waits
 * for.
 */
#ifndef REFLEX_LOOP_H
#define REFLEX_LOOP_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOOP_NEVER INT64_MAX

/* What the loop waits for. The owner may change the first two at any time in the loop's thread. */
struct loop_source {
	int fd;			     /* called when it can be read; -1: none, or not for now */
	int64_t due;		     /* called at this time of clock_ms(), once; or LOOP_NEVER */
	void (*call)(void *context); /* may add and remove any source, and stop the loop */
	void *context;

	/* The loop's own. */
	struct loop_source *next;
	bool fired;
};

struct loop {
	struct loop_source *sources; /* called in the order in which they were added */
	struct pollfd *events;
	size_t count;
	bool stopped;
};

/**
 * loop_add - wait for a source from now on.
 * @loop: all zero at first
 * @source: all but the loop's own members are set; stays until loop_remove or loop_close
 *
 * Return: 0 or -ENOMEM.
 */
int loop_add(struct loop *loop, struct loop_source *source);

/** loop_remove - wait for a source no more; one that was not added is fine. */
void loop_remove(struct loop *loop, struct loop_source *source);

/**
 * loop_run - wait, and call who is due, until loop_stop.
 *
 * Return: 0 or -errno.
 */
int loop_run(struct loop *loop);

/** loop_stop - have loop_run return, before it calls another source. */
void loop_stop(struct loop *loop);

/** loop_close - release what the loop holds; all zero is fine. */
void loop_close(struct loop *loop);

#endif
