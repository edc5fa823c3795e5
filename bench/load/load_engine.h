/* SPDX-License-Identifier: BSD-2-Clause */
/* How requests leave and replies come in. An engine has a part of its own for each worker. */
#ifndef REFLEX_LOAD_ENGINE_H
#define REFLEX_LOAD_ENGINE_H

#include "check.h"
#include "error.h"
#include "load_settings.h"
#include "statistics.h"
#include "ticket.h"

#define LOAD_BATCH 32 /* requests; as many as the kernel takes from an AF_XDP socket at a time */

struct load_request {
	struct ticket ticket;
	uint64_t source; /* of load_engine_lower */
	uint16_t port;	 /* host byte order */
	uint8_t mix;	 /* index in the settings' mix */
};

struct load_engine;
struct load_worker;

/* @thread is the index of the calling worker. */
struct load_engine_kind {
	/* Sets source and port of the next requests. Return: how many can be sent now, at most
	 * @count, which is at most LOAD_BATCH. */
	unsigned int (*prepare)(struct load_engine *engine, size_t thread,
				struct load_request *requests, unsigned int count);
	/* Sends what was prepared; counts what the kernel does not take. */
	void (*send)(struct load_engine *engine, size_t thread, const struct load_request *requests,
		     unsigned int count, struct statistics *statistics);
	/* Calls load_worker_take for each reply that has come in. Return: how many. */
	unsigned int (*receive)(struct load_engine *engine, size_t thread,
				struct load_worker *worker);
	/* Returns when something has come in, or after that time. */
	void (*wait)(struct load_engine *engine, size_t thread, uint64_t nanoseconds);
	void (*close)(struct load_engine *engine);
};

struct load_engine {
	const struct load_engine_kind *kind;
	enum load_mode mode;   /* what is in force */
	struct address source; /* whose first bytes all sources share */
};

/**
 * load_sockets_open, load_afxdp_open - open an engine.
 * @engine: set on success; end it with engine->kind->close
 * @settings: stay as long as it is open
 * @key: of the tickets of this process's requests
 * @error: set on failure to a sentence
 *
 * Return: 0 or -errno.
 */
int load_sockets_open(struct load_engine **engine, const struct load_settings *settings,
		      struct error *error);
int load_afxdp_open(struct load_engine **engine, const struct load_settings *settings,
		    const struct ticket_key *key, struct error *error);

/**
 * load_engine_lower - what a request keeps of its source.
 *
 * Return: an IPv4 address, or the lower 8 bytes of an IPv6 address, in network byte order.
 */
uint64_t load_engine_lower(const struct address *address);

/**
 * load_engine_source - the source of a request.
 * @source: of load_engine_lower
 * @port: host byte order
 *
 * Return: its whole address, and the port.
 */
struct endpoint load_engine_source(const struct load_engine *engine, uint64_t source,
				   uint16_t port);

#endif
