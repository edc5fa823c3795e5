/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the socket responder share: a worker, its ports, and the set in force. */
#ifndef REFLEX_SOCKET_WORKER_H
#define REFLEX_SOCKET_WORKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/socket.h>

#include "socket_responder.h"

struct tcp;
struct udp;
struct worker;

/*
 * What a worker waits for. An event is a hint only: by the time that it is looked at, the file may
 * be closed (-1), or the memory in use for another one.
 */
struct source {
	int fd;
	void (*ready)(struct worker *worker, struct source *source);
};

/* What was dropped at a UDP port number. The caller's thread alone uses it. */
struct drops {
	uint16_t port;
	uint64_t count;
	struct drops *next;
};

/* One worker's socket for one service. */
struct port {
	struct source source; /* first, as events point to it */
	struct service service;
	bool stream;		  /* a TCP listener */
	struct message_path path; /* of what comes to it, without the source */
	bool fresh;		  /* prepared, and not in force yet */
	bool wanted;		  /* by the set that comes into force */
	bool paused;		  /* a listener that waits for the next tick */
	struct drops *drops;	  /* of its number; NULL: a listener */
	uint32_t dropped;	  /* what of it is counted, as the kernel does */
	struct port *next;	  /* among the closed ones */
};

/* What is in force. One port a worker for each entry, in the order of services, UDP before TCP. */
struct port_set {
	struct policy policy;
	char missing[512]; /* why the first port could not be had; "": all are here */
	bool missing_stream;
	size_t missing_count;
	unsigned int workers;
	size_t count;
	struct port *ports[];
};

struct worker {
	/*
	 * The state is locked while the worker is at work, which under load is nearly always. Who
	 * waits for it holds the turn, and gets it next.
	 */
	pthread_mutex_t turn, state;
	unsigned int index;
	pthread_t thread;
	bool running;
	bool stop;
	int epoll;
	int failed;		   /* why it has ended */
	atomic_uint_fast64_t beat; /* milliseconds, when it was last seen at work */
	uint64_t now;		   /* milliseconds, at the begin of this round */
	uint64_t ticked;
	struct port_set *set;
	struct drops **drops; /* of all workers, each number once */
	struct port *closed;  /* free once no event of this round can point to them */
	struct udp *udp;
	struct tcp *tcp;
	struct socket_statistics statistics;
};

/**
 * worker_find - this worker's socket for an address and port; NULL: none.
 * @scope: interface of a link-local address, else 0
 */
struct port *worker_find(const struct worker *worker, const struct service *service, bool stream);

/** worker_watch - wait for other events of a source. Cannot fail for one that is waited for. */
void worker_watch(const struct worker *worker, struct source *source, uint32_t events);

static inline struct port *port_of(struct source *source)
{
	return (struct port *)source;
}

/** path_from - add the source to a path. */
void path_from(struct message_path *path, const struct sockaddr_storage *address);

#endif
