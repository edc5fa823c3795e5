/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the limit of open files is divided: sockets of ports first, then TCP connections, and a rest
 * for everything else in the process.
 */
#ifndef REFLEX_SOCKET_LIMITS_H
#define REFLEX_SOCKET_LIMITS_H

#include <stddef.h>

#define SOCKET_WORKERS_MAX     16
#define SOCKET_CONNECTIONS_MAX 1024 /* over TCP, of all workers */

#define SOCKET_TRANSPORTS 2 /* UDP and TCP: each worker has a socket of each for a service */

/* Files that a new port leaves free, for metrics, reloads and lookups. */
#define SOCKET_SPARE 96

/**
 * socket_limits_workers - how many workers the limit allows.
 * @workers: at most
 * @services: how many each of them has sockets for
 *
 * Return: from 1 to @workers, which is also what is returned where that is 0 or 1.
 */
unsigned int socket_limits_workers(unsigned int workers, size_t services);

/**
 * socket_limits_connections - how many TCP connections the limit leaves.
 * @workers, @services: how many there are
 *
 * Return: at least a few, at most SOCKET_CONNECTIONS_MAX.
 */
unsigned int socket_limits_connections(unsigned int workers, size_t services);

/**
 * socket_limits_advice - a limit of open files that is enough.
 * @workers, @services: how many there are
 *
 * Return: a round number, which stays the same while services come and go: it is logged once.
 */
size_t socket_limits_advice(unsigned int workers, size_t services);

/**
 * socket_limits_keep - close a file that was just opened if too few are left behind it.
 * @fd: a file descriptor, or -errno
 * @spare: how many must be left
 *
 * Return: @fd; or -EMFILE, and it is closed.
 */
int socket_limits_keep(int fd, size_t spare);

#endif
