// SPDX-License-Identifier: BSD-2-Clause
#include "dpdk_worker.h"

#include <limits.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_pause.h>
#include <rte_prefetch.h>
#include <sys/prctl.h>
#include <time.h>

#include "dpdk_respond.h"
#include "neighbour.h"

/*
 * Asleep for 50 microseconds, a line rate of 10 Gbit/s brings at most 744 frames, which the 1,024
 * descriptors of a queue can hold. So nothing is lost by it. After a second in which nothing has
 * arrived, less is expected.
 */
#define ROUNDS_AWAKE 256 /* in which nothing arrived */
#define NAP_NS	     50000
#define LONG_NAP_NS  500000
#define NAPS_SHORT   (1000000000 / NAP_NS)

/*
 * A request too long for the fast path takes as long as up to 30 others, mostly for its
 * FINGERPRINT, and whoever sends it chooses that. So a worker gives such requests one part in
 * LONG_SHARE of its time at most, and of what it has not given yet up to 10 ms.
 */
#define LONG_SHARE    8
#define LONG_SAVED_MS (10 * LONG_SHARE)
#define LONG_MAX_US   100 /* one takes less, unless the thread had to wait for its CPU */

/* What is to be counted of a frame that is going out, in one word to compare. */
union tx_event {
	struct {
		uint16_t received, sent;
		uint8_t family;
		uint8_t verdict; /* VERDICTS: not STUN, an outcome is counted */
		uint8_t outcome;
		uint8_t private_client;
	};
	uint64_t whole;
};

/* Frames in a row of which the same is to be counted: most of a burst is alike, so that the
 * counters need not be touched for each. */
struct run {
	union tx_event tx;
	unsigned int count;
};

struct burst {
	struct rte_mbuf *replies[DPDK_BURST];
	unsigned int replies_count;
	struct run runs[DPDK_BURST];
	unsigned int runs_count;
	struct rte_mbuf *punted[DPDK_BURST];
	unsigned int punted_count;
};

static uint32_t room(const struct rte_mbuf *mbuf)
{
	return (uint32_t)(mbuf->buf_len - mbuf->data_off);
}

static void resize(struct rte_mbuf *mbuf, size_t length)
{
	mbuf->data_len = (uint16_t)length;
	mbuf->pkt_len = (uint32_t)length;
}

/* Leaves one segment, the reply. */
static void cut(struct rte_mbuf *mbuf, size_t length)
{
	if (mbuf->nb_segs > 1) {
		rte_pktmbuf_free(mbuf->next);
		mbuf->next = NULL;
		mbuf->nb_segs = 1;
	}
	resize(mbuf, length);
}

/* Whether the first segment holds all that is ever read. */
static bool is_whole(struct rte_mbuf *mbuf)
{
	return mbuf->nb_segs == 1 || mbuf->data_len >= DPDK_RESPOND_READ ||
	       rte_pktmbuf_linearize(mbuf) == 0;
}

static void count_outcome(const struct dpdk_queue *queue, enum outcome outcome, uint64_t frames)
{
	queue->slot->outcomes[outcome] += frames;
}

static __rte_always_inline void tx_queue(struct burst *burst, struct rte_mbuf *mbuf,
					 union tx_event tx)
{
	unsigned int last = burst->runs_count - 1;

	burst->replies[burst->replies_count++] = mbuf;
	if (burst->runs_count && burst->runs[last].tx.whole == tx.whole)
		burst->runs[last].count++;
	else
		burst->runs[burst->runs_count++] = (struct run){tx, 1};
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
static void forward_or_drop(const struct dpdk_queue *queue, const struct policy *policy,
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
		cut(mbuf, length);
		tx_queue(burst, mbuf,
			 (union tx_event){.verdict = VERDICTS,
					  .outcome = neighbour_outcome(neighbour)});
	} else if (queue->punt != RTE_MAX_ETHPORTS && mbuf->pkt_len <= queue->punt_length) {
		burst->punted[burst->punted_count++] = mbuf;
	} else {
		/* A longer one would end the burst that is handed over. */
		count_outcome(queue,
			      queue->punt == RTE_MAX_ETHPORTS ? OUTCOME_DROPPED : OUTCOME_PUNT_FULL,
			      1);
		rte_pktmbuf_free(mbuf);
	}
}

static void respond_in(struct rte_mbuf *mbuf, const struct policy *policy, uint32_t options,
		       struct counters_event *event)
{
	/* Either the device has verified it, or the sender left it to devices. */
	if (mbuf->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_GOOD)
		options |= RESPONDER_VERIFIED;
	dpdk_respond(rte_pktmbuf_mtod(mbuf, uint8_t *), mbuf->pkt_len, room(mbuf), policy, options,
		     event);
}

