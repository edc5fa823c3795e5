// SPDX-License-Identifier: BSD-2-Clause
#include "worker.h"

#include <rte_ethdev.h>
#include <rte_pause.h>
#include <rte_prefetch.h>
#include <sys/prctl.h>
#include <time.h>

#include "dpdk/neighbour.h"
#include "respond.h"

#define PREFETCH 8 /* frames ahead */

/*
 * Asleep for 50 microseconds, a line rate of 10 Gbit/s brings at most 744 frames, which the 1,024
 * descriptors of a queue can hold. So nothing is lost by it.
 */
#define ROUNDS_AWAKE 256 /* in which nothing arrived */
#define NAP_NS	     50000

/* A frame that is going out, and what is to be counted when the port has taken it. */
struct departure {
	uint16_t received, sent;
	uint8_t family;
	uint8_t verdict; /* VERDICTS: not STUN, an outcome is counted */
	uint8_t outcome;
};

struct burst {
	struct rte_mbuf *replies[WORKER_BURST];
	struct departure departures[WORKER_BURST];
	unsigned int replies_count;
	struct rte_mbuf *punted[WORKER_BURST];
	unsigned int punted_count;
};

static uint32_t room(const struct rte_mbuf *mbuf)
{
	return (uint32_t)(mbuf->buf_len - mbuf->data_off);
}

static void resize(struct rte_mbuf *mbuf, size_t length)
{
	if (unlikely(mbuf->nb_segs > 1)) {
		rte_pktmbuf_free(mbuf->next);
		mbuf->next = NULL;
		mbuf->nb_segs = 1;
	}
	mbuf->data_len = (uint16_t)length;
	mbuf->pkt_len = (uint32_t)length;
}

/* Whether the first segment holds all that is ever read. */
static bool is_whole(struct rte_mbuf *mbuf)
{
	return likely(mbuf->nb_segs == 1) || mbuf->data_len >= RESPOND_READ ||
	       rte_pktmbuf_linearize(mbuf) == 0;
}

static void count_outcome(const struct worker_queue *queue, enum outcome outcome, uint64_t frames)
{
	queue->lane->outcomes[outcome] += frames;
}

static void depart(struct burst *burst, struct rte_mbuf *mbuf, struct departure departure)
{
	burst->departures[burst->replies_count] = departure;
	burst->replies[burst->replies_count++] = mbuf;
}

/* Which outcome a reply of neighbour_answer is. */
static enum outcome neighbour_outcome(enum neighbour neighbour)
{
	switch (neighbour) {
	case NEIGHBOUR_ARP:
		return OUTCOME_ARP;
	case NEIGHBOUR_ADVERTISEMENT:
		return OUTCOME_ADVERTISEMENT;
	default:
		return OUTCOME_ECHO;
	}
}

/* What is not for the responder is for this host, if for anyone. */
static void leave(const struct worker_queue *queue, const struct policy *policy,
		  struct rte_mbuf *mbuf, enum action action, struct burst *burst)
{
	enum neighbour neighbour = NEIGHBOUR_NONE;
	size_t length;

	if (action == ACTION_REFUSE && !policy->pass_refused) {
		rte_pktmbuf_free(mbuf);
		return;
	}
	if (action == ACTION_FOREIGN)
		neighbour = neighbour_answer(rte_pktmbuf_mtod(mbuf, uint8_t *), mbuf->data_len,
					     room(mbuf), policy, queue->mac.addr_bytes, &length);
	if (neighbour != NEIGHBOUR_NONE) {
		resize(mbuf, length);
		depart(burst, mbuf,
		       (struct departure){.verdict = VERDICTS,
					  .outcome = neighbour_outcome(neighbour)});
	} else if (queue->punt != RTE_MAX_ETHPORTS) {
		burst->punted[burst->punted_count++] = mbuf;
	} else {
		count_outcome(queue, OUTCOME_DROPPED, 1);
		rte_pktmbuf_free(mbuf);
	}
}

static void answer(const struct worker_queue *queue, const struct policy *policy,
		   struct rte_mbuf *mbuf, struct burst *burst)
{
	uint32_t length = mbuf->pkt_len;
	/* Either the device has verified it, or the sender left it to devices. */
	bool verified = mbuf->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	struct response response = {.verdict = VERDICT_NO_ROOM};

	if (is_whole(mbuf))
		response = respond(rte_pktmbuf_mtod(mbuf, uint8_t *), length, room(mbuf), policy,
				   verified);
	if (likely(response.length)) {
		resize(mbuf, response.length);
		depart(burst, mbuf,
		       (struct departure){
			       .received = (uint16_t)length,
			       .sent = response.length,
			       .family = (uint8_t)response.family,
			       .verdict = (uint8_t)response.verdict,
		       });
		return;
	}
	counters_count(&queue->lane->counters, response.family, response.verdict, length, 0);
	leave(queue, policy, mbuf, verdict_action(response.verdict), burst);
}

