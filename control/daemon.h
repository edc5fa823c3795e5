/* SPDX-License-Identifier: BSD-2-Clause */
/* reflexd: what is in force, and what each of its parts needs of the others. */
#ifndef REFLEX_DAEMON_H
#define REFLEX_DAEMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "engine.h"
#include "error.h"
#include "http.h"
#include "lock.h"
#include "loop.h"
#include "readiness.h"
#include "reflexd_options.h"
#include "services.h"

/* How the interfaces' own addresses are followed (follow.h). */
struct follow {
	int watch;		    /* from watch_open, or -errno: none */
	struct loop_source changes; /* of that descriptor; it has none just after a change */
	struct error last_error; /* why addresses that changed are not answered on; "": they are */
	int64_t said;		 /* when a change was last logged; 0: never */
	bool unsaid;		 /* another has come since */
};

struct daemon {
	struct reflexd_options options;
	enum config_dataplane automatic; /* what `dataplane: auto` has come to stand for */

	/* In force. The setup is of the other three, and engines keep a pointer to it. */
	struct config config;
	struct services services;
	struct policy *policy;
	struct engine_setup setup;
	struct engine *engines[ENGINES_MAX]; /* XDP or DPDK before sockets */
	size_t engines_count;

	unsigned int generation; /* 1 at the start, one more for each accepted reload */
	bool last_reload_successful;
	struct readiness readiness;
	struct follow follow;

	struct lock lock;
	struct http *http;
	struct loop loop;
	struct loop_source signals, pages, second;
};

/**
 * daemon_list_services - list what the configuration has answered on, and check it.
 * @error: set on failure to a sentence
 *
 * Return: 0 or -errno.
 */
int daemon_list_services(struct daemon *daemon, struct error *error);

/**
 * daemon_ready - whether a request that came now would be answered.
 * @reason: set to a sentence when not
 */
bool daemon_ready(struct daemon *daemon, struct error *reason);

/**
 * daemon_log_services - say what is answered on, and what is wrong with it.
 * @prefix: what the first line begins with, such as "reloaded: "
 */
void daemon_log_services(struct daemon *daemon, const char *prefix);

/** daemon_log_readiness - log once that requests are no longer answered, or are again. */
void daemon_log_readiness(struct daemon *daemon);

#endif
