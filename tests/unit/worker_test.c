// SPDX-License-Identifier: BSD-2-Clause
/* A worker of reflex-dpdk and its buffers: whatever ports take or leave, each frame is counted as
 * what became of it, and each buffer comes back. The ports are two functions of this file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the four above before it. */
#include <cmocka.h>

#include "dpdk_worker.h"
#include "oracle/frames.h"
#include "policy_build.h"

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PORT	0
#define PUNT	1
#define BUFFERS 127
#define ROOM	2048 /* of a buffer, behind its headroom */

static struct rte_mempool *pool;
static struct policy policy;
static struct segment_slot slot;
static struct dpdk_queue queue;
static struct rte_mbuf *frames[DPDK_BURST];
static unsigned int count;

/* --- ports --- */

struct fake {
	unsigned int takes; /* so many of a burst */
	struct rte_mbuf *taken[DPDK_BURST];
	unsigned int taken_count;
};

static struct fake fakes[2];

static uint16_t send_burst(void *data, struct rte_mbuf **mbufs, uint16_t length)
{
	struct fake *fake = data;
	uint16_t taken = (uint16_t)RTE_MIN(fake->takes, length);

	for (uint16_t i = 0; i < taken; i++)
		fake->taken[i] = mbufs[i];
	fake->taken_count = taken;
	return taken;
}

static void make_ports(void)
{
	static void *queues[2], *callbacks[1];

	for (int i = 0; i < 2; i++) {
		queues[i] = &fakes[i];
		rte_eth_fp_ops[i].tx_pkt_burst = send_burst;
		rte_eth_fp_ops[i].txq.data = &queues[i];
		rte_eth_fp_ops[i].txq.clbk = callbacks;
	}
}

/* --- frames --- */

static int begin(void **state)
{
	static struct policy_service services[2];
	struct policy_settings settings = {
		.mirror_fingerprint = true,
		.low_source_ports = true,
	};

	(void)state;
	services[0] = (struct policy_service){.family = FAMILY_IPV4, .port = 3478};
	services[1] = (struct policy_service){.family = FAMILY_IPV6, .port = 3478};
	frame_address(services[0].address, "203.0.113.10");
	frame_address(services[1].address, "2001:db8::10");
	assert_int_equal(policy_build(&policy, &settings, services, 2, NULL), 0);
	memset(&slot, 0, sizeof(slot));
	memset(fakes, 0, sizeof(fakes));
	fakes[PORT].takes = fakes[PUNT].takes = DPDK_BURST;
	queue = (struct dpdk_queue){
		.port = PORT, .punt = RTE_MAX_ETHPORTS, .punt_length = 1522, .slot = &slot};
	memcpy(queue.mac.addr_bytes, "\x52\x54\x00\x12\x34\x56", 6); /* as frame_init asks */
	count = 0;
	return 0;
}

/* Every buffer must be back once those that ports took are. */
static int end(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++)
		rte_pktmbuf_free_bulk(fakes[i].taken, fakes[i].taken_count);
	assert_int_equal(rte_mempool_avail_count(pool), BUFFERS);
	return 0;
}

static struct rte_mbuf *add(const uint8_t *bytes, size_t length)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);
	char *to = rte_pktmbuf_append(mbuf, (uint16_t)length);

	assert_non_null(to);
	memcpy(to, bytes, length);
	frames[count++] = mbuf;
	return mbuf;
}

static struct rte_mbuf *add_request_as(int family, const char *attributes, bool partial)
{
	uint8_t bytes[FRAME_MAX];
	struct frame frame;
	size_t length;

	frame_init(&frame, family);
	frame_stun(&frame, 0x0001, true);
	frame_attributes(&frame, attributes);
	frame.udp_partial = partial;
	length = frame_build(&frame, bytes, sizeof(bytes));
	return add(bytes, length);
}

static struct rte_mbuf *add_request(int family, const char *attributes)
{
	return add_request_as(family, attributes, false);
}

/* To a port that is no service's. */
static struct rte_mbuf *add_foreign(void)
{
	uint8_t bytes[FRAME_MAX];
	struct frame frame;
	size_t length;

	frame_init(&frame, 4);
	frame_stun(&frame, 0x0001, true);
	frame.destination_port = 53;
	length = frame_build(&frame, bytes, sizeof(bytes));
	return add(bytes, length);
}

