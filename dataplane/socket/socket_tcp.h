/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests over TCP (RFC 8489 section 6.2.2): a fixed number of connections, none for long. */
#ifndef REFLEX_SOCKET_TCP_H
#define REFLEX_SOCKET_TCP_H

#include "socket_worker.h"

/**
 * socket_tcp_create - make room for so many connections; all that a worker will ever have.
 *
 * Return: NULL where there is no memory.
 */
struct socket_tcp *socket_tcp_create(unsigned int connections);

/** socket_tcp_destroy - close them all; NULL is fine. */
void socket_tcp_destroy(struct socket_tcp *tcp);

/*
 * For all below, the worker is at work, or locked.
 */

/**
 * socket_tcp_allow - set how many connections there may be; the ones idle for longest are closed.
 * @connections: at most those of socket_tcp_create; 0 is taken for 1
 */
void socket_tcp_allow(struct socket_worker *worker, unsigned int connections);

/** socket_tcp_accept - accept what waits at a listener; for its source. */
void socket_tcp_accept(struct socket_worker *worker, struct socket_source *source);

/** socket_tcp_tick - close connections whose time is up, and accept again at paused listeners. */
void socket_tcp_tick(struct socket_worker *worker);

/** socket_tcp_remove - close the connections that came by a port. */
void socket_tcp_remove(struct socket_worker *worker, const struct socket_port *port);

#endif
