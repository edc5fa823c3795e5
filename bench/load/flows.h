/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The outstanding requests of one worker, in a ring by their number. A request is lost when no
 * answer comes in time, or when the ring needs its place: memory is bounded at any rate. One thread
 * takes and expires; any thread may settle.
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
	uint64_t source; /* of load_engine_lower */
	uint16_t port;
	uint8_t mix; /* index in the settings' mix */
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

/* Requests that are given up: without an answer, and rightly without. */
struct flows_expired {
	uint64_t lost, silent;
};

/**
 * flows_open - make the ring.
 * @flows: written over; the caller sets key, owner and run of its tickets afterwards
 * @size: how many requests may be outstanding; rounded up to a power of two, at most FLOWS_MAX
 * @timeout: nanoseconds
 *
 * Return: 0 or -errno.
 */
int flows_open(struct flows *flows, uint64_t size, uint64_t timeout);

/** flows_close - free it. */
void flows_close(struct flows *flows);

/**
 * flows_take - enter a request. If the ring is full, the oldest is given up.
 * @flow: copied
 * @expired: what is given up is added
 *
 * Return: the ticket to send.
 */
struct ticket flows_take(struct flows *flows, const struct flow *flow,
			 struct flows_expired *expired);

/**
 * flows_expire - give up requests whose timeout is over.
 * @now: in nanoseconds; UINT64_MAX: all are given up
 * @expired: what is given up is added
 */
void flows_expire(struct flows *flows, uint64_t now, struct flows_expired *expired);

/** flows_waiting - how many wait for an answer now. */
static inline uint64_t flows_waiting(const struct flows *flows)
{
	return flows->waiting - atomic_load_explicit(&flows->settled, memory_order_acquire);
}

/** flows_idle - whether no request is outstanding, not even one that must not be answered. */
static inline bool flows_idle(const struct flows *flows)
{
	return flows->oldest == atomic_load_explicit(&flows->next, memory_order_relaxed);
}

/**
 * flows_find - the request of a ticket that is valid.
 *
 * Return: NULL where there was none, or its place in the ring is taken.
 */
struct flow *flows_find(struct flows *flows, const struct ticket *ticket);

/** flows_settle - mark a request as answered. Return: its state before. */
enum flow_state flows_settle(struct flows *flows, struct flow *flow);

#endif
