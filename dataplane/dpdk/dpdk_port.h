/* SPDX-License-Identifier: BSD-2-Clause */
/* Ports: brought up with what the device offers, and the kernel's interfaces behind them. */
#ifndef REFLEX_DPDK_PORT_H
#define REFLEX_DPDK_PORT_H

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "packet_socket.h"

#define PORT_DESCRIPTORS 1024 /* of a queue, where the device has no other wishes */
/* Of a TAP: its driver sends two descriptors a queue in one message, and does not look whether
 * there is room (DPDK 22.11). */
#define PORT_PUNT_QUEUES_MAX (RTE_MP_MAX_FD_NUM / 2u)

struct port {
	uint16_t id;
	uint16_t punt; /* its id; RTE_MAX_ETHPORTS: none */
	uint16_t queues;
	uint16_t mtu;
	uint16_t frame_max;	/* bytes of a frame of that MTU, with two tags */
	unsigned int interface; /* of the kernel that the device is made of; 0: none */
	bool gone;		/* the device */
	bool filter;		/* promiscuous: it shows what is for other hosts */
	bool verifies;		/* checksums of what it receives */
	bool local_senders;	/* of the kernel that it is made of leave checksums to it */
	struct rte_ether_addr mac;
	struct rte_eth_stats seen;     /* the device's counters when they were last looked at */
	struct packet_sockets sockets; /* of net_af_packet, which leave out what they drop */
	char name[RTE_ETH_NAME_MAX_LEN];
	char driver[RTE_ETH_NAME_MAX_LEN];
	char punt_name[16];
};

/**
 * port_buffer_size - bytes that a buffer needs to hold the largest frame of the port.
 */
uint16_t port_buffer_size(uint16_t id);

/**
 * port_buffers - how many buffers the queues of a worker can hold, both ways.
 */
unsigned int port_buffers(uint16_t id);

/**
 * port_open - bring a port up.
 * @port: filled on success; close it with port_close
 * @pools: buffers for each worker, and so for each queue
 * @punts: port_punt follows
 * @error: set on failure to a sentence
 *
 * Multicast is received, for Neighbour Discovery and the kernel behind; where the device cannot be
 * told so, the port is made promiscuous. Return: 0 or -errno.
 */
int port_open(struct port *port, uint16_t id, unsigned int workers, struct rte_mempool **pools,
	      bool punts, struct error *error);

/**
 * port_punt - make the kernel's interface behind a port, with its MAC address, MTU and as many
 * queues.
 * @name: of the interface
 *
 * Return: 0 or -errno.
 */
int port_punt(struct port *port, const char *name, struct rte_mempool **pools, struct error *error);

/** port_up - whether its link is; sees too whether the device is gone, which is for ever. */
bool port_up(struct port *port);

/** port_close - stop it, and what is behind it; their buffers go back. */
void port_close(struct port *port);

#endif
