// SPDX-License-Identifier: BSD-2-Clause
#include "run.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "load_clock.h"
#include "load_worker.h"

#define START_DELAY (5 * CLOCK_MILLISECOND) /* for the threads to get ready */

struct team {
	struct load_worker *workers;
	size_t count, started;
	atomic_bool stop;
	int finished; /* an eventfd that each worker adds to */
};

/* --- shares --- */

/* How many requests all workers send together; UINT64_MAX: as many as they can in time. */
static uint64_t total(const struct load_settings *settings)
{
	if (settings->count)
		return settings->count;
	if (settings->pace == PACE_RATE)
		return (uint64_t)ceil(settings->rate * settings->seconds);
	return UINT64_MAX;
}

/* An equal share for each worker; the first ones have the remainder. */
static uint64_t share(uint64_t whole, size_t index, size_t count)
{
	return whole / count + (index < whole % count);
}

/* How many requests may be outstanding within the timeout, as far as that is known. */
static uint64_t ring_size(const struct load_settings *settings, uint64_t share_of_all)
{
	double size = FLOWS_MAX;

	if (settings->pace == PACE_RATE)
		size = settings->rate * (double)settings->timeout / CLOCK_SECOND * 1.25 + 1024;
	if ((double)share_of_all < size)
		size = (double)share_of_all;
	return size < FLOWS_MAX ? (uint64_t)size : FLOWS_MAX;
}

static int prepare_worker(struct load_worker *worker, struct team *team, const struct load_run *run,
			  uint64_t start)
{
	const struct load_settings *settings = run->settings;
	size_t index = (size_t)(worker - team->workers);
	uint64_t all = total(settings);
	int r;

	worker->engine = run->engine;
	worker->settings = settings;
	worker->all = team->workers;
	worker->index = index;
	worker->count = team->count;
	worker->stop = &team->stop;
	worker->finished = team->finished;
	worker->total = all == UINT64_MAX ? all : share(all, index, team->count);
	worker->window = (unsigned int)share(settings->window, index, team->count);
	worker->start = worker->last = start;
	worker->end = settings->count ? UINT64_MAX / 2
				      : start + (uint64_t)(settings->seconds * CLOCK_SECOND);
	if (settings->pace == PACE_RATE) {
		worker->interval = CLOCK_SECOND / settings->rate * (double)team->count;
		worker->start += (uint64_t)(CLOCK_SECOND / settings->rate * (double)index);
	}
	r = flows_open(&worker->flows, ring_size(settings, worker->total), settings->timeout);
	worker->flows.key = run->key;
	worker->flows.owner = (uint8_t)index;
	worker->flows.run = run->number;
	return r;
}

/* --- progress --- */

static void show_progress(const struct team *team, uint64_t start)
{
	uint64_t sent = 0, answered = 0, lost = 0, wrong = 0;
	double seconds = (double)(clock_now() - start) / CLOCK_SECOND;

	for (size_t i = 0; i < team->count; i++) {
		const struct statistics *statistics = &team->workers[i].statistics;

		sent += statistics_look(&statistics->sent);
		answered += statistics_look(&statistics->answered);
		lost += statistics_look(&statistics->lost);
		for (size_t j = 0; j < FAULTS_COUNT; j++)
			wrong += statistics_look(&statistics->wrong[j]);
	}
	fprintf(stderr, "\r%.0f s: %llu sent, %llu answered, %llu lost, %llu wrong  ", seconds,
		(unsigned long long)sent, (unsigned long long)answered, (unsigned long long)lost,
		(unsigned long long)wrong);
}

/* Waits until all threads are done, and shows progress. */
static void watch(struct load_run *run, struct team *team, struct load_run_result *result,
		  uint64_t start)
{
	bool shown = !run->settings->quiet && isatty(STDERR_FILENO);
	struct pollfd events[] = {
		{.fd = run->signals, .events = POLLIN},
		{.fd = team->finished, .events = POLLIN},
	};
	struct signalfd_siginfo info;
	eventfd_t finished;
	size_t left = team->started;

	while (left) {
		int r = poll(events, 2, shown ? 1000 : -1);

		if (r > 0 && events[0].revents &&
		    read(run->signals, &info, sizeof(info)) == sizeof(info)) {
			atomic_store(&team->stop, true);
			result->interrupted = true;
		}
		if (r > 0 && events[1].revents && eventfd_read(team->finished, &finished) == 0)
			left -= finished;
		if (shown && r == 0)
			show_progress(team, start);
	}
	if (shown)
		fputs("\r\033[K", stderr);
}

/* --- the run --- */

static void collect(const struct team *team, struct load_run_result *result, uint64_t start)
{
	uint64_t last = start;

	for (size_t i = 0; i < team->count; i++) {
		const struct load_worker *worker = &team->workers[i];

		statistics_merge(&result->statistics, &worker->statistics);
		if (worker->last > last)
			last = worker->last;
	}
	result->seconds = (double)(last - start) / CLOCK_SECOND;
}

static int start_team(struct team *team, const struct load_run *run, uint64_t start)
{
	int r = 0;

	for (size_t i = 0; i < team->count && r == 0; i++)
		r = prepare_worker(&team->workers[i], team, run, start);
	for (size_t i = 0; i < team->count && r == 0; i++) {
		r = -pthread_create(&team->workers[i].thread, NULL, load_worker_run,
				    &team->workers[i]);
		team->started += r == 0;
	}
	if (r < 0)
		atomic_store(&team->stop, true);
	return r;
}

int run_perform(struct load_run *run, struct load_run_result *result, struct error *error)
{
	struct team team = {.count = load_settings_threads(run->settings)};
	uint64_t start = clock_now() + START_DELAY;
	int r = -ENOMEM;

	memset(result, 0, sizeof(*result));
	team.finished = eventfd(0, EFD_CLOEXEC);
	team.workers = calloc(team.count, sizeof(*team.workers));
	if (team.workers && team.finished >= 0) {
		r = start_team(&team, run, start);
		watch(run, &team, result, start);
		for (size_t i = 0; i < team.started; i++)
			pthread_join(team.workers[i].thread, NULL);
		collect(&team, result, start);
	}
	if (r < 0)
		error_say(error, "the threads cannot start: %s", strerror(-r));
	for (size_t i = 0; team.workers && i < team.count; i++)
		flows_close(&team.workers[i].flows);
	free(team.workers);
	if (team.finished >= 0)
		close(team.finished);
	run->number++;
	return r;
}
