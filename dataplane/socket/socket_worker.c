// SPDX-License-Identifier: BSD-2-Clause
#include "socket_worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "clock.h"

#define EVENTS_MAX 64
#define TICK_MS	   1000
#define STALLED_MS 5000

/* --- the state --- */

void socket_worker_lock(struct socket_worker *worker)
{
	pthread_mutex_lock(&worker->turnstile);
	pthread_mutex_lock(&worker->state);
	pthread_mutex_unlock(&worker->turnstile);
}

void socket_worker_unlock(struct socket_worker *worker)
{
	pthread_mutex_unlock(&worker->state);
}

int socket_worker_add(const struct socket_worker *worker, struct socket_source *source,
		      uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = source};

	return epoll_ctl(worker->epoll, EPOLL_CTL_ADD, source->fd, &event) < 0 ? -errno : 0;
}

void socket_worker_watch(const struct socket_worker *worker, struct socket_source *source,
			 uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = source};

	epoll_ctl(worker->epoll, EPOLL_CTL_MOD, source->fd, &event);
}

const struct socket_port *socket_worker_find(const struct socket_worker *worker,
					     const struct service *service, bool stream)
{
	size_t entry = socket_port_set_find(worker->set, service, stream);

	return entry < worker->set->count ? socket_port_set_get(worker->set, entry, worker->index)
					  : NULL;
}

void socket_worker_close(struct socket_worker *worker, struct socket_port *port)
{
	socket_port_close(port);
	port->next = worker->closed;
	worker->closed = port;
}

static void reap(struct socket_worker *worker)
{
	while (worker->closed) {
		struct socket_port *port = worker->closed;

		worker->closed = port->next;
		free(port);
	}
}

/* --- the thread --- */

static void work(struct socket_worker *worker, const struct epoll_event *events, int count)
{
	worker->now = (uint64_t)clock_ms();
	atomic_store(&worker->beat, worker->now);
	for (int i = 0; i < count; i++) {
		struct socket_source *source = events[i].data.ptr;

		if (source && source->fd >= 0)
			source->ready(worker, source);
	}
	if (worker->now - worker->ticked >= TICK_MS) {
		worker->ticked = worker->now;
		worker->tick(worker);
	}
	reap(worker);
}

static void *run(void *argument)
{
	struct epoll_event events[EVENTS_MAX];
	struct socket_worker *worker = argument;
	bool stop = false;

	while (!stop) {
		int count = epoll_wait(worker->epoll, events, EVENTS_MAX, TICK_MS);
		int r = count < 0 && errno != EINTR ? errno : 0;

		socket_worker_lock(worker);
		worker->failed = r;
		stop = worker->stop || r;
		if (!stop)
			work(worker, events, count);
		socket_worker_unlock(worker);
	}
	return NULL;
}

int socket_worker_start(struct socket_worker *worker)
{
	int r;

	atomic_store(&worker->beat, (uint64_t)clock_ms());
	r = -pthread_create(&worker->thread, NULL, run, worker);
	worker->running = r == 0;
	return r;
}

void socket_worker_stop(struct socket_worker *worker)
{
	if (!worker->running)
		return;
	socket_worker_lock(worker);
	worker->stop = true;
	socket_worker_unlock(worker);
}

void socket_worker_join(struct socket_worker *worker)
{
	if (worker->running)
		pthread_join(worker->thread, NULL);
}

bool socket_worker_ready(struct socket_worker *worker, struct error *reason)
{
	uint64_t beat = atomic_load(&worker->beat);
	int failed;

	if ((uint64_t)clock_ms() > beat + STALLED_MS) {
		error_say(reason, "a thread of the sockets has not run for %d seconds",
			  STALLED_MS / 1000);
		return false;
	}
	socket_worker_lock(worker);
	failed = worker->failed;
	socket_worker_unlock(worker);
	if (failed)
		error_say(reason, "a thread of the sockets has ended: %s", strerror(failed));
	return failed == 0;
}

/* --- begin and end --- */

int socket_worker_init(struct socket_worker *worker, unsigned int index, int stop)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};

	worker->index = index;
	pthread_mutex_init(&worker->turnstile, NULL);
	pthread_mutex_init(&worker->state, NULL);
	worker->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (worker->epoll < 0)
		return -errno;
	return epoll_ctl(worker->epoll, EPOLL_CTL_ADD, stop, &event) < 0 ? -errno : 0;
}

void socket_worker_destroy(struct socket_worker *worker)
{
	reap(worker);
	close(worker->epoll);
	pthread_mutex_destroy(&worker->turnstile);
	pthread_mutex_destroy(&worker->state);
}
