// SPDX-License-Identifier: BSD-2-Clause
#include "load_worker.h"

#include <sched.h>
#include <sys/eventfd.h>

#include "load_clock.h"

/* Waking up takes about this long: for what is due sooner, the thread polls. */
#define POLL_TIME (100 * CLOCK_MICROSECOND)
#define SLEEP_MAX (10 * CLOCK_MILLISECOND)
/* After the last reply, for duplicates. */
#define LINGER (20 * CLOCK_MILLISECOND)
/* After the end, for requests that are overdue. */
#define OVERTIME (100 * CLOCK_MILLISECOND)

/* --- replies --- */

void load_worker_arrive(struct load_worker *worker)
{
	worker->now = clock_now();
}

/* Checks the first reply to a request. */
static void judge(struct load_worker *worker, const struct load_reply *reply,
		  const struct flow *flow)
{
	struct statistics *statistics = &worker->statistics;
	const struct endpoint client = load_engine_source(worker->engine, flow->source, flow->port);
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

void load_worker_take(struct load_worker *worker, const struct load_reply *reply)
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

static void expire(struct load_worker *worker, uint64_t now)
{
	struct flows_expired expired = {0};

	flows_expire(&worker->flows, now, &expired);
	statistics_count(&worker->statistics.lost, expired.lost);
	statistics_count(&worker->statistics.silent, expired.silent);
}

/* --- requests --- */

/* Chooses a profile by smooth weighted round robin: of as many requests as all weights make
 * together, each profile gets its own weight. */
static uint8_t choose(struct load_worker *worker)
{
	const struct load_settings *settings = worker->settings;
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

/* When the request of that number is due. */
static uint64_t intended(const struct load_worker *worker, uint64_t number)
{
	return worker->start + (uint64_t)((double)number * worker->interval);
}

static uint64_t due(const struct load_worker *worker, uint64_t now)
{
	uint64_t sent = worker->statistics.sent, left = worker->total - sent, ready = LOAD_BATCH;

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
	return ready < LOAD_BATCH ? ready : LOAD_BATCH;
}

/*
 * At a rate, round-trip times begin when a request should have been sent, so that a generator that
 * is late does not hide how long a client would have waited (coordinated omission).
 */
static void enter(struct load_worker *worker, struct load_request *request, uint64_t number,
		  uint64_t now, struct flows_expired *expired)
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

static unsigned int send_due(struct load_worker *worker, uint64_t now)
{
	struct load_request requests[LOAD_BATCH];
	struct statistics *statistics = &worker->statistics;
	struct load_engine *engine = worker->engine;
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

/* Nothing was to be done: poll for a while, then sleep until something comes. */
static void idle(struct load_worker *worker, uint64_t now, bool sending)
{
	uint64_t duration = SLEEP_MAX;

	if (sending && worker->settings->pace == PACE_RATE) {
		uint64_t next = intended(worker, worker->statistics.sent);

		if (worker->statistics.sent < worker->total && next < now + POLL_TIME + SLEEP_MAX)
			duration = next > now + POLL_TIME ? next - now - POLL_TIME : 0;
		if (duration < POLL_TIME)
			return;
	} else if (worker->idle_since == 0) {
		worker->idle_since = now;
		return;
	} else if (now - worker->idle_since < POLL_TIME) {
		return;
	}
	worker->engine->kind->wait(worker->engine, worker->index, duration);
}

static bool is_sending(const struct load_worker *worker, uint64_t now)
{
	uint64_t overtime = worker->settings->pace == PACE_RATE ? OVERTIME : 0;

	return worker->statistics.sent < worker->total && now < worker->end + overtime &&
	       !atomic_load_explicit(worker->stop, memory_order_relaxed);
}

static void step(struct load_worker *worker, bool sending, uint64_t now)
{
	unsigned int done = worker->engine->kind->receive(worker->engine, worker->index, worker);

	expire(worker, now);
	if (sending)
		done += send_due(worker, now);
	if (done)
		worker->idle_since = 0;
	else
		idle(worker, now, sending);
}

static void pin(const struct load_worker *worker)
{
	cpu_set_t set;

	if (worker->settings->cpus_count == 0)
		return;
	CPU_ZERO(&set);
	CPU_SET((size_t)worker->settings->cpus[worker->index], &set);
	sched_setaffinity(0, sizeof(set), &set);
}

void *load_worker_run(void *argument)
{
	struct load_worker *worker = argument;
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
