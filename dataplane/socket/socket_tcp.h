/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests over TCP (RFC 8489 section 6.2.2): a fixed number of connections, none for long. */
#ifndef REFLEX_SOCKET_TCP_H
#define REFLEX_SOCKET_TCP_H

#include "socket_worker.h"

#define TCP_IDLE_MS	  10000
#define TCP_SLOW_MS	  5000
#define TCP_KERNEL_BUFFER 16384 /* bytes of a connection that the kernel keeps each way */

/**
 * tcp_create - room for so many connections; all that a worker will ever have.
 *
 * Return: NULL where there is no memory.
 */
struct tcp *tcp_create(unsigned int connections);

/** tcp_allow - keep to fewer from now on, at least 1; the oldest of too many are closed. */
void tcp_allow(struct worker *worker, unsigned int connections);

/** tcp_destroy - close them. */
void tcp_destroy(struct tcp *tcp);

/** tcp_accept - take what waits at a listener. */
void tcp_accept(struct worker *worker, struct source *source);

/** tcp_resume - wait at a listener again, if that was given up for a moment. */
void tcp_resume(struct worker *worker, struct port *port);

/** tcp_expire - close those whose time is up. */
void tcp_expire(struct worker *worker);

/** tcp_remove - close those that came by a port. */
void tcp_remove(struct worker *worker, const struct port *port);

#endif
