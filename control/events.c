// SPDX-License-Identifier: BSD-2-Clause
#include "events.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "follow.h"
#include "notify.h"
#include "reconfigure.h"
#include "signals.h"
#include "watch.h"

#define SECOND_MS 1000

/* What no event tells of: detached links, ports that others held, threads, reflex-dpdk. */
static void look(struct daemon *daemon)
{
	for (size_t i = 0; i < daemon->engines_count; i++)
		if (daemon->engines[i]->kind->repair)
			daemon->engines[i]->kind->repair(daemon->engines[i]);
	follow_repair(daemon);
	daemon_log_readiness(daemon);
}

static void on_signal(void *context)
{
	struct daemon *daemon = context;
	int signal;

	while ((signal = signals_next(daemon->signals.fd))) {
		if (signal != SIGHUP) {
			notify_stopping();
			loop_stop(&daemon->loop);
			return;
		}
		reconfigure(daemon);
	}
	look(daemon);
}

static void on_change(void *context)
{
	struct daemon *daemon = context;
	struct follow *follow = &daemon->follow;

	if (follow->changes.fd < 0) { /* it was held long enough */
		follow->changes.fd = follow->watch;
		return;
	}
	watch_drain(follow->watch);
	follow_addresses(daemon);
	look(daemon);
}

static void on_page(void *context)
{
	struct daemon *daemon = context;
	int wait;

	http_run(daemon->http);
	wait = http_timeout(daemon->http);
	daemon->pages.due = wait < 0 ? LOOP_NEVER : clock_ms() + wait;
}

/* Not sooner, whatever a scraper sends. */
static void on_second(void *context)
{
	struct daemon *daemon = context;
	int64_t now = clock_ms();

	daemon->second.due = now + SECOND_MS;
	for (size_t i = 0; i < daemon->engines_count; i++)
		if (daemon->engines[i]->kind->measure)
			daemon->engines[i]->kind->measure(daemon->engines[i], now);
	look(daemon);
}

int events_open(struct daemon *daemon, struct error *error)
{
	int r = daemon->signals.fd = signals_open(error);

	return r < 0 ? r : follow_open(daemon, error);
}

static void set_up(struct daemon *daemon, struct loop_source *source, int64_t due,
		   void (*call)(void *context))
{
	source->due = due;
	source->call = call;
	source->context = daemon;
}

int events_run(struct daemon *daemon, struct error *error)
{
	/* In the order in which they are handled. */
	struct loop_source *sources[] = {
		&daemon->signals,
		&daemon->follow.changes,
		&daemon->pages,
		&daemon->second,
	};
	int r = 0;

	daemon->pages.fd = http_fd(daemon->http);
	daemon->second.fd = -1;
	set_up(daemon, &daemon->signals, LOOP_NEVER, on_signal);
	set_up(daemon, &daemon->follow.changes, LOOP_NEVER, on_change);
	set_up(daemon, &daemon->pages, clock_ms(), on_page);
	set_up(daemon, &daemon->second, clock_ms() + SECOND_MS, on_second);
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]) && r == 0; i++)
		r = loop_add(&daemon->loop, sources[i]);
	if (r < 0)
		return error_set(error, r, "out of memory");
	r = loop_run(&daemon->loop);
	return r < 0 ? error_set(error, r, "poll: %s", strerror(-r)) : 0;
}

void events_close(struct daemon *daemon)
{
	loop_close(&daemon->loop);
	follow_close(daemon);
	if (daemon->signals.fd >= 0)
		close(daemon->signals.fd);
}
