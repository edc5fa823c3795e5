/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The socket responder: answers over UDP and TCP what neither XDP nor DPDK answers.
 *
 * A few threads, the workers, each with sockets of its own on every service's address and port.
 * The caller's thread opens, changes and reads; it needs no lock of its own. Set up in the order
 * socket_create, socket_prepare, socket_commit, socket_start: ports below 1024 take a capability,
 * and threads have those that their starter had.
 */
#ifndef REFLEX_SOCKET_RESPONDER_H
#define REFLEX_SOCKET_RESPONDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "endpoint.h"
#include "error.h"
#include "message.h"
#include "policy.h"
#include "socket_limits.h"
#include "socket_statistics.h"

struct socket_settings {
	unsigned int workers; /* 1 to SOCKET_WORKERS_MAX; fewer where too few files may be open */
	size_t services;      /* how many there will be at first */
	bool beside;	      /* XDP or DPDK answers too: a port may be left to another program */
};

struct socket_responder;

/**
 * socket_create - make the workers, without ports.
 * @responder: set on success; end it with socket_destroy
 * @error: set on failure to a sentence, as everywhere here
 *
 * Keeps within the limit of open files, and leaves some of them to the rest of the process.
 *
 * Return: 0 or -errno.
 */
int socket_create(struct socket_responder **responder, const struct socket_settings *settings,
		  struct error *error);

/**
 * socket_connections - how many TCP connections there may be.
 *
 * Return: a number for all workers together; the limit of open files may make it less than
 * SOCKET_CONNECTIONS_MAX.
 */
unsigned int socket_connections(const struct socket_responder *responder);

/** socket_workers - how many there are. Return: from 1 to SOCKET_WORKERS_MAX. */
unsigned int socket_workers(const struct socket_responder *responder);

/**
 * socket_prepare - open the ports that these services need and that are not open yet.
 * @services, @count: sorted by service_compare, each once
 * @policy: copied
 * @strict: fail if a port cannot be had; else go on without it, as socket_missing says
 *
 * What is in force stays so until socket_commit or socket_abandon, one of which must follow a
 * success.
 *
 * Return: 0 or -errno.
 */
int socket_prepare(struct socket_responder *responder, const struct service *services, size_t count,
		   const struct policy *policy, bool strict, struct error *error);

/**
 * socket_commit - put what was prepared in force.
 *
 * Nothing that was received by a port that stays is lost, and its connections go on.
 */
void socket_commit(struct socket_responder *responder);

/** socket_abandon - give up what was prepared. */
void socket_abandon(struct socket_responder *responder);

/**
 * socket_start - start the workers' threads.
 *
 * Return: 0 or -errno.
 */
int socket_start(struct socket_responder *responder, struct error *error);

/**
 * socket_read - sum the workers' statistics.
 * @statistics: written over
 */
void socket_read(struct socket_responder *responder, struct socket_statistics *statistics);

/**
 * socket_drops - tell how many datagrams the kernel has dropped at each UDP port number that there
 * is or was: there was no room in a socket's buffer, or their checksum was wrong.
 * @take: called for each; @port in host byte order, @drops never goes back
 */
void socket_drops(struct socket_responder *responder,
		  void (*take)(uint16_t port, uint64_t drops, void *context), void *context);

/**
 * socket_missing - how many ports could not be had when what is in force was prepared.
 * @sentence: where not NULL, set to why the first could not; until the next socket_commit
 * @stream: where not NULL, set to whether that one is a TCP port
 *
 * Return: how many; 0: all are there.
 */
size_t socket_missing(const struct socket_responder *responder, const char **sentence,
		      bool *stream);

/**
 * socket_ready - whether every worker is at work, on every port.
 * @reason: set to a sentence when not
 *
 * Return: true beside XDP or DPDK, too, where a port is missing.
 */
bool socket_ready(struct socket_responder *responder, struct error *reason);

/**
 * socket_run - answer a message without a network, uncounted.
 * @path: that the request came by
 * @request, @length: a STUN message
 * @reply, @capacity: room for the reply
 *
 * For self-tests. Return: length of the reply, 0: none.
 */
size_t socket_run(const struct socket_responder *responder, const struct message_path *path,
		  const void *request, size_t length, void *reply, size_t capacity);

/**
 * socket_probe - whether another program holds the UDP port of a service.
 *
 * Return: 0 if not; -EADDRINUSE; or another -errno: unknown.
 */
int socket_probe(const struct service *service);

/** socket_destroy - stop the workers and close everything; NULL is fine. */
void socket_destroy(struct socket_responder *responder);

#endif
