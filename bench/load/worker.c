// SPDX-License-Identifier: BSD-2-Clause
#include "worker.h"

#include <sched.h>
#include <sys/eventfd.h>

#include "clock.h"

/* Waking up takes about this long: what is due sooner is waited for awake. */
#define AWAKE (100 * CLOCK_MICROSECOND)
#define NAP   (10 * CLOCK_MILLISECOND)
/* For answers that nobody waits for: second ones. */
#define LINGER (20 * CLOCK_MILLISECOND)
/* Behind its schedule a run goes on for so long, to send what is due. */
#define OVERTIME (100 * CLOCK_MILLISECOND)

/* --- replies --- */

void worker_arrive(struct worker *worker)
{
	worker->now = clock_now();
}

/* The first reply to a request that is under way. */
static void judge(struct worker *worker, const struct reply *reply, const struct flow *flow)
{
	struct statistics *statistics = &worker->statistics;
	const struct endpoint client = engine_source(worker->engine, flow->source, flow->port);
	enum fault fault = check_reply(reply, worker->settings->mix[flow->mix].profile, &client,
				       &worker->settings->target);

	if (fault != FAULT_NONE) {
		statistics_count(&statistics->wrong[fault], 1);
		return;
	}
	statistics_count(&statistics->answered, 1);
	statistics->mix[flow->mix].answered++;
	histogram_add(&statistics->rtt, worker->now > flow->sent ? worker->now - flow->sent : 0);
}

void worker_take(struct worker *worker, const struct reply *reply)
{
	struct flow *flow;
	struct flows *flows;
	struct ticket ticket;

	if (!check_ticket(&ticket, reply) || !ticket_valid(&ticket, &worker->flows.key) ||
	    ticket_owner(&ticket) >= worker->count) {
		statistics_count(&worker->statistics.stray, 1);
		return;
	}
	flows = &worker->all[ticket_owner(&ticket)].flows;
	flow = flows_find(flows, &ticket);
	switch (flow ? flows_settle(flows, flow) : FLOW_NONE) {
	case FLOW_WAITING:
	case FLOW_SILENT:
		judge(worker, reply, flow);
		break;
	case FLOW_SETTLED:
		statistics_count(&worker->statistics.duplicate, 1);
		break;
	default:
		statistics_count(&worker->statistics.late, 1);
	}
}

static void expire(struct worker *worker, uint64_t now)
{
	struct flows_expired expired = {0};

	flows_expire(&worker->flows, now, &expired);
	statistics_count(&worker->statistics.lost, expired.lost);
	statistics_count(&worker->statistics.silent, expired.silent);
}

/* --- requests --- */

/* The profile whose turn it is: within a sum of the weights, each as often as its own says. */
static uint8_t choose(struct worker *worker)
{
	const struct settings *settings = worker->settings;
	long sum = 0;
	size_t best = 0;

	if (settings->mix_count == 1)
		return 0;
	for (size_t i = 0; i < settings->mix_count; i++) {
		sum += settings->mix[i].weight;
		worker->credit[i] += settings->mix[i].weight;
		if (worker->credit[i] > worker->credit[best])
			best = i;
	}
	worker->credit[best] -= sum;
	return (uint8_t)best;
}

/* When a request of that number is to be sent. */
static uint64_t intended(const struct worker *worker, uint64_t number)
{
	return worker->start + (uint64_t)((double)number * worker->interval);
}

static uint64_t due(const struct worker *worker, uint64_t now)
{
	uint64_t sent = worker->statistics.sent, left = worker->total - sent, ready = ENGINE_BATCH;

	if (now < worker->start)
		return 0;
	switch (worker->settings->pace) {
	case PACE_RATE:
		ready = (uint64_t)((double)(now - worker->start) / worker->interval) + 1;
		ready = ready > sent ? ready - sent : 0;
		break;
	case PACE_WINDOW: {
		uint64_t waiting = flows_waiting(&worker->flows);

		ready = waiting < worker->window ? worker->window - waiting : 0;
		break;
	}
	case PACE_FLOOD:
		break;
	}
	if (ready > left)
		ready = left;
	return ready < ENGINE_BATCH ? ready : ENGINE_BATCH;
}