static struct rte_mbuf *add_ping(void)
{
	static const uint8_t echo[] = {8, 0, 0, 0, 0x12, 0x34, 0, 1};
	uint8_t bytes[FRAME_MAX];
	struct frame frame;
	size_t length;

	frame_init(&frame, 4);
	frame_payload(&frame, "", 0);
	frame.protocol = 1;
	length = frame_build(&frame, bytes, sizeof(bytes));
	memcpy(bytes + 34, echo, sizeof(echo)); /* in UDP's place */
	frame_fix_icmp(bytes, length);
	return add(bytes, length);
}

static void run(void)
{
	dpdk_worker_answer(&queue, &policy, frames, count);
	count = 0;
}

static uint64_t packets(enum family family, enum verdict verdict)
{
	return slot.counters.packets[family][verdict];
}

static uint64_t all_packets(void)
{
	uint64_t sum = 0;

	for (int family = 0; family < FAMILIES; family++)
		for (int verdict = 0; verdict < VERDICTS_MAX; verdict++)
			sum += slot.counters.packets[family][verdict];
	return sum;
}

/* --- tests --- */

static void sends_what_the_port_takes(void **state)
{
	(void)state;
	for (int i = 0; i < 8; i++) {
		add_request(4, "");
		add_request(6, "");
		add_request(4, "F");
		add_request(6, "7000");
	}
	run();
	assert_int_equal(fakes[PORT].taken_count, 32);
	assert_int_equal(packets(FAMILY_IPV4, VERDICT_SUCCESS), 16);
	assert_int_equal(packets(FAMILY_IPV6, VERDICT_SUCCESS), 8);
	assert_int_equal(packets(FAMILY_IPV6, VERDICT_UNKNOWN_ATTRIBUTE), 8);
	assert_int_equal(all_packets(), 32);
	assert_int_equal(slot.counters.bytes[FAMILY_IPV4][DIRECTION_RX], 8 * (62 + 70));
	assert_int_equal(slot.counters.bytes[FAMILY_IPV4][DIRECTION_TX], 8 * (74 + 82));
	for (int i = 0; i < 32; i++)
		assert_int_equal(fakes[PORT].taken[i]->pkt_len, fakes[PORT].taken[i]->data_len);
}

/* The first three of these runs go out whole, of the fourth one frame. */
static void counts_and_frees_what_the_port_leaves(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		add_request(4, "");
	for (int i = 0; i < 2; i++)
		add_request(6, "F");
	for (int i = 0; i < 2; i++)
		add_request(4, "7000");
	for (int i = 0; i < 6; i++)
		add_request(6, "");
	for (int i = 0; i < 4; i++)
		add_request(4, "");
	fakes[PORT].takes = 15;
	run();
	assert_int_equal(packets(FAMILY_IPV4, VERDICT_SUCCESS), 10);
	assert_int_equal(packets(FAMILY_IPV6, VERDICT_SUCCESS), 2 + 1);
	assert_int_equal(packets(FAMILY_IPV4, VERDICT_UNKNOWN_ATTRIBUTE), 2);
	assert_int_equal(packets(FAMILY_IPV6, VERDICT_UNSENT), 5);
	assert_int_equal(packets(FAMILY_IPV4, VERDICT_UNSENT), 4);
	assert_int_equal(all_packets(), 24);
	assert_int_equal(slot.counters.bytes[FAMILY_IPV6][DIRECTION_RX], 2 * 90 + 6 * 82);
	assert_int_equal(slot.counters.bytes[FAMILY_IPV6][DIRECTION_TX], 2 * 114 + 106);
}

static void takes_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < 32; i++)
		add_request(4, "");
	fakes[PORT].takes = 0;
	run();
	assert_int_equal(packets(FAMILY_IPV4, VERDICT_UNSENT), 32);
	assert_int_equal(slot.counters.bytes[FAMILY_IPV4][DIRECTION_TX], 0);
}

static void answers_pings_in_the_same_burst(void **state)
{
	(void)state;
	for (int i = 0; i < 8; i++) {
		add_ping();
		add_request(4, "");
	}
	fakes[PORT].takes = 9;
	run();
	assert_int_equal(slot.outcomes[OUTCOME_ECHO], 5);
	assert_int_equal(slot.outcomes[OUTCOME_UNSENT], 3);
	assert_int_equal(packets(FAMILY_IPV4, VERDICT_NOT_UDP), 8);
	assert_int_equal(packets(FAMILY_IPV4, VERDICT_SUCCESS), 4);
	assert_int_equal(packets(FAMILY_IPV4, VERDICT_UNSENT), 4);
}

