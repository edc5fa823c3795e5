// SPDX-License-Identifier: BSD-2-Clause
#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "corpus.h"
#include "judge.h"

#define WINDOW	   32	 /* frames, and the sentinel behind them */
#define PATIENCE   20000 /* ms for the sentinel's reply */
#define STRAGGLERS 300	 /* ms for what nobody asked for */

struct run {
	struct wire *wire;
	const struct corpus *corpus;
	const struct oracle_config *config;
	struct capture sent, came;
	size_t window; /* the first frame of sent that is not on the wire yet */
	uint32_t sentinels;
	struct oracle_answer wanted; /* for the last of them */
	unsigned long left_out;
};

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A request that is answered for certain, with a transaction ID of its own. */
static void add_sentinel(struct run *run)
{
	static struct frame frame;
	uint8_t bytes[FRAME_MAX];
	uint32_t number = htonl(++run->sentinels);
	size_t length;

	frame_init(&frame, run->sentinels & 1 ? 4 : 6);
	frame_stun(&frame, 0x0001, true);
	memcpy(frame.payload + 16, &number, sizeof(number));
	length = frame_build(&frame, bytes, sizeof(bytes));
	corpus_address(run->corpus, bytes, length);
	oracle_decide(run->config, bytes, length, &run->wanted);
	capture_add(&run->sent, bytes, length);
}

/* What a kernel at the other end says of its own accord goes to groups; a reply does only where it
 * is an advertisement to all nodes. */
static bool is_chatter(const uint8_t *frame)
{
	static const uint8_t all_nodes[] = {0x33, 0x33, 0, 0, 0, 1};

	return frame[0] & 1 && memcmp(frame, all_nodes, sizeof(all_nodes)) != 0;
}

/*
 * Takes what comes until the sentinel's reply has, or nothing more does.
 * Return: 0, -ETIMEDOUT where none did in time, or another -errno.
 */
static int receive_window(struct run *run, int patience)
{
	static uint8_t frame[CAPTURE_FRAME_MAX];
	long deadline = now_ms() + patience;

	for (;;) {
		long left = deadline - now_ms();
		int length =
			left <= 0 ? 0
				  : run->wire->receive(run->wire, frame, sizeof(frame), (int)left);

		if (length < 0)
			return length;
		if (left <= 0)
			return -ETIMEDOUT;
		if (!length || is_chatter(frame))
			continue;
		capture_add(&run->came, frame, (size_t)length);
		if ((size_t)length == run->wanted.reply_length &&
		    !memcmp(frame, run->wanted.reply, (size_t)length))
			return 0;
	}
}

static int send_window(struct run *run)
{
	struct raw_frame frames[WINDOW + 1];
	size_t count;
	int r;

	add_sentinel(run);
	count = run->sent.count - run->window;
	for (size_t i = 0; i < count; i++) {
		const struct capture_frame *frame = &run->sent.frames[run->window + i];

		frames[i] = (struct raw_frame){frame->length, frame->bytes};
	}
	run->window = run->sent.count;
	r = run->wire->send(run->wire, frames, count);
	return r ? r : receive_window(run, PATIENCE);
}

static unsigned be16(const uint8_t *bytes)
{
	return (unsigned)bytes[0] << 8 | bytes[1];
}

/*
 * What net_af_packet does not take as it is: of an outer 802.1ad tag it makes one of 802.1Q, and
 * for it the kernel keeps IPv4 fragments until they are whole (PACKET_FANOUT_FLAG_DEFRAG).
 */
static bool changed_by_af_packet(const uint8_t *frame, size_t length)
{
	size_t ip = length >= 18 && be16(frame + 12) == 0x8100 ? 18 : 14;

	if (length < ip + 8)
		return false;
	return be16(frame + 12) == 0x88a8 ||
	       (be16(frame + ip - 2) == 0x0800 && be16(frame + ip + 6) & 0x3fff);
}

/* Padded frames get their address at last, as the padding may be a part of it. */
static void add(struct run *run, const struct capture_frame *frame)
{
	uint8_t padded[MIN_FRAME_MAX] = {0};
	const uint8_t *bytes = frame->bytes;
	size_t length = frame->length;

	if (length < run->wire->min) {
		memcpy(padded, bytes, length);
		bytes = padded;
		length = run->wire->min;
		corpus_address(run->corpus, padded, length);
	}
	if (length > run->wire->max ||
	    (run->corpus->af_packet && changed_by_af_packet(bytes, length)))
		run->left_out++;
	else
		capture_add(&run->sent, bytes, length);
}

static int carry(struct run *run, const struct capture *corpus)
{
	int r = 0;

	for (size_t i = 0; i < corpus->count && !r; i++) {
		add(run, &corpus->frames[i]);
		if (run->sent.count - run->window == WINDOW)
			r = send_window(run);
	}
	if (!r)
		r = send_window(run);
	if (r)
		return r;
	run->wanted.reply_length = 0;
	r = receive_window(run, STRAGGLERS);
	return r == -ETIMEDOUT ? 0 : r;
}

/* What was on the wire, for a look at it or for the counters. */
static int keep(const struct capture *capture, const char *path)
{
	return path ? capture_write(capture, path) : 0;
}

int wire_run(struct wire *wire, const struct options *options)
{
	struct run run = {
		.wire = wire,
		.corpus = &options->corpus,
		.config = cases_config(options->corpus.which),
	};
	struct capture corpus = {0};
	int r, bad;

	if (options->min_frame > wire->min)
		wire->min = options->min_frame;
	corpus_make(&options->corpus, &corpus);
	r = carry(&run, &corpus);
	if (r)
		printf("fail wire in the window before frame %zu: %s\n", run.sent.count,
		       r == -ETIMEDOUT ? "no reply to the request that ends it" : strerror(-r));
	else
		printf("pass wire %u windows, %lu frames left out\n", run.sentinels, run.left_out);
	bad = judge_replies(run.corpus, &run.sent, &run.came);
	if (keep(&run.sent, options->sent) || keep(&run.came, options->came))
		bad = 1;
	capture_free(&run.sent);
	capture_free(&run.came);
	capture_free(&corpus);
	return r || bad ? 1 : 0;
}
