// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a driver costs without a responder: receives bursts on the first port, swaps the MAC
 * addresses of each frame, sends it back. The least that any program on DPDK does for an answer.
 *
 *	dpdk_floor EAL-OPTIONS -- [SECONDS]
 *
 * One lcore. Prints JSON; the seconds are CPU time.
 */
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BURST	 32
#define RING	 1024 /* descriptors */
#define BUFFERS	 2560 /* as many as reflex-dpdk has for one port */
#define CACHE	 256  /* of an lcore */
#define UNTIMED	 4096 /* bursts between two looks at the clock */
#define REHEARSE 0.1  /* seconds in which memory is touched for the first time */

/* CPU time: others may have had a turn on this core. */
static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Returns 0 or a negative errno. */
static int start(uint16_t port)
{
	struct rte_eth_conf settings = {0};
	struct rte_mempool *pool;
	int error;

	pool = rte_pktmbuf_pool_create("frames", BUFFERS, CACHE, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				       SOCKET_ID_ANY);
	if (!pool)
		return -rte_errno;
	error = rte_eth_dev_configure(port, 1, 1, &settings);
	if (!error)
		error = rte_eth_rx_queue_setup(port, 0, RING, SOCKET_ID_ANY, NULL, pool);
	if (!error)
		error = rte_eth_tx_queue_setup(port, 0, RING, SOCKET_ID_ANY, NULL);
	if (!error)
		error = rte_eth_dev_start(port);
	return error;
}

static void swap(struct rte_mbuf *mbuf)
{
	struct rte_ether_hdr *ethernet = rte_pktmbuf_mtod(mbuf, struct rte_ether_hdr *);
	struct rte_ether_addr destination = ethernet->dst_addr;

	ethernet->dst_addr = ethernet->src_addr;
	ethernet->src_addr = destination;
}

/* Returns how many frames came. */
static uint16_t reflect(uint16_t port)
{
	struct rte_mbuf *burst[BURST];
	uint16_t count = rte_eth_rx_burst(port, 0, burst, BURST), sent;

	for (uint16_t i = 0; i < count; i++)
		swap(burst[i]);
	sent = rte_eth_tx_burst(port, 0, burst, count);
	if (sent < count)
		rte_pktmbuf_free_bulk(&burst[sent], count - sent);
	return count;
}

/* Returns packets, and the CPU time that they took. */
static uint64_t run(uint16_t port, double *seconds)
{
	double began = now(), took;
	uint64_t packets = 0;

	do {
		for (int i = 0; i < UNTIMED; i++)
			packets += reflect(port);
		took = now() - began;
	} while (took < *seconds);
	*seconds = took;
	return packets;
}

int main(int argc, char **argv)
{
	double rehearsal = REHEARSE, seconds;
	int used = rte_eal_init(argc, argv), error;
	uint64_t packets;

	if (used < 0) {
		fprintf(stderr, "dpdk_floor: no EAL: %s\n", rte_strerror(rte_errno));
		return 1;
	}
	seconds = argc > used + 1 ? strtod(argv[used + 1], NULL) : 1;
	error = start(0);
	if (error) {
		fprintf(stderr, "dpdk_floor: the first port: %s\n", rte_strerror(-error));
		return 1;
	}
	run(0, &rehearsal);
	packets = run(0, &seconds);
	printf("{\"packets\": %" PRIu64 ", \"seconds\": %.6f}\n", packets, seconds);
	rte_eth_dev_stop(0);
	rte_eal_cleanup();
	return packets == 0;
}
