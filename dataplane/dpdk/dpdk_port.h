/* SPDX-License-Identifier: BSD-2-Clause */
/* Ports: brought up with what the device offers, and the kernel's interfaces behind them. */
#ifndef REFLEX_DPDK_PORT_H
#define REFLEX_DPDK_PORT_H

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "packet_socket.h"

#define DPDK_PORT_DESCRIPTORS 1024 /* of a queue, where the device has no other wishes */
/* Of a TAP: its driver sends two descriptors a queue in one message, and does not check whether
 * there is room (DPDK 22.11). */
#define DPDK_PORT_PUNT_QUEUES_MAX (RTE_MP_MAX_FD_NUM / 2u)

struct dpdk_port {
	uint16_t id;
	uint16_t punt; /* its id; RTE_MAX_ETHPORTS: none */
	uint16_t queues;
	uint16_t mtu;
	uint16_t frame_max;	/* bytes of a frame of that MTU, with two tags */
	unsigned int interface; /* of the kernel that the device is made of; 0: none */
	bool gone;		/* the device was removed */
	bool filter;		/* promiscuous: it delivers what is for other hosts, too */
	bool verifies;		/* checksums of what it receives */
	bool local_senders;	/* this machine's kernel sends to it, and leaves checksums undone */
	struct rte_ether_addr mac;
	struct rte_eth_stats seen;     /* the device's counters, as far as they are counted */
	struct packet_sockets sockets; /* of net_af_packet; `seen` does not have what they drop */
	char name[RTE_ETH_NAME_MAX_LEN];
	char driver[RTE_ETH_NAME_MAX_LEN];
	char punt_name[16];
};

/**
 * dpdk_port_buffer_size - how large a buffer must be for any frame of a port.
 * @id: of the DPDK port, here and below
 *
 * Return: bytes, with headroom.
 */
uint16_t dpdk_port_buffer_size(uint16_t id);

/** dpdk_port_buffers - how many buffers a worker's queues of a port hold at most, both ways. */
unsigned int dpdk_port_buffers(uint16_t id);

/**
 * dpdk_port_open - bring a port up.
 * @port: filled on success; close it with dpdk_port_close
 * @pools: buffers for each worker, and so for each queue
 * @punts: dpdk_port_punt follows
 * @error: set on failure to a sentence
 *
 * Multicast is received, for Neighbour Discovery and for the kernel; where the device cannot enable
 * it, the port is made promiscuous.
 *
 * Return: 0 or -errno.
 */
int dpdk_port_open(struct dpdk_port *port, uint16_t id, unsigned int workers,
		   struct rte_mempool **pools, bool punts, struct error *error);

/**
 * dpdk_port_punt - make the kernel's interface behind a port: with its MAC address, its MTU and as
 * many queues.
 * @name: of the interface
 * @pools: as for dpdk_port_open
 * @error: set on failure to a sentence
 *
 * Return: 0 or -errno.
 */
int dpdk_port_punt(struct dpdk_port *port, const char *name, struct rte_mempool **pools,
		   struct error *error);

/** dpdk_port_up - whether its link is up. Sets port->gone if the device was removed: it stays so.
 */
bool dpdk_port_up(struct dpdk_port *port);

/** dpdk_port_close - stop and close it, and the kernel's interface; their buffers are freed. */
void dpdk_port_close(struct dpdk_port *port);

#endif
