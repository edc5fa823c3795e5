/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sockets of DPDK's driver for packet sockets (net_af_packet). The kernel counts what it drops
 * because their rings are full, and tells it by the sockets: the driver (DPDK 22.11) never asks.
 */
#ifndef REFLEX_DPDK_PACKET_SOCKET_H
#define REFLEX_DPDK_PACKET_SOCKET_H

#include <stdint.h>

#define PACKET_SOCKETS_MAX 16 /* queues of such a port, the driver's own limit */

struct packet_sockets {
	int fds[PACKET_SOCKETS_MAX];
	unsigned int count;
};

/**
 * packet_sockets_find - find those of this process that are bound to an interface.
 * @sockets: written over
 * @interface: its index
 *
 * What they have dropped so far does not count.
 */
void packet_sockets_find(struct packet_sockets *sockets, unsigned int interface);

/** packet_sockets_dropped - read what they dropped. Return: frames since the last call. */
uint64_t packet_sockets_dropped(const struct packet_sockets *sockets);

#endif
