// SPDX-License-Identifier: BSD-2-Clause
#include "flows.h"

#include <errno.h>
#include <stdlib.h>

int flows_open(struct flows *flows, uint64_t size, uint64_t timeout)
{
	uint64_t power = 1024;

	while (power < size && power < FLOWS_MAX)
		power *= 2;
	*flows = (struct flows){
		.ring = calloc(power, sizeof(struct flow)), .size = power, .timeout = timeout};
	return flows->ring ? 0 : -ENOMEM;
}

void flows_close(struct flows *flows)
{
	free(flows->ring);
	flows->ring = NULL;
}

static struct flow *slot(const struct flows *flows, uint64_t number)
{
	return &flows->ring[number & (flows->size - 1)];
}

/* Gives up the oldest one; an answer may come at the same time. */
static void expire_oldest(struct flows *flows, struct flows_expired *expired)
{
	struct flow *flow = slot(flows, flows->oldest++);
	uint8_t state = FLOW_WAITING;

	if (atomic_compare_exchange_strong(&flow->state, &state, FLOW_EXPIRED)) {
		flows->waiting--;
		expired->lost++;
	} else if (state == FLOW_SILENT &&
		   atomic_compare_exchange_strong(&flow->state, &state, FLOW_EXPIRED)) {
		expired->silent++;
	}
}

struct ticket flows_take(struct flows *flows, const struct flow *flow,
			 struct flows_expired *expired)
{
	uint64_t number = atomic_load_explicit(&flows->next, memory_order_relaxed);
	struct flow *taken = slot(flows, number);
	uint8_t state = atomic_load_explicit(&flow->state, memory_order_relaxed);

	if (number - flows->oldest == flows->size)
		expire_oldest(flows, expired);
	taken->sent = flow->sent;
	taken->source = flow->source;
	taken->port = flow->port;
	taken->mix = flow->mix;
	atomic_store_explicit(&taken->state, state, memory_order_release);
	flows->waiting += state == FLOW_WAITING;
	atomic_store_explicit(&flows->next, number + 1, memory_order_release);
	return ticket_make(number, flows->owner, flows->run, &flows->key);
}

void flows_expire(struct flows *flows, uint64_t now, struct flows_expired *expired)
{
	while (!flows_idle(flows)) {
		struct flow *flow = slot(flows, flows->oldest);
		uint8_t state = atomic_load_explicit(&flow->state, memory_order_relaxed);

		if (state != FLOW_WAITING && state != FLOW_SILENT)
			flows->oldest++;
		else if (now == UINT64_MAX || flow->sent + flows->timeout <= now)
			expire_oldest(flows, expired);
		else
			break;
	}
}

struct flow *flows_find(struct flows *flows, const struct ticket *ticket)
{
	uint64_t number = ticket_number(ticket);
	uint64_t next = atomic_load_explicit(&flows->next, memory_order_acquire);

	if (ticket_run(ticket) != flows->run || number >= next || next - number > flows->size)
		return NULL;
	return slot(flows, number);
}

enum flow_state flows_settle(struct flows *flows, struct flow *flow)
{
	uint8_t state = atomic_load_explicit(&flow->state, memory_order_acquire);

	while (state == FLOW_WAITING || state == FLOW_SILENT) {
		if (!atomic_compare_exchange_weak(&flow->state, &state, FLOW_SETTLED))
			continue;
		if (state == FLOW_WAITING)
			atomic_fetch_add_explicit(&flows->settled, 1, memory_order_release);
		break;
	}
	return state;
}
