/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The requests of one thread that are under way, in a ring by their number. A request is lost when
 * no answer comes in time, or before the ring comes round: memory is bounded, whatever the rate.
 * One thread takes and expires; any thread may settle.
 */
#ifndef REFLEX_LOAD_FLOWS_H
#define REFLEX_LOAD_FLOWS_H

#include <stdatomic.h>
#include <stddef.h>

#include "ticket.h"

#define FLOWS_MAX (1u << 20)

enum flow_state {
	FLOW_NONE,
	FLOW_WAITING, /* for an answer */
	FLOW_SILENT,  /* none may come */
	FLOW_SETTLED,
	FLOW_EXPIRED,
};

struct flow {
	uint64_t sent;	 /* when it was to be sent, in nanoseconds */
	uint64_t source; /* the lower 8 bytes of an IPv6 address, or an IPv4 address, as they lie */
	uint16_t port;
	uint8_t mix; /* index into the settings' */
	_Atomic uint8_t state;
};

struct flows {
	struct flow *ring;
	uint64_t size;
	_Atomic uint64_t next; /* number of the next one */
	uint64_t oldest;       /* all before it are settled or expired */
	uint64_t timeout;
	struct ticket_key key;
	uint8_t owner, run;
	_Atomic uint64_t settled; /* of those that wait */
	uint64_t waiting;	  /* all that ever waited, less those that expired */
};

/* What became of those that have been waited for long enough. */
struct flows_expired {
	uint64_t lost, silent;
};

int flows_open(struct flows *flows, uint64_t size, uint64_t timeout);
void flows_close(struct flows *flows);

/**
 * flows_take - enter a request. Makes room for it, if need be, by giving an old one up.
 */
struct ticket flows_take(struct flows *flows, const struct flow *flow,
			 struct flows_expired *expired);

/**
 * flows_expire - give up what has waited too long; with a `now` of UINT64_MAX, everything.
 */
void flows_expire(struct flows *flows, uint64_t now, struct flows_expired *expired);

/* How many wait for an answer now. */
static inline uint64_t flows_waiting(const struct flows *flows)
{
	return flows->waiting - atomic_load_explicit(&flows->settled, memory_order_acquire);
}

/* Whether nothing is to be waited for, neither an answer nor silence. */
static inline bool flows_idle(const struct flows *flows)
{
	return flows->oldest == atomic_load_explicit(&flows->next, memory_order_relaxed);
}

/**
 * flows_find - the request that a reply names. Return: NULL where it never was, or is long gone.
 */
struct flow *flows_find(struct flows *flows, const struct ticket *ticket);

/* Settles it. Return: what it was before. */
enum flow_state flows_settle(struct flows *flows, struct flow *flow);

#endif
