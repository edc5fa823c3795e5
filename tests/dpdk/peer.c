// SPDX-License-Identifier: BSD-2-Clause
/*
 * `corpus wire` by a port of DPDK, the first that there is: for ports that only another process of
 * DPDK can be at the other end of, such as net_memif.
 *
 * peer EAL-OPTIONS -- N [OPTION...]
 */
#include <errno.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <stdio.h>
#include <stdlib.h>

#include "wire.h"

#define PORT	 0
#define RING	 512 /* more than a window */
#define BUFFERS	 4096
#define BURST	 32
#define LONGEST	 9000
#define LINK	 10000 /* ms for the link to come up */
#define PATIENCE 20000 /* ms for the port to take frames */

struct peer {
	struct wire wire; /* first, so that either's address is both's */
	struct rte_mempool *pool;
	struct rte_mbuf *came[BURST]; /* that nobody asked for yet */
	unsigned int count, next;
};

/* The frame in one buffer; NULL where there is none left. */
static struct rte_mbuf *load(const struct peer *peer, const struct raw_frame *frame)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(peer->pool);
	char *room = mbuf ? rte_pktmbuf_append(mbuf, (uint16_t)frame->length) : NULL;

	if (!room) {
		rte_pktmbuf_free(mbuf);
		return NULL;
	}
	memcpy(room, frame->bytes, frame->length);
	return mbuf;
}

static int send_frames(struct wire *wire, const struct raw_frame *frames, size_t count)
{
	struct rte_mbuf *mbufs[RING];
	uint16_t loaded = 0, sent = 0;
	int left = PATIENCE;

	while (loaded < count && (mbufs[loaded] = load((struct peer *)wire, &frames[loaded])))
		loaded++;
	while (sent < loaded && left--) {
		sent += rte_eth_tx_burst(PORT, 0, mbufs + sent, loaded - sent);
		if (sent < loaded)
			rte_delay_us_sleep(1000);
	}
	rte_pktmbuf_free_bulk(mbufs + sent, loaded - sent);
	return sent == count ? 0 : -ENOBUFS;
}

/* Polls, and sleeps in between, since the machine may have no CPU to spare. */
static bool wait_for_frames(struct peer *peer, int milliseconds)
{
	uint64_t deadline =
		rte_get_timer_cycles() + rte_get_timer_hz() * (uint64_t)milliseconds / 1000;

	for (;;) {
		peer->next = 0;
		peer->count = rte_eth_rx_burst(PORT, 0, peer->came, BURST);
		if (peer->count)
			return true;
		if (rte_get_timer_cycles() > deadline)
			return false;
		rte_delay_us_sleep(50);
	}
}

static int receive_frame(struct wire *wire, uint8_t *frame, size_t capacity, int milliseconds)
{
	struct peer *peer = (struct peer *)wire;
	struct rte_mbuf *mbuf;
	const void *bytes;
	uint32_t length;

	if (peer->next == peer->count && !wait_for_frames(peer, milliseconds))
		return 0;
	mbuf = peer->came[peer->next++];
	length = mbuf->pkt_len;
	bytes = length <= capacity ? rte_pktmbuf_read(mbuf, 0, length, frame) : NULL;
	if (bytes && bytes != frame)
		memcpy(frame, bytes, length);
	rte_pktmbuf_free(mbuf);
	return bytes ? (int)length : -EMSGSIZE;
}

static int start(struct peer *peer)
{
	const struct rte_eth_conf conf = {0};
	int r;

	peer->pool = rte_pktmbuf_pool_create("peer", BUFFERS, 0, 0, RTE_PKTMBUF_HEADROOM + LONGEST,
					     SOCKET_ID_ANY);
	if (!peer->pool)
		return -rte_errno;
	r = rte_eth_dev_configure(PORT, 1, 1, &conf);
	if (!r)
		r = rte_eth_rx_queue_setup(PORT, 0, RING, SOCKET_ID_ANY, NULL, peer->pool);
	if (!r)
		r = rte_eth_tx_queue_setup(PORT, 0, RING, SOCKET_ID_ANY, NULL);
	if (!r)
		r = rte_eth_dev_start(PORT);
	return r;
}

static int wait_for_link(void)
{
	struct rte_eth_link link = {0};

	for (int left = LINK / 10; left >= 0; left--) {
		if (!rte_eth_link_get_nowait(PORT, &link) && link.link_status)
			return 0;
		rte_delay_us_sleep(10000);
	}
	return -ENETDOWN;
}

static int run(int argc, char **argv)
{
	static struct peer peer = {.wire = {1, LONGEST, send_frames, receive_frame}};
	struct options options;
	int r;

	if (options_parse(&options, argc, argv) || options.count) {
		fprintf(stderr, "usage: peer EAL-OPTIONS -- N " OPTIONS_WIRE "\n");
		return 2;
	}
	r = start(&peer);
	if (!r)
		r = wait_for_link();
	if (!r) {
		wait_for_frames(&peer, 0); /* net_memif offers its buffers when it is first asked */
		return wire_run(&peer.wire, &options);
	}
	fprintf(stderr, "peer: port %d: %s\n", PORT, rte_strerror(-r));
	return 1;
}

int main(int argc, char **argv)
{
	int eal = rte_eal_init(argc, argv);
	int status;

	if (eal < 0) {
		fprintf(stderr, "peer: EAL: %s\n", rte_strerror(rte_errno));
		return 2;
	}
	status = run(argc - eal, argv + eal);
	if (rte_eth_dev_is_valid_port(PORT)) {
		rte_eth_dev_stop(PORT);
		rte_eth_dev_close(PORT);
	}
	rte_eal_cleanup();
	return status;
}
