/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of the live test, each a subcommand of the driver; ../live.sh says when. */
#ifndef LIVE_H
#define LIVE_H

#include <stdint.h>

struct live_options {
	const char *interface; /* of the client */
	const char *counted;   /* the server's, in whose name the daemon counts */
	const char *expect;    /* file for the counters to expect */
	unsigned long count;   /* how many requests, or generated frames */
	uint64_t seed;

	/* cramped: run in the server's namespace */
	const char *server;  /* its interface */
	const char *client;  /* path of the client's namespace */
	const char *program; /* path of the pinned program */
};

/*
 * Each prints what it did and returns 0, or prints what is wrong and returns 1, or says what cannot
 * be tried here and returns 2.
 */

/* All cases, then generated frames. */
int frames_run(const struct live_options *options);

/* Generated requests, many at once. */
int bursts_run(const struct live_options *options);

/* What is refused, or punted and not answered either, to local addresses. */
int silence_run(const struct live_options *options);

/* Bare requests of plain UDP sockets. */
int sockets_run(const struct live_options *options);

/* Requests in frames that have no room to grow. */
int cramped_run(const struct live_options *options);

/* What is punted and answered by the sockets, to local addresses. */
int handed_run(const struct live_options *options);

#endif