/* Where senders beside the port leave UDP checksums to it, nobody behind could finish them. */
static void respond_to(const struct dpdk_queue *queue, const struct policy *policy,
		       struct rte_mbuf *mbuf, uint32_t options, struct counters_event *event)
{
	respond_in(mbuf, policy, options, event);
	if (event->verdict == VERDICT_PARTIAL_CHECKSUM && queue->local_senders)
		respond_in(mbuf, policy, options | RESPONDER_VERIFIED, event);
}

/* Turns oversize into an answer, in the share of time that is for it. */
static void answer_long(const struct dpdk_queue *queue, const struct policy *policy,
			struct rte_mbuf *mbuf, struct counters_event *event)
{
	uint64_t began = rte_rdtsc(), hz = rte_get_tsc_hz(), took;
	uint64_t saved_since = began - hz / 1000 * LONG_SAVED_MS;

	if (*queue->long_next > began || rte_pktmbuf_linearize(mbuf) < 0)
		return;
	respond_to(queue, policy, mbuf, RESPONDER_LONG, event);
	/* Precise: else the compiler may move the work behind it. */
	took = RTE_MIN(rte_rdtsc_precise() - began, hz / 1000000 * LONG_MAX_US);
	*queue->long_next = RTE_MAX(*queue->long_next, saved_since) + took * LONG_SHARE;
}

static void answer_full(const struct dpdk_queue *queue, const struct policy *policy,
			struct rte_mbuf *mbuf, struct counters_event *event)
{
	event->verdict = VERDICT_NO_ROOM;
	if (is_whole(mbuf))
		respond_to(queue, policy, mbuf, 0, event);
	if (event->verdict == VERDICT_OVERSIZE && queue->long_next)
		answer_long(queue, policy, mbuf, event);
}

/* The frame, of one segment by now, is the reply. */
static __rte_always_inline void send_back(struct rte_mbuf *mbuf, const struct counters_event *event,
					  struct burst *burst)
{
	resize(mbuf, event->sent);
	tx_queue(burst, mbuf,
		 (union tx_event){
			 .received = (uint16_t)event->received,
			 .sent = (uint16_t)event->sent,
			 .family = (uint8_t)event->family,
			 .verdict = (uint8_t)event->verdict,
			 .private_client = event->private_client,
		 });
}

/* What is not answered on the fast path: undecided yet, or refused there. */
static __rte_noinline void answer_otherwise(const struct dpdk_queue *queue,
					    const struct policy *policy, struct rte_mbuf *mbuf,
					    enum family family, enum verdict verdict,
					    struct burst *burst)
{
	struct counters_event event = {
		.family = family, .verdict = verdict, .received = mbuf->pkt_len};

	if (verdict == VERDICT_UNDECIDED)
		answer_full(queue, policy, mbuf, &event);
	if (event.sent) {
		cut(mbuf, event.sent);
		send_back(mbuf, &event, burst);
		return;
	}
	counters_record(&queue->slot->counters, &event, 1);
	forward_or_drop(queue, policy, mbuf, verdict_action(event.verdict), burst);
}

/* A frame of that family on the fast path: a constant, and with it all lengths. */
static __rte_always_inline enum verdict answer_fast(struct rte_mbuf *mbuf,
						    const struct policy *policy,
						    const struct packet *packet, enum family family,
						    struct burst *burst)
{
	const struct counters_event event = {
		.family = family,
		.verdict = VERDICT_SUCCESS,
		.received = fast_path_request_length(family),
		.sent = dpdk_respond_emit(rte_pktmbuf_mtod(mbuf, uint8_t *), room(mbuf), policy,
					  packet, family),
		.private_client = packet->binding.private_client,
	};

	if (!event.sent)
		return VERDICT_NO_ROOM;
	send_back(mbuf, &event, burst);
	return VERDICT_SUCCESS;
}

/* The fast path alone stands in the loop, so that it has the registers. */
static __rte_always_inline void answer(const struct dpdk_queue *queue, const struct policy *policy,
				       struct rte_mbuf *mbuf, struct burst *burst)
{
	const uint8_t *frame = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	enum verdict verdict = VERDICT_UNDECIDED;
	enum family fast = FAMILY_OTHER;
	struct packet packet;

	if (likely(mbuf->nb_segs == 1))
		verdict = responder_examine(frame, frame + mbuf->data_len, policy,
					    RESPONDER_FAST_ONLY, &packet, &fast);
	if (verdict == VERDICT_SUCCESS && fast == FAMILY_IPV4)
		verdict = answer_fast(mbuf, policy, &packet, FAMILY_IPV4, burst);
	else if (verdict == VERDICT_SUCCESS)
		verdict = answer_fast(mbuf, policy, &packet, FAMILY_IPV6, burst);
	if (unlikely(verdict != VERDICT_SUCCESS))
		answer_otherwise(queue, policy, mbuf, fast, verdict, burst);
}