static void drops_what_nobody_wants(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++)
		add_foreign();
	run();
	assert_int_equal(packets(FAMILY_IPV4, VERDICT_NOT_SERVICE), 20);
	assert_int_equal(slot.outcomes[OUTCOME_DROPPED], 20);
	assert_int_equal(fakes[PORT].taken_count + fakes[PUNT].taken_count, 0);
}

static void punts_as_it_came(void **state)
{
	uint8_t before[FRAME_MAX];
	uint16_t length;

	(void)state;
	queue.punt = PUNT;
	fakes[PUNT].takes = 15;
	length = add_foreign()->data_len;
	memcpy(before, rte_pktmbuf_mtod(frames[0], uint8_t *), length);
	for (int i = 1; i < 20; i++)
		add_foreign();
	run();
	assert_int_equal(slot.outcomes[OUTCOME_PUNTED], 15);
	assert_int_equal(slot.outcomes[OUTCOME_PUNT_FULL], 5);
	assert_int_equal(fakes[PUNT].taken[0]->data_len, length);
	assert_memory_equal(rte_pktmbuf_mtod(fakes[PUNT].taken[0], uint8_t *), before, length);
}

/* The driver of a TAP would drop what comes behind it too. */
static void punts_around_what_is_too_long(void **state)
{
	uint8_t zeros[1600] = {0};

	(void)state;
	queue.punt = PUNT;
	add(zeros, 1522);
	add(zeros, 1523);
	add_foreign();
	run();
	assert_int_equal(slot.outcomes[OUTCOME_PUNTED], 2);
	assert_int_equal(slot.outcomes[OUTCOME_PUNT_FULL], 1);
}

static void drops_or_punts_what_is_refused(void **state)
{
	(void)state;
	queue.punt = PUNT;
	for (int pass = 0; pass < 2; pass++) {
		policy.pass_refused = (uint8_t)pass;
		add_request(4, "F!");
		run();
		assert_int_equal(packets(FAMILY_IPV4, VERDICT_WRONG_FINGERPRINT), pass + 1);
		assert_int_equal(fakes[PUNT].taken_count, pass);
	}
	assert_int_equal(slot.outcomes[OUTCOME_PUNTED], 1);
}

static void leaves_what_is_for_another_host(void **state)
{
	(void)state;
	queue.filter = true;
	for (int i = 0; i < 3; i++)
		add_request(4, "");
	rte_pktmbuf_mtod(frames[1], uint8_t *)[5] ^= 1;
	rte_pktmbuf_mtod(frames[2], uint8_t *)[0] |= 1; /* a group */
	run();
	assert_int_equal(packets(FAMILY_IPV4, VERDICT_SUCCESS), 1);
	assert_int_equal(packets(FAMILY_IPV4, VERDICT_LINK_ADDRESS), 1);
	assert_int_equal(slot.outcomes[OUTCOME_OTHER_HOST], 1);
	assert_int_equal(all_packets(), 2);
}

static void believes_what_the_device_verified(void **state)
{
	static const uint64_t flags[] = {RTE_MBUF_F_RX_L4_CKSUM_GOOD, RTE_MBUF_F_RX_L4_CKSUM_NONE,
					 RTE_MBUF_F_RX_L4_CKSUM_BAD,
					 RTE_MBUF_F_RX_L4_CKSUM_UNKNOWN};

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct rte_mbuf *mbuf = add_request(i % 2 ? 6 : 4, i < 2 ? "" : "F");

		rte_pktmbuf_mtod(mbuf, uint8_t *)[i % 2 ? 60 : 40] ^= 0xff; /* its UDP checksum */
		mbuf->ol_flags = flags[i];
	}
	run();
	assert_int_equal(fakes[PORT].taken_count, 2);
	assert_int_equal(fakes[PORT].taken[0]->pkt_len, 74);
	assert_int_equal(fakes[PORT].taken[1]->pkt_len, 106);
	assert_int_equal(packets(FAMILY_IPV4, VERDICT_UDP_CHECKSUM), 1);
	assert_int_equal(packets(FAMILY_IPV6, VERDICT_UDP_CHECKSUM), 1);
}

