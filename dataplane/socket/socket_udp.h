/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests over UDP, in batches. */
#ifndef REFLEX_SOCKET_UDP_H
#define REFLEX_SOCKET_UDP_H

#include "socket_worker.h"

/** socket_udp_create - make a worker's buffers. Return: NULL where there is no memory. */
struct socket_udp *socket_udp_create(void);

/** socket_udp_destroy - free them; NULL is fine. */
void socket_udp_destroy(struct socket_udp *udp);

/** socket_udp_ready - answer one batch of what a port has received; for its source. */
void socket_udp_ready(struct socket_worker *worker, struct socket_source *source);

#endif
