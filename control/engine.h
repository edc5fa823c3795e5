/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What answers requests: XDP, sockets, or reflex-dpdk, by one table of operations. The daemon has
 * those in force in an array, the fast path first; no other code asks which they are.
 *
 * Their life, in the order of main(): check, open, prepare and commit, attach, start; then changes
 * (prepare on all, and commit on all or abandon), measure and repair; then stop, or undo where the
 * start fails, and close. Where an operation is NULL there is nothing to do.
 */
#ifndef REFLEX_ENGINE_H
#define REFLEX_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "error.h"
#include "metrics_counters.h"
#include "metrics_writer.h"
#include "policy.h"
#include "services.h"

#define ENGINES_MAX	   2  /* in force: a fast path, and sockets */
#define ENGINE_ORIGINS_MAX 32 /* of one engine */

/* For `dataplane: auto`: it cannot answer here, and sockets can in its place. */
#define ENGINE_UNAVAILABLE 1

/* What is answered on, and how. */
struct engine_setup {
	const struct config *config;
	const struct services *services;
	const struct policy *policy;
};

struct engine {
	const struct engine_kind *kind;
	const struct engine_setup *setup; /* in force; the daemon's */
	const char *hint;		  /* said after sockets took its place; NULL: nothing */
};

/* What fails returns -errno, and sets @error or @reason to a sentence. */
struct engine_kind {
	bool needs_netlink; /* cannot do without rtnetlink, even where services name their addresses
			     */
	bool remote;	    /* service addresses need not be this machine's */

	/* wanted - whether a configuration has it answer. */
	bool (*wanted)(const struct config *config);

	/* check - whether it can answer here, before anything is opened. Return: 0,
	 * ENGINE_UNAVAILABLE or -errno. */
	int (*check)(const struct config *config, struct error *error);

	/* open - set it up without answering.
	 * @engine: set on success; release with close
	 * @setup: outlives the engine, and always says what is in force; its policy may be NULL
	 * here Return: as check. */
	int (*open)(struct engine **engine, const char *instance, const struct engine_setup *setup,
		    struct error *error);

	/* prepare - make ready for a change, which may yet be given up.
	 * @strict: fail if a port cannot be had; else go on without it */
	int (*prepare)(struct engine *engine, const struct engine_setup *next, bool strict,
		       struct error *error);

	/* commit - put in force what was prepared; cannot fail. */
	void (*commit)(struct engine *engine, const struct engine_setup *next);

	/* abandon - give up what was prepared. */
	void (*abandon)(struct engine *engine);

	/* attach - answer what interfaces bring: the last that takes capabilities.
	 * Return: as check. */
	int (*attach)(struct engine *engine, struct error *error);

	/* start - begin to answer, without capabilities. */
	int (*start)(struct engine *engine, struct error *error);

	/* undo - take back what open and attach did, as the start failed. */
	void (*undo)(struct engine *engine);

	/* stop - end answering as configured, and say how it ended. Return: 0 or -errno. */
	int (*stop)(struct engine *engine);

	void (*close)(struct engine *engine);

	/* check_left, end_left - for one that is not wanted: whether what an earlier process left
	 * answering may be ended, and end it. The first takes capabilities. */
	int (*check_left)(const char *instance, struct error *error);
	int (*end_left)(const char *instance, struct error *error);

	/* measure - see whether answers go out; once a second. @now: clock_ms() */
	void (*measure)(struct engine *engine, int64_t now);

	/* repair - put right what came apart and no event tells of; once a second or sooner. */
	void (*repair)(struct engine *engine);

	/* reachable - whether requests can come in. */
	bool (*reachable)(struct engine *engine, struct error *reason);

	/* ready - whether it gives a right answer to the first service, and answers go out. There
	 * is a service. */
	bool (*ready)(struct engine *engine, struct error *reason);

	/* answering - the words for it before "on ADDRESS"; NULL: "answering". */
	const char *(*answering)(struct engine *engine);

	/* log_others, log_missing - say which ports are other programs', by the configuration or
	 * because they could not be had. */
	void (*log_others)(struct engine *engine);
	void (*log_missing)(struct engine *engine);

	/* counters - those of every interface, as of now.
	 * @list: room for @room origins, ENGINE_ORIGINS_MAX is enough; their names stay until the
	 * next call
	 * Return: how many, or -errno. */
	int (*counters)(struct engine *engine, struct counters_origin *list, size_t room);

	/* metrics - write the series that only it has, as of the last call of counters.
	 * @engine: NULL where it is not in force: what is there in any case is written */
	void (*metrics)(struct engine *engine, struct metrics_writer *writer);
};

extern const struct engine_kind engine_dpdk, engine_socket, engine_xdp;

/* All, fast paths first: the order of whatever lists them. They are opened from the last to the
 * first, as sockets fail more often, over a port. */
#define ENGINE_KINDS 3
extern const struct engine_kind *const engine_kinds[ENGINE_KINDS];

#endif
