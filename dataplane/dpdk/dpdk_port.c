// SPDX-License-Identifier: BSD-2-Clause
#include "dpdk_port.h"

#include <errno.h>
#include <net/if.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dpdk_compat.h"
#include "link.h"
#include "log.h"

#define FRAME_EXCESS   (RTE_ETHER_HDR_LEN + 2 * RTE_VLAN_HLEN) /* of a frame over its MTU */
#define AF_XDP_BUFFERS 4096 /* of its four rings, at any number of descriptors */

/* How many queues to use for so many workers. Return: that, or -errno. */
static int count_queues(uint16_t id, unsigned int workers)
{
	struct rte_eth_dev_info info;
	unsigned int queues;
	int r = rte_eth_dev_info_get(id, &info);

	if (r < 0)
		return r;
	queues = RTE_MIN(info.max_rx_queues, info.max_tx_queues);
	return (int)RTE_MIN(workers, queues);
}

uint16_t dpdk_port_buffer_size(uint16_t id)
{
	uint16_t mtu = RTE_ETHER_MTU;

	rte_eth_dev_get_mtu(id, &mtu);
	return (uint16_t)(RTE_PKTMBUF_HEADROOM + RTE_MAX(2048, mtu + FRAME_EXCESS));
}

unsigned int dpdk_port_buffers(uint16_t id)
{
	struct rte_eth_dev_info info;

	if (rte_eth_dev_info_get(id, &info) == 0 && strcmp(info.driver_name, "net_af_xdp") == 0)
		return AF_XDP_BUFFERS;
	return 2 * DPDK_PORT_DESCRIPTORS;
}

/* Sets up all queues of a device alike, and starts it; worker i has queue i. */
static int start_device(uint16_t id, const struct rte_eth_conf *conf, uint16_t queues,
			struct rte_mempool **pools)
{
	uint16_t receive = DPDK_PORT_DESCRIPTORS, send = DPDK_PORT_DESCRIPTORS;
	int r = rte_eth_dev_configure(id, queues, queues, conf);

	if (r == 0)
		r = rte_eth_dev_adjust_nb_rx_tx_desc(id, &receive, &send);
	for (uint16_t i = 0; i < queues && r == 0; i++) {
		int socket = rte_eth_dev_socket_id(id);

		r = rte_eth_rx_queue_setup(id, i, receive, (unsigned int)socket, NULL, pools[i]);
		if (r == 0)
			r = rte_eth_tx_queue_setup(id, i, send, (unsigned int)socket, NULL);
	}
	return r < 0 ? r : rte_eth_dev_start(id);
}

/* Chooses offloads. Checksums of replies need none: they follow from sums that were made to check
 * the request. */
static void choose_offloads(struct rte_eth_conf *conf, struct dpdk_port *port, bool punts)
{
	struct rte_eth_dev_info info;
	char name[IF_NAMESIZE];

	if (rte_eth_dev_info_get(port->id, &info) < 0)
		return;
	snprintf(port->driver, sizeof(port->driver), "%s", info.driver_name);
	/* One of another namespace only the driver knows. */
	port->interface = if_indextoname(info.if_index, name) ? info.if_index : 0;
	/* They deliver a frame as the sending kernel made it, before any device completed its
	 * checksums. For a TAP the kernel completes them. */
	port->local_senders = strcmp(port->driver, "net_af_packet") == 0 ||
			      strcmp(port->driver, "net_af_xdp") == 0;
	/* If this is not set, it becomes at most 1,500. */
	rte_eth_dev_get_mtu(port->id, &port->mtu);
	conf->rxmode.mtu = RTE_MIN(port->mtu, info.max_mtu);
	/* A virtual device with this offload does not complete those of senders on this machine,
	 * TCP's neither, and the kernel that frames are punted to would drop them. */
	port->verifies = !punts && (info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_UDP_CKSUM);
	if (port->verifies)
		conf->rxmode.offloads |= RTE_ETH_RX_OFFLOAD_UDP_CKSUM;
	/* It takes buffers of one pool, with one reference and one segment: so are ours. */
	conf->txmode.offloads = info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	conf->rx_adv_conf.rss_conf.rss_hf =
		info.flow_type_rss_offloads & (RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP);
	if (port->queues > 1 && conf->rx_adv_conf.rss_conf.rss_hf)
		conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
}

/* A device without any such setting, such as a file, delivers everything. */
static void receive_multicast(struct dpdk_port *port)
{
	int r = rte_eth_allmulticast_enable(port->id);

	if (r == 0)
		return;
	r = rte_eth_promiscuous_enable(port->id);
	port->filter = r == 0;
	if (r < 0 && r != -ENOTSUP)
		log_warning("port %s: the device does not deliver multicast (%s), so Neighbour "
			    "Discovery does not reach it",
			    port->name, rte_strerror(-r));
}

/* A memif server trusts its own setting for the size of what a client sends. Where its buffers hold
 * that much it does not check, and a client with larger buffers makes it write beyond them. */
static bool is_overrun(const struct rte_eth_dev_info *info, unsigned int room)
{
	const struct rte_devargs *devargs = rte_dev_devargs(info->device);
	const char *arguments = devargs && devargs->args ? devargs->args : "", *size;

	if (strcmp(info->driver_name, "net_memif") != 0 ||
	    !(strstr(arguments, "role=server") || strstr(arguments, "role=master")))
		return false;
	size = strstr(arguments, "bsize=");
	return (size ? strtoul(size + strlen("bsize="), NULL, 10) : 2048) <= room;
}

