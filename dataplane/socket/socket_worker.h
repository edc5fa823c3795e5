/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread of the socket responder: it waits for events of its sockets, and handles them. */
#ifndef REFLEX_SOCKET_WORKER_H
#define REFLEX_SOCKET_WORKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "socket_port.h"
#include "socket_statistics.h"

struct socket_tcp;
struct socket_udp;

struct socket_worker {
	/*
	 * The state is locked while the worker is at work, which under load is nearly always. A
	 * thread that waits for it holds the turnstile, so that it gets the state next.
	 */
	pthread_mutex_t turnstile, state;
	unsigned int index;
	pthread_t thread;
	bool running;
	bool stop;
	int epoll;
	int failed;		   /* the errno with which it has ended */
	atomic_uint_fast64_t beat; /* milliseconds, when it was last seen at work */
	uint64_t now;		   /* milliseconds, when this round began */
	uint64_t ticked;
	void (*tick)(struct socket_worker *worker); /* once a second, when at work */
	struct socket_port_set *set;
	struct socket_port *closed; /* free once no event of this round can point to them */
	struct socket_udp *udp;
	struct socket_tcp *tcp;
	struct socket_statistics statistics;
};

/**
 * socket_worker_init - make what a worker waits with.
 * @worker: all zero
 * @index: of this worker, from 0
 * @stop: an eventfd that wakes it up; -1: there is none
 *
 * Return: 0 or -errno. In both cases, end it with socket_worker_destroy.
 */
int socket_worker_init(struct socket_worker *worker, unsigned int index, int stop);

/**
 * socket_worker_start - start its thread.
 *
 * Return: 0 or -errno.
 */
int socket_worker_start(struct socket_worker *worker);

/** socket_worker_stop - tell the thread to end, as it does when it wakes up next. */
void socket_worker_stop(struct socket_worker *worker);

/** socket_worker_join - wait until the thread has ended. */
void socket_worker_join(struct socket_worker *worker);

/** socket_worker_destroy - free what is its own. All ports are closed. */
void socket_worker_destroy(struct socket_worker *worker);

/** socket_worker_lock, socket_worker_unlock - keep it from work while its state is used. */
void socket_worker_lock(struct socket_worker *worker);
void socket_worker_unlock(struct socket_worker *worker);

/**
 * socket_worker_ready - whether its thread is at work.
 * @reason: set to a sentence when not
 */
bool socket_worker_ready(struct socket_worker *worker, struct error *reason);

/**
 * socket_worker_add - wait for events of a source.
 * @source: an open file, and what to call
 * @events: as for epoll_ctl(2); 0: none yet
 *
 * Return: 0 or -errno.
 */
int socket_worker_add(const struct socket_worker *worker, struct socket_source *source,
		      uint32_t events);

/** socket_worker_watch - wait for other events of a source that was added. Cannot fail. */
void socket_worker_watch(const struct socket_worker *worker, struct socket_source *source,
			 uint32_t events);

/**
 * socket_worker_find - this worker's port in force for a service.
 * @service: address, port and scope are compared
 * @stream: that of TCP, else of UDP
 *
 * Return: NULL where there is none.
 */
const struct socket_port *socket_worker_find(const struct socket_worker *worker,
					     const struct service *service, bool stream);

/** socket_worker_close - close a port, and free it after this round. The worker is locked. */
void socket_worker_close(struct socket_worker *worker, struct socket_port *port);

#endif