/* A frame in two buffers: the first has so many bytes of the request, the second all else. */
static void add_chain(size_t first, size_t trailer)
{
	struct rte_mbuf *mbuf = add_request(4, ""), *next = rte_pktmbuf_alloc(pool);
	size_t rest = mbuf->data_len > first ? mbuf->data_len - first : 0;
	char *to = rte_pktmbuf_append(next, (uint16_t)(rest + trailer));

	assert_non_null(to);
	memset(to, 0, rest + trailer);
	memcpy(to, rte_pktmbuf_mtod_offset(mbuf, char *, first), rest);
	rte_pktmbuf_trim(mbuf, (uint16_t)rest);
	if (!rest) {
		to = rte_pktmbuf_append(mbuf, (uint16_t)(first - mbuf->data_len));
		assert_non_null(to);
	}
	assert_int_equal(rte_pktmbuf_chain(mbuf, next), 0);
}

static void answers_frames_in_pieces(void **state)
{
	(void)state;
	add_chain(500, 900); /* all that matters is in the first */
	add_chain(20, 100);  /* fits into the first */
	run();
	assert_int_equal(packets(FAMILY_IPV4, VERDICT_SUCCESS), 2);
	assert_int_equal(slot.counters.bytes[FAMILY_IPV4][DIRECTION_RX], 1400 + 162);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(fakes[PORT].taken[i]->nb_segs, 1);
		assert_int_equal(fakes[PORT].taken[i]->pkt_len, 74);
	}
}

static void gives_up_where_there_is_no_room(void **state)
{
	(void)state;
	add_chain(20, ROOM - 42); /* does not fit into the first */
	/* Headers moved to the end of the buffer: nothing can grow. */
	add_request(4, "");
	frames[1]->data_off = (uint16_t)(frames[1]->buf_len - 62);
	memmove(rte_pktmbuf_mtod(frames[1], char *),
		(char *)frames[1]->buf_addr + RTE_PKTMBUF_HEADROOM, 62);
	run();
	assert_int_equal(packets(FAMILY_OTHER, VERDICT_NO_ROOM), 1);
	assert_int_equal(packets(FAMILY_IPV4, VERDICT_NO_ROOM), 1);
	assert_int_equal(slot.outcomes[OUTCOME_DROPPED], 2);
}

/* The replies to two requests that differ in what a reply does not show. */
static void assert_same_reply(unsigned int one, unsigned int other)
{
	const struct rte_mbuf *a = fakes[PORT].taken[one], *b = fakes[PORT].taken[other];

	assert_int_equal(a->pkt_len, b->pkt_len);
	assert_memory_equal(rte_pktmbuf_mtod(a, char *), rte_pktmbuf_mtod(b, char *), a->pkt_len);
}

/* All is left to the senders' kernel; XDP would have it finish the checksum, here nobody can. */
static void finishes_checksums_of_local_senders(void **state)
{
	uint64_t long_next = 0;

	(void)state;
	queue.local_senders = true;
	queue.long_next = &long_next;
	for (int partial = 0; partial < 2; partial++) {
		add_request_as(4, "", partial);
		add_request_as(6, "F", partial);
		add_request_as(4, "8022/600 F", partial);
	}
	add_request_as(4, "", true);
	rte_pktmbuf_mtod(frames[6], uint8_t *)[40] ^= 1; /* its UDP checksum */
	run();
	assert_int_equal(fakes[PORT].taken_count, 6);
	for (unsigned int i = 0; i < 3; i++)
		assert_same_reply(i, 3 + i);
	assert_int_equal(packets(FAMILY_IPV4, VERDICT_SUCCESS), 4);
	assert_int_equal(packets(FAMILY_IPV6, VERDICT_SUCCESS), 2);
	assert_int_equal(packets(FAMILY_IPV4, VERDICT_UDP_CHECKSUM), 1);
	assert_int_equal(all_packets(), 7);
}

static void leaves_partial_checksums_from_a_wire(void **state)
{
	(void)state;
	add_request_as(4, "", true);
	add_request_as(6, "", true);
	run();
	assert_int_equal(packets(FAMILY_IPV4, VERDICT_PARTIAL_CHECKSUM), 1);
	assert_int_equal(packets(FAMILY_IPV6, VERDICT_PARTIAL_CHECKSUM), 1);
	assert_int_equal(slot.outcomes[OUTCOME_DROPPED], 2);
	assert_int_equal(fakes[PORT].taken_count, 0);
}

