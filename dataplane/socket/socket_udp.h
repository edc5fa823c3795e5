/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests over UDP, in batches. */
#ifndef REFLEX_SOCKET_UDP_H
#define REFLEX_SOCKET_UDP_H

#include "socket_worker.h"

/** udp_create, udp_destroy - a worker's buffers. Return: NULL where there is no memory. */
struct udp *udp_create(void);
void udp_destroy(struct udp *udp);

/**
 * udp_filter - have the kernel mark requests from outside whose source is their destination or in
 * 127/8.
 *
 * Return: 0 or -errno.
 */
int udp_filter(int fd, int family);

/** udp_ready - answer one batch of what a socket has received. */
void udp_ready(struct worker *worker, struct source *source);

#endif
