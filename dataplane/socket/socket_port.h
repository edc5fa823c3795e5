/* SPDX-License-Identifier: BSD-2-Clause */
/* The sockets of a service, and the set of those that are in force. */
#ifndef REFLEX_SOCKET_PORT_H
#define REFLEX_SOCKET_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "endpoint.h"
#include "error.h"
#include "message.h"
#include "policy.h"

#define SOCKET_TCP_SLOW_MS 5000	 /* until a client must have taken what was sent */
#define SOCKET_TCP_BUFFER  16384 /* bytes of a connection that the kernel keeps each way */

struct socket_worker;

/*
 * What a worker waits for. An event is a hint only: by the time that it is looked at, the file may
 * be closed (-1), or the memory in use for another one.
 */
struct socket_source {
	int fd;
	void (*ready)(struct socket_worker *worker, struct socket_source *source);
};

/* What was dropped at a UDP port number. The caller's thread alone uses it. */
struct socket_drop_count {
	uint16_t port;
	uint64_t count;
	struct socket_drop_count *next;
};

/* One worker's socket for one service. */
struct socket_port {
	struct socket_source source; /* first, as events point to it */
	struct service service;
	bool stream;			 /* a TCP listener */
	struct message_path path;	 /* of what comes to it, without the source */
	bool fresh;			 /* prepared, and not in force yet */
	bool wanted;			 /* by the set that comes into force */
	bool paused;			 /* a listener that waits for the next tick */
	struct socket_drop_count *drops; /* of its number; NULL: a listener */
	uint32_t dropped;		 /* what of it is counted, as the kernel does */
	struct socket_port *next;	 /* among the closed ones */
};

/* What is in force. One port a worker for each entry, in the order of services, UDP before TCP. */
struct socket_port_set {
	struct policy policy;
	struct error missing; /* why the first port could not be had; "": all are here */
	bool missing_stream;
	size_t missing_count;
	unsigned int workers;
	size_t count; /* of entries */
	struct socket_port *ports[];
};

static inline struct socket_port *socket_port_of(struct socket_source *source)
{
	return (struct socket_port *)source;
}

/**
 * socket_port_bind - open a socket on a service's address and port.
 * @stream: a TCP listener, else UDP
 * @first: no socket of this responder is on that port yet; if another program's is, it fails
 * @shared: more sockets of this responder follow, or were there before
 *
 * Return: a file descriptor, not blocking, or -errno.
 */
int socket_port_bind(const struct service *service, bool stream, bool first, bool shared);

/**
 * socket_port_open - make a port. The caller sets `source.ready` and `drops`.
 * @port: set on success; end it with socket_port_close and free
 * @spare: how many files must be left
 *
 * The others are those of socket_port_bind.
 *
 * Return: 0 or -errno.
 */
int socket_port_open(struct socket_port **port, const struct service *service, bool stream,
		     bool first, bool shared, size_t spare);

/** socket_port_close - count what it has dropped, and close its socket. It is not freed. */
void socket_port_close(struct socket_port *port);

/** socket_port_count_drops - add what the kernel has dropped since the last call to port->drops. */
void socket_port_count_drops(struct socket_port *port);

/**
 * socket_drop_count_find - what counts for a port number.
 * @first: the list, to which it is added if it is not there
 * @port: host byte order
 *
 * Return: NULL where there is no memory.
 */
struct socket_drop_count *socket_drop_count_find(struct socket_drop_count **first, uint16_t port);

/** socket_path_from - set the source of a path to a client's address and port. */
void socket_path_from(struct message_path *path, const struct sockaddr_storage *client);

/**
 * socket_port_set_new - make an empty set, with room for the ports of so many services.
 *
 * Return: what free() takes, with a policy of no services; NULL where there is no memory.
 */
struct socket_port_set *socket_port_set_new(unsigned int workers, size_t services);

/** socket_port_set_get - a worker's port of an entry below set->count. */
static inline struct socket_port *socket_port_set_get(const struct socket_port_set *set,
						      size_t entry, unsigned int worker)
{
	return set->ports[entry * set->workers + worker];
}

/**
 * socket_port_set_find - look for a service's port.
 * @service: address, port and scope are compared
 * @stream: that of TCP, else of UDP
 *
 * Return: its entry, or set->count where it has none.
 */
size_t socket_port_set_find(const struct socket_port_set *set, const struct service *service,
			    bool stream);

#endif