static void answers_long_requests(void **state)
{
	uint64_t long_next = 0;

	(void)state;
	queue.long_next = &long_next;
	add_request(4, "F");
	add_request(6, "7000");
	add_request(4, "8022/600 F");
	add_request(6, "8022/1400 7000");
	add_request(4, "8022/600 F!");
	add_request(4, "8022/600");
	rte_pktmbuf_mtod(frames[5], uint8_t *)[600] ^= 1;
	run();
	assert_int_equal(fakes[PORT].taken_count, 4);
	assert_same_reply(0, 2);
	assert_same_reply(1, 3);
	assert_int_equal(packets(FAMILY_IPV4, VERDICT_SUCCESS), 2);
	assert_int_equal(packets(FAMILY_IPV6, VERDICT_UNKNOWN_ATTRIBUTE), 2);
	assert_int_equal(packets(FAMILY_IPV4, VERDICT_WRONG_FINGERPRINT), 1);
	assert_int_equal(packets(FAMILY_IPV4, VERDICT_UDP_CHECKSUM), 1);
	assert_int_equal(all_packets(), 6);
	assert_true(long_next > 0);
}

/* The second piece has half of its attributes. */
static void answers_long_requests_in_pieces(void **state)
{
	struct rte_mbuf *whole, *next = rte_pktmbuf_alloc(pool);
	uint64_t long_next = 0;
	char *to = rte_pktmbuf_append(next, 300);

	(void)state;
	queue.long_next = &long_next;
	whole = add_request(4, "8022/600");
	memcpy(to, rte_pktmbuf_mtod_offset(whole, char *, whole->data_len - 300), 300);
	rte_pktmbuf_trim(whole, 300);
	assert_int_equal(rte_pktmbuf_chain(whole, next), 0);
	run();
	assert_int_equal(packets(FAMILY_IPV4, VERDICT_SUCCESS), 1);
	assert_int_equal(fakes[PORT].taken[0]->nb_segs, 1);
	assert_int_equal(fakes[PORT].taken[0]->pkt_len, 74);
}

static void punts_long_requests(void **state)
{
	(void)state;
	queue.punt = PUNT;
	add_request(4, "8022/600 F");
	run();
	assert_int_equal(packets(FAMILY_IPV4, VERDICT_OVERSIZE), 1);
	assert_int_equal(slot.outcomes[OUTCOME_PUNTED], 1);
}

/* With nothing saved up, each takes as much time again seven times before the next. */
static void bounds_the_time_of_long_requests(void **state)
{
	uint64_t long_next, answered;

	(void)state;
	queue.long_next = &long_next;
	for (int i = 0; i < DPDK_BURST; i++)
		add_request(4, "8022/1400 F");
	long_next = rte_rdtsc();
	run();
	answered = packets(FAMILY_IPV4, VERDICT_SUCCESS);
	assert_int_equal(answered, fakes[PORT].taken_count);
	assert_true(answered > 0 && answered < DPDK_BURST / 2);
	assert_int_equal(packets(FAMILY_IPV4, VERDICT_OVERSIZE), DPDK_BURST - answered);
	assert_int_equal(slot.outcomes[OUTCOME_DROPPED], DPDK_BURST - answered);
}

/* However long nobody asked, what is saved up is soon used. Making a frame takes less time than
 * answering it. */
static void saves_up_a_bounded_time(void **state)
{
	uint64_t long_next = 0, answered = 0;
	unsigned int bursts = 0;
	uint8_t bytes[FRAME_MAX];
	size_t length;

	(void)state;
	queue.long_next = &long_next;
	length = add_request(4, "8022/1400 F")->data_len;
	memcpy(bytes, rte_pktmbuf_mtod(frames[0], uint8_t *), length);
	while (!packets(FAMILY_IPV4, VERDICT_OVERSIZE)) {
		assert_true(bursts++ < 100000);
		while (count < DPDK_BURST)
			add(bytes, length);
		run();
		rte_pktmbuf_free_bulk(fakes[PORT].taken, fakes[PORT].taken_count);
		answered += fakes[PORT].taken_count;
		fakes[PORT].taken_count = 0;
	}
	assert_int_equal(packets(FAMILY_IPV4, VERDICT_SUCCESS), answered);
	assert_true(answered >= DPDK_BURST);
}

