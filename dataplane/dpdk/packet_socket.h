/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sockets of DPDK's driver for packet sockets (net_af_packet). The kernel counts what finds no
 * room in their rings, and tells whoever has the sockets: the driver (DPDK 22.11) never asks.
 */
#ifndef REFLEX_DPDK_PACKET_SOCKET_H
#define REFLEX_DPDK_PACKET_SOCKET_H

#include <stdint.h>

#define PACKET_SOCKETS_MAX 16 /* queues of such a port, the driver's own limit */

struct packet_sockets {
	int fds[PACKET_SOCKETS_MAX];
	unsigned int count;
};

/** packet_sockets_find - those of this process that are bound to an interface. What they have
 * dropped so far does not count. */
void packet_sockets_find(struct packet_sockets *sockets, unsigned int interface);

/** packet_sockets_dropped - how many frames they have dropped since the last call. */
uint64_t packet_sockets_dropped(const struct packet_sockets *sockets);

#endif