static bool is_other_host(const struct worker_queue *queue, const struct rte_mbuf *mbuf)
{
	const struct rte_ether_hdr *ethernet = rte_pktmbuf_mtod(mbuf, const struct rte_ether_hdr *);

	return mbuf->data_len >= sizeof(*ethernet) &&
	       !rte_is_multicast_ether_addr(&ethernet->dst_addr) &&
	       !rte_is_same_ether_addr(&ethernet->dst_addr, &queue->mac);
}

static void send_replies(const struct worker_queue *queue, struct burst *burst)
{
	unsigned int taken, i;

	taken = rte_eth_tx_burst(queue->port, queue->queue, burst->replies,
				 (uint16_t)burst->replies_count);
	for (i = 0; i < burst->replies_count; i++) {
		const struct departure *departure = &burst->departures[i];
		bool sent = i < taken;

		if (departure->verdict == VERDICTS)
			count_outcome(queue, sent ? departure->outcome : OUTCOME_UNSENT, 1);
		else
			counters_count(&queue->lane->counters, departure->family,
				       sent ? departure->verdict : VERDICT_UNSENT,
				       departure->received, sent ? departure->sent : 0);
	}
	if (unlikely(taken < burst->replies_count))
		rte_pktmbuf_free_bulk(burst->replies + taken, burst->replies_count - taken);
}

/* Hands frames to a port as they are. */
static void pass(const struct worker_queue *queue, uint16_t port, struct rte_mbuf **frames,
		 unsigned int count, enum outcome passed, enum outcome full)
{
	unsigned int taken = rte_eth_tx_burst(port, queue->queue, frames, (uint16_t)count);

	count_outcome(queue, passed, taken);
	if (taken == count)
		return;
	count_outcome(queue, full, count - taken);
	rte_pktmbuf_free_bulk(frames + taken, count - taken);
}

void worker_answer(const struct worker_queue *queue, const struct policy *policy,
		   struct rte_mbuf **frames, unsigned int count)
{
	struct burst burst;
	unsigned int i;

	burst.replies_count = 0;
	burst.punted_count = 0;
	for (i = 0; i < PREFETCH && i < count; i++)
		rte_prefetch0(rte_pktmbuf_mtod(frames[i], void *));
	for (i = 0; i < count; i++) {
		if (i + PREFETCH < count)
			rte_prefetch0(rte_pktmbuf_mtod(frames[i + PREFETCH], void *));
		if (unlikely(queue->filter) && is_other_host(queue, frames[i])) {
			count_outcome(queue, OUTCOME_OTHER_HOST, 1);
			rte_pktmbuf_free(frames[i]);
			continue;
		}
		answer(queue, policy, frames[i], &burst);
	}
	if (burst.replies_count)
		send_replies(queue, &burst);
	if (burst.punted_count)
		pass(queue, queue->punt, burst.punted, burst.punted_count, OUTCOME_PUNTED,
		     OUTCOME_PUNT_FULL);
}

/* Return: whether anything arrived. */
static bool poll_queue(const struct worker_queue *queue, const struct policy *policy)
{
	struct rte_mbuf *frames[WORKER_BURST];
	unsigned int received, relayed = 0;

	received = rte_eth_rx_burst(queue->port, queue->queue, frames, WORKER_BURST);
	if (received)
		worker_answer(queue, policy, frames, received);
	if (queue->punt == RTE_MAX_ETHPORTS)
		return received;
	relayed = rte_eth_rx_burst(queue->punt, queue->queue, frames, WORKER_BURST);
	if (relayed)
		pass(queue, queue->port, frames, relayed, OUTCOME_RELAYED, OUTCOME_RELAY_FULL);
	return received || relayed;
}

static void nap(void)
{
	const struct timespec time = {.tv_nsec = NAP_NS};

	nanosleep(&time, NULL);
}

int worker_run(void *argument)
{
	struct worker *worker = argument;
	unsigned int idle = 0;

	prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0); /* else a nap is twice as long */
	while (!__atomic_load_n(worker->stop, __ATOMIC_RELAXED)) {
		const struct generation *generation =
			__atomic_load_n(worker->generation, __ATOMIC_ACQUIRE);
		bool busy = false;

		for (unsigned int i = 0; i < worker->queues_count; i++)
			busy |= poll_queue(&worker->queues[i], &generation->policy);
		idle = busy ? 0 : idle + 1;
		if (idle < ROUNDS_AWAKE || !generation->sleep)
			rte_pause();
		else
			nap();
		__atomic_store_n(&worker->rounds, worker->rounds + 1, __ATOMIC_RELEASE);
	}
	return 0;
}