/* One of each kind of frame from a private address; of the last burst none is taken. */
static void counts_private_clients(void **state)
{
	(void)state;
	for (int sent = 1; sent >= 0; sent--) {
		fakes[PORT].takes = sent ? DPDK_BURST : 0;
		for (int i = 0; i < 6; i++) {
			uint8_t bytes[FRAME_MAX];
			struct frame frame;
			size_t length;

			frame_init(&frame, i % 2 ? 6 : 4);
			frame_address(frame.source, i % 2 ? "fd00::7" : "192.168.0.7");
			frame_stun(&frame, 0x0001, true);
			frame_attributes(&frame, i < 2 ? "" : i < 4 ? "F" : "7000");
			length = frame_build(&frame, bytes, sizeof(bytes));
			add(bytes, length);
		}
		add_request(4, "");
		add_request(6, "F");
		run();
		if (sent) {
			assert_int_equal(fakes[PORT].taken_count, 8);
			rte_pktmbuf_free_bulk(fakes[PORT].taken, fakes[PORT].taken_count);
		}
	}
	assert_int_equal(fakes[PORT].taken_count, 0);
	assert_int_equal(slot.counters.packets[COUNTERS_EXTRA][COUNTERS_PRIVATE_CLIENTS], 4);
	assert_int_equal(packets(FAMILY_IPV4, VERDICT_SUCCESS), 3);
	assert_int_equal(all_packets(), 16);
}

static int start_eal(void)
{
	char prefix[32], lcore[16]; /* the CPUs that it may use need not begin at 0 */
	char *arguments[] = {"worker_test", "--no-huge",	"-m",	    "16",  "--no-pci",
			     "--no-shconf", "--no-telemetry",	"--lcores", lcore, "--file-prefix",
			     prefix,	    "--log-level=error"};

	snprintf(lcore, sizeof(lcore), "0@%d", sched_getcpu());
	snprintf(prefix, sizeof(prefix), "reflex-test-%d", getpid());
	return rte_eal_init(RTE_DIM(arguments), arguments);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sends_what_the_port_takes, begin, end),
		cmocka_unit_test_setup_teardown(counts_and_frees_what_the_port_leaves, begin, end),
		cmocka_unit_test_setup_teardown(takes_nothing, begin, end),
		cmocka_unit_test_setup_teardown(answers_pings_in_the_same_burst, begin, end),
		cmocka_unit_test_setup_teardown(drops_what_nobody_wants, begin, end),
		cmocka_unit_test_setup_teardown(punts_as_it_came, begin, end),
		cmocka_unit_test_setup_teardown(punts_around_what_is_too_long, begin, end),
		cmocka_unit_test_setup_teardown(drops_or_punts_what_is_refused, begin, end),
		cmocka_unit_test_setup_teardown(leaves_what_is_for_another_host, begin, end),
		cmocka_unit_test_setup_teardown(believes_what_the_device_verified, begin, end),
		cmocka_unit_test_setup_teardown(answers_frames_in_pieces, begin, end),
		cmocka_unit_test_setup_teardown(gives_up_where_there_is_no_room, begin, end),
		cmocka_unit_test_setup_teardown(finishes_checksums_of_local_senders, begin, end),
		cmocka_unit_test_setup_teardown(leaves_partial_checksums_from_a_wire, begin, end),
		cmocka_unit_test_setup_teardown(answers_long_requests, begin, end),
		cmocka_unit_test_setup_teardown(answers_long_requests_in_pieces, begin, end),
		cmocka_unit_test_setup_teardown(punts_long_requests, begin, end),
		cmocka_unit_test_setup_teardown(bounds_the_time_of_long_requests, begin, end),
		cmocka_unit_test_setup_teardown(saves_up_a_bounded_time, begin, end),
		cmocka_unit_test_setup_teardown(counts_private_clients, begin, end),
	};
	int failed;

	if (start_eal() < 0)
		return 1;
	pool = rte_pktmbuf_pool_create("test", BUFFERS, 0, 0, RTE_PKTMBUF_HEADROOM + ROOM, 0);
	if (!pool)
		return 1;
	make_ports();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(rte_eal_get_runtime_dir());
	rte_eal_cleanup();
	return failed;
}