/* Refuses what makes a driver lose frames silently, or worse. @room: bytes in a buffer. */
static int check(const struct dpdk_port *port, unsigned int room, struct error *error)
{
	struct rte_eth_dev_info info;
	int r = rte_eth_dev_info_get(port->id, &info);

	if (r < 0)
		return error_set(error, r, "port %s: its driver does not describe it: %s",
				 port->name, rte_strerror(-r));
	/* Without them it registers only a part of the buffers (DPDK 22.11): the others are neither
	 * sent nor freed. */
	if (!rte_eal_has_hugepages() && strcmp(port->driver, "net_af_xdp") == 0)
		return error_set(
			error, -EINVAL,
			"port %s: %s loses frames without huge pages: reserve some (sysctl "
			"vm.nr_hugepages=256), and leave --no-huge out",
			port->name, port->driver);
	/* The kernel spreads frames over all of its sockets, whether they are read or not. */
	if (strcmp(port->driver, "net_af_packet") == 0 && info.max_rx_queues > port->queues)
		return error_set(
			error, -EINVAL,
			"port %s: %u of its %u queues have workers, and what comes by the others "
			"is lost: give qpairs=%u",
			port->name, port->queues, info.max_rx_queues, port->queues);
	if (DPDK_COMPAT_MEMIF_OVERRUN && is_overrun(&info, room))
		return error_set(
			error, -EINVAL,
			"port %s: with this DPDK a client of memif that has larger buffers writes "
			"beyond those of its server: give bsize=%u",
			port->name, 2 * room);
	return 0;
}

static void find_sockets(struct dpdk_port *port)
{
	struct rte_eth_dev_info info;

	if (strcmp(port->driver, "net_af_packet") == 0 &&
	    rte_eth_dev_info_get(port->id, &info) == 0)
		packet_sockets_find(&port->sockets, info.if_index);
}

int dpdk_port_open(struct dpdk_port *port, uint16_t id, unsigned int workers,
		   struct rte_mempool **pools, bool punts, struct error *error)
{
	struct rte_eth_conf conf = {0};
	int r = count_queues(id, punts ? RTE_MIN(workers, DPDK_PORT_PUNT_QUEUES_MAX) : workers);

	*port = (struct dpdk_port){.id = id, .punt = RTE_MAX_ETHPORTS};
	rte_eth_dev_get_name_by_port(id, port->name);
	if (r > 0) {
		port->queues = (uint16_t)r;
		choose_offloads(&conf, port, punts);
		r = check(port, rte_pktmbuf_data_room_size(pools[0]) - RTE_PKTMBUF_HEADROOM, error);
		if (r < 0)
			return r;
		r = start_device(id, &conf, port->queues, pools);
	}
	if (r < 0)
		return error_set(error, r, "port %s cannot be brought up: %s", port->name,
				 rte_strerror(-r));
	receive_multicast(port);
	rte_eth_macaddr_get(id, &port->mac);
	rte_eth_dev_get_mtu(id, &port->mtu);
	port->frame_max = (uint16_t)(port->mtu + FRAME_EXCESS);
	rte_eth_stats_get(id, &port->seen);
	find_sockets(port);
	return 0;
}

int dpdk_port_punt(struct dpdk_port *port, const char *name, struct rte_mempool **pools,
		   struct error *error)
{
	char device[RTE_ETH_NAME_MAX_LEN], arguments[128], mac[RTE_ETHER_ADDR_FMT_SIZE];
	const struct rte_eth_conf conf = {0};
	int r;

	snprintf(device, sizeof(device), "net_tap_punt%u", port->id);
	rte_ether_format_addr(mac, sizeof(mac), &port->mac);
	snprintf(arguments, sizeof(arguments), "iface=%s,mac=%s", name, mac);
	r = rte_eal_hotplug_add("vdev", device, arguments);
	if (r == 0)
		r = rte_eth_dev_get_port_by_name(device, &port->punt);
	if (r == 0)
		r = start_device(port->punt, &conf, port->queues, pools);
	if (r == 0)
		r = rte_eth_dev_set_mtu(port->punt, port->mtu);
	if (r == 0)
		snprintf(port->punt_name, sizeof(port->punt_name), "%s", name);
	else
		error_say(error,
			  "punt: the kernel's interface %s cannot be made: %s (it takes root, or "
			  "CAP_NET_ADMIN, /dev/net/tun, and a name that is free)",
			  name, rte_strerror(-r));
	return r;
}

bool dpdk_port_up(struct dpdk_port *port)
{
	struct rte_eth_link link = {0};
	struct error ignored;

	port->gone = rte_eth_dev_is_removed(port->id) ||
		     (port->interface && link_gone((int)port->interface));
	if (port->gone || rte_eth_link_get_nowait(port->id, &link) < 0 || !link.link_status)
		return false;
	/* Some drivers do not check the kernel's interface that the device is made of. */
	return !port->interface || link_ready(port->name, (int)port->interface, &ignored);
}

static void close_device(uint16_t id)
{
	rte_eth_dev_stop(id);
	rte_eth_dev_close(id);
}

void dpdk_port_close(struct dpdk_port *port)
{
	close_device(port->id);
	if (port->punt != RTE_MAX_ETHPORTS)
		close_device(port->punt);
}