/*
 * At a rate, the time when a request is to be sent counts as the time when it was, so that a
 * generator that is held up does not hide how long a client would have waited.
 */
static void enter(struct worker *worker, struct request *request, uint64_t number, uint64_t now,
		  struct flows_expired *expired)
{
	struct statistics *statistics = &worker->statistics;
	struct flow flow = {.sent = now, .source = request->source, .port = request->port};

	flow.mix = choose(worker);
	flow.state = worker->settings->mix[flow.mix].profile->answer == PROFILE_SILENCE
			     ? FLOW_SILENT
			     : FLOW_WAITING;
	if (worker->settings->pace == PACE_RATE) {
		flow.sent = intended(worker, number);
		if (now - flow.sent > statistics->lateness_max && now > flow.sent)
			statistics->lateness_max = now - flow.sent;
	}
	request->mix = flow.mix;
	request->ticket = flows_take(&worker->flows, &flow, expired);
	statistics->mix[flow.mix].sent++;
}

static unsigned int send_due(struct worker *worker, uint64_t now)
{
	struct request requests[ENGINE_BATCH];
	struct statistics *statistics = &worker->statistics;
	struct engine *engine = worker->engine;
	struct flows_expired expired = {0};
	unsigned int count = (unsigned int)due(worker, now);

	if (count)
		count = engine->kind->prepare(engine, worker->index, requests, count);
	for (unsigned int i = 0; i < count; i++)
		enter(worker, &requests[i], statistics->sent + i, now, &expired);
	if (count == 0)
		return 0;
	engine->kind->send(engine, worker->index, requests, count, statistics);
	statistics_count(&statistics->sent, count);
	statistics_count(&statistics->lost, expired.lost);
	statistics_count(&statistics->silent, expired.silent);
	worker->last = now;
	return count;
}

/* --- the thread --- */

/* Nothing was to be done: awake for a while, then asleep until something comes. */
static void rest(struct worker *worker, uint64_t now, bool sending)
{
	uint64_t nap = NAP;

	if (sending && worker->settings->pace == PACE_RATE) {
		uint64_t next = intended(worker, worker->statistics.sent);

		if (worker->statistics.sent < worker->total && next < now + AWAKE + NAP)
			nap = next > now + AWAKE ? next - now - AWAKE : 0;
		if (nap < AWAKE)
			return;
	} else if (worker->idle_since == 0) {
		worker->idle_since = now;
		return;
	} else if (now - worker->idle_since < AWAKE) {
		return;
	}
	worker->engine->kind->wait(worker->engine, worker->index, nap);
}

static bool is_sending(const struct worker *worker, uint64_t now)
{
	uint64_t overtime = worker->settings->pace == PACE_RATE ? OVERTIME : 0;

	return worker->statistics.sent < worker->total && now < worker->end + overtime &&
	       !atomic_load_explicit(worker->stop, memory_order_relaxed);
}

static void step(struct worker *worker, bool sending, uint64_t now)
{
	unsigned int done = worker->engine->kind->receive(worker->engine, worker->index, worker);

	expire(worker, now);
	if (sending)
		done += send_due(worker, now);
	if (done)
		worker->idle_since = 0;
	else
		rest(worker, now, sending);
}

static void pin(const struct worker *worker)
{
	cpu_set_t set;

	if (worker->settings->cpus_count == 0)
		return;
	CPU_ZERO(&set);
	CPU_SET((size_t)worker->settings->cpus[worker->index], &set);
	sched_setaffinity(0, sizeof(set), &set);
}

void *worker_main(void *argument)
{
	struct worker *worker = argument;
	struct timespec span;
	uint64_t now;

	pin(worker);
	now = clock_now();
	if (now < worker->start) {
		span = clock_span(worker->start - now);
		nanosleep(&span, NULL);
	}
	for (now = clock_now(); is_sending(worker, now); now = clock_now())
		step(worker, true, now);
	if (worker->settings->pace == PACE_RATE && !atomic_load(worker->stop))
		worker->statistics.unsent = worker->total - worker->statistics.sent;
	while (!flows_idle(&worker->flows))
		step(worker, false, clock_now());
	for (uint64_t end = clock_now() + LINGER; clock_now() < end;)
		step(worker, false, clock_now());
	eventfd_write(worker->finished, 1);
	return NULL;
}
