/* SPDX-License-Identifier: BSD-2-Clause */
/* How requests leave and replies come in. An engine has a lane for each thread. */
#ifndef REFLEX_LOAD_ENGINE_H
#define REFLEX_LOAD_ENGINE_H

#include "check.h"
#include "error.h"
#include "settings.h"
#include "statistics.h"
#include "ticket.h"

#define ENGINE_BATCH                                                                               \
	32 /* requests; as many as the kernel takes from an AF_XDP socket at a time                \
	    */

struct request {
	struct ticket ticket;
	uint64_t source; /* the lower 8 bytes of an IPv6 address, or an IPv4 address, as they lie */
	uint16_t port;
	uint8_t mix;
};

struct engine;
struct worker;

struct engine_kind {
	/* Says where the next requests come from. Return: how many can be taken now, up to count.
	 */
	unsigned int (*prepare)(struct engine *engine, size_t lane, struct request *requests,
				unsigned int count);
	/* Sends what was prepared. */
	void (*send)(struct engine *engine, size_t lane, const struct request *requests,
		     unsigned int count, struct statistics *statistics);
	/* Hands what has come in to worker_take. Return: how many. */
	unsigned int (*receive)(struct engine *engine, size_t lane, struct worker *worker);
	/* Returns when something has come in, or after that time. */
	void (*wait)(struct engine *engine, size_t lane, uint64_t nanoseconds);
	void (*close)(struct engine *engine);
};

struct engine {
	const struct engine_kind *kind;
	enum settings_mode mode; /* what is in force */
	struct address source;	 /* whose first bytes all sources share */
};

/* Those that open return 0, or -errno and a sentence. */
int sockets_open(struct engine **engine, const struct settings *settings, struct error *error);
int afxdp_open(struct engine **engine, const struct settings *settings,
	       const struct ticket_key *key, struct error *error);

/* The whole address of a source, and what a request keeps of it. */
struct endpoint engine_source(const struct engine *engine, uint64_t source, uint16_t port);
uint64_t engine_lower(const struct address *address);

#endif
