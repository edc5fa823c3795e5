/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What answers requests: XDP, sockets or reflex-dpdk, each by one table of operations. The daemon
 * has those in force in an array, XDP or DPDK before sockets, and loops over it.
 *
 * The order of calls: check, open, prepare and commit, attach, start. Then for each change prepare
 * on all engines, and commit on all, or abandon where one of them failed; measure and repair once a
 * second. At the end stop, or undo where the start fails, and close.
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

#define ENGINES_MAX	   2  /* in force: XDP or DPDK, and sockets */
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
	const char *hint; /* logged once sockets have taken its place; NULL: nothing */
};

/*
 * An operation that may be NULL has nothing to do. Those that return an int return 0 or -errno, and
 * set @error to a sentence on failure; those that return a bool set @reason where it is false.
 */
struct engine_kind {
	/* It needs rtnetlink, even where the services name their addresses. */
	bool needs_netlink;
	/* Service addresses need not be this machine's. */
	bool remote;

	/* wanted - whether a configuration asks for it. */
	bool (*wanted)(const struct config *config);

	/*
	 * check - whether it can answer here, before anything is opened. May be NULL.
	 *
	 * Return: 0, ENGINE_UNAVAILABLE with the reason in @error, or -errno.
	 */
	int (*check)(const struct config *config, struct error *error);

	/*
	 * open - set it up, without answering yet.
	 * @engine: set on success; release it with close
	 * @setup: what is in force, now and later; outlives the engine. There is no policy yet.
	 *
	 * Return: as check.
	 */
	int (*open)(struct engine **engine, const char *instance, const struct engine_setup *setup,
		    struct error *error);

	/*
	 * prepare - do what can fail of a change. May be NULL.
	 * @next: stays as it is until commit or abandon
	 * @strict: fail if a port cannot be had; else go on without it
	 */
	int (*prepare)(struct engine *engine, const struct engine_setup *next, bool strict,
		       struct error *error);

	/* commit - put @next in force. NULL: it takes no policy. */
	void (*commit)(struct engine *engine, const struct engine_setup *next);

	/* abandon - give up what was prepared. May be NULL. */
	void (*abandon)(struct engine *engine);

	/*
	 * attach - take packets from the interfaces. Needs capabilities. May be NULL.
	 *
	 * Return: as check.
	 */
	int (*attach)(struct engine *engine, struct error *error);

	/* start - begin to answer, once the capabilities are gone. May be NULL. */
	int (*start)(struct engine *engine, struct error *error);

	/* undo - take back open and attach after a start that failed, but leave what an earlier
	 * process left answering. May be NULL. */
	void (*undo)(struct engine *engine);

	/* stop - end answering, or leave it answering, as configured; logs which. NULL: close does
	 * it. */
	int (*stop)(struct engine *engine);

	/* close - release it. */
	void (*close)(struct engine *engine);

	/*
	 * check_left, end_left - of a kind that is not wanted: whether what an earlier process left
	 * answering may be ended, and end it. check_left needs capabilities. May be NULL.
	 */
	int (*check_left)(const char *instance, struct error *error);
	int (*end_left)(const char *instance, struct error *error);

	/* measure - see whether answers go out. Once a second; @now: clock_ms(). May be NULL. */
	void (*measure)(struct engine *engine, int64_t now);

	/* repair - mend what no event tells of. Once a second, or sooner. May be NULL. */
	void (*repair)(struct engine *engine);

	/* reachable - whether requests can come in. May be NULL. */
	bool (*reachable)(struct engine *engine, struct error *reason);

	/* ready - whether it answers a request to the first service rightly, and answers go out.
	 * There is a service. May be NULL. */
	bool (*ready)(struct engine *engine, struct error *reason);

	/* answering - the words before "on ADDRESS" in the log. NULL: "answering". */
	const char *(*answering)(struct engine *engine);

	/* log_others - say which ports are left to other programs, by the configuration; and
	 * log_missing - which could not be had. May be NULL. */
	void (*log_others)(struct engine *engine);
	void (*log_missing)(struct engine *engine);

	/*
	 * counters - read those of every interface.
	 * @list: names in it are valid until the next call
	 * @room: of @list; ENGINE_ORIGINS_MAX is always enough
	 *
	 * Return: how many, or -errno.
	 */
	int (*counters)(struct engine *engine, struct counters_origin *list, size_t room);

	/*
	 * metrics - write the series that only this kind has, as of the last call of counters.
	 * @engine: NULL where it is not in force
	 */
	void (*metrics)(struct engine *engine, struct metrics_writer *writer);
};

extern const struct engine_kind engine_dpdk, engine_socket, engine_xdp;

/* All kinds, in the order of metrics: XDP, DPDK, sockets. They are opened from last to first:
 * sockets fail most often, because of a port. */
#define ENGINE_KINDS 3
extern const struct engine_kind *const engine_kinds[ENGINE_KINDS];

#endif