static bool is_other_host(const struct dpdk_queue *queue, const struct rte_mbuf *mbuf)
{
	const struct rte_ether_hdr *ethernet = rte_pktmbuf_mtod(mbuf, const struct rte_ether_hdr *);

	return mbuf->data_len >= sizeof(*ethernet) &&
	       !rte_is_multicast_ether_addr(&ethernet->dst_addr) &&
	       !rte_is_same_ether_addr(&ethernet->dst_addr, &queue->mac);
}

static void count_tx(const struct dpdk_queue *queue, union tx_event tx, uint32_t count, bool sent)
{
	const struct counters_event event = {
		.family = (enum family)tx.family,
		.verdict = (enum verdict)tx.verdict,
		.received = tx.received,
		.sent = tx.sent,
		.private_client = tx.private_client,
	};

	if (tx.verdict == VERDICTS)
		count_outcome(queue, sent ? tx.outcome : OUTCOME_UNSENT, count);
	else
		counters_record_reply(&queue->slot->counters, &event, count, sent);
}

static void send_replies(const struct dpdk_queue *queue, const struct burst *burst)
{
	unsigned int count = burst->replies_count, taken, left;

	left = taken = rte_eth_tx_burst(queue->port, queue->queue,
					(struct rte_mbuf **)burst->replies, (uint16_t)count);
	for (unsigned int i = 0; i < burst->runs_count; i++) {
		const struct run *run = &burst->runs[i];
		unsigned int sent = RTE_MIN(run->count, left);

		count_tx(queue, run->tx, sent, true);
		if (unlikely(sent < run->count))
			count_tx(queue, run->tx, run->count - sent, false);
		left -= sent;
	}
	if (unlikely(taken < count))
		rte_pktmbuf_free_bulk((struct rte_mbuf **)burst->replies + taken, count - taken);
}

/* Hands frames to a port as they are. */
static void pass(const struct dpdk_queue *queue, uint16_t port, struct rte_mbuf **frames,
		 unsigned int count, enum outcome passed, enum outcome full)
{
	unsigned int taken = rte_eth_tx_burst(port, queue->queue, frames, (uint16_t)count);

	count_outcome(queue, passed, taken);
	if (taken == count)
		return;
	count_outcome(queue, full, count - taken);
	rte_pktmbuf_free_bulk(frames + taken, count - taken);
}

void dpdk_worker_answer(const struct dpdk_queue *queue, const struct policy *policy,
			struct rte_mbuf **frames, unsigned int count)
{
	struct burst burst;
	unsigned int i;

	burst.replies_count = burst.runs_count = burst.punted_count = 0;
	for (i = 0; i < count; i++)
		rte_prefetch0(rte_pktmbuf_mtod(frames[i], void *));
	for (i = 0; i < count; i++) {
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
static bool poll_queue(const struct dpdk_queue *queue, const struct policy *policy)
{
	struct rte_mbuf *frames[DPDK_BURST];
	unsigned int received, relayed = 0;

	received = rte_eth_rx_burst(queue->port, queue->queue, frames, DPDK_BURST);
	if (received)
		dpdk_worker_answer(queue, policy, frames, received);
	if (queue->punt == RTE_MAX_ETHPORTS)
		return received;
	relayed = rte_eth_rx_burst(queue->punt, queue->queue, frames, DPDK_BURST);
	if (relayed)
		pass(queue, queue->port, frames, relayed, OUTCOME_RELAYED, OUTCOME_RELAY_FULL);
	return received || relayed;
}

/* @rounds: so many in a row in which nothing arrived */
static void rest(unsigned int rounds, bool sleep)
{
	const struct timespec time = {.tv_nsec = rounds < ROUNDS_AWAKE + NAPS_SHORT ? NAP_NS
										    : LONG_NAP_NS};

	if (sleep && rounds >= ROUNDS_AWAKE)
		nanosleep(&time, NULL);
	else
		rte_pause();
}

int dpdk_worker_run(void *argument)
{
	struct dpdk_worker *worker = argument;
	unsigned int idle = 0; /* rounds */

	prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0); /* else a nap is twice as long */
	while (!__atomic_load_n(worker->stop, __ATOMIC_RELAXED)) {
		const struct dpdk_policy *active =
			__atomic_load_n(worker->active, __ATOMIC_ACQUIRE);
		bool busy = false;

		for (unsigned int i = 0; i < worker->queues_count; i++)
			busy |= poll_queue(&worker->queues[i], &active->policy);
		idle = busy ? 0 : idle + (idle < UINT_MAX);
		if (idle)
			rest(idle, active->sleep);
		__atomic_store_n(&worker->rounds, worker->rounds + 1, __ATOMIC_RELEASE);
	}
	return 0;
}
