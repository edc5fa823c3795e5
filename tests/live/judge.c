// SPDX-License-Identifier: BSD-2-Clause
#include "judge.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define SHOWN	   10	 /* failures */
#define PATIENCE   15000 /* ms for a reply */
#define STRAGGLERS 300	 /* ms for what nobody asked for */

void judge_print(const char *what, const uint8_t *bytes, size_t length)
{
	printf("    %s (%zu):", what, length);
	for (size_t i = 0; i < length && i < 160; i++)
		printf("%s%02x", i % 4 ? "" : " ", bytes[i]);
	printf("\n");
}

static void complain(struct judge *judge, const struct judge_entry *entry, const char *why,
		     const uint8_t *came, size_t length)
{
	if (judge->failures++ >= SHOWN)
		return;
	printf("  %s%s%s\n", entry ? entry->name : "", entry ? ": " : "", why);
	if (entry) {
		judge_print("sent    ", entry->frame, entry->length);
		judge_print("expected", entry->reply, entry->reply_length);
	}
	if (came)
		judge_print("came    ", came, length);
}

int judge_open(struct judge *judge, const char *interface, const struct oracle_config *config,
	       size_t burst)
{
	memset(judge, 0, sizeof(*judge));
	judge->config = config;
	judge->burst = burst;
	return raw_open(&judge->raw, interface);
}

static void enqueue(struct judge *judge, const char *name, const uint8_t *frame, size_t length,
		    const struct oracle_answer *answer)
{
	struct judge_entry *entry = &judge->queue[judge->queued++];

	snprintf(entry->name, sizeof(entry->name), "%s: %s", name, answer->verdict);
	memcpy(entry->frame, frame, length);
	entry->length = length;
	entry->reply_length = answer->reply_length;
	memcpy(entry->reply, answer->reply, answer->reply_length);
	tally_frame(&judge->tally, answer, length);
}

/* A request that is answered for certain ends each burst: what is silent before it stays so. */
static void enqueue_marker(struct judge *judge)
{
	static struct oracle_answer answer;
	static struct frame frame;
	uint8_t bytes[FRAME_MAX];
	uint32_t number = htonl(judge->markers++);
	size_t length;

	frame_init(&frame, judge->markers & 1 ? 4 : 6);
	frame_stun(&frame, 0x0001, true);
	memcpy(frame.payload + 16, &number, sizeof(number));
	length = frame_build(&frame, bytes, sizeof(bytes));
	oracle_decide(judge->config, bytes, length, &answer);
	enqueue(judge, "marker", bytes, length, &answer);
}

static const struct judge_entry *next_answered(const struct judge *judge, size_t *at)
{
	for (; *at < judge->queued; ++*at)
		if (judge->queue[*at].reply_length)
			return &judge->queue[(*at)++];
	return NULL;
}

/* Where in the queue, from @at on, that reply is expected; else the end. */
static size_t find(const struct judge *judge, size_t at, const uint8_t *reply, size_t length)
{
	for (; at < judge->queued; at++)
		if (judge->queue[at].reply_length == length &&
		    !memcmp(judge->queue[at].reply, reply, length))
			return at;
	return at;
}

static void judge_replies(struct judge *judge)
{
	const struct judge_entry *entry;
	uint8_t came[FRAME_MAX];
	size_t at = 0;

	while ((entry = next_answered(judge, &at))) {
		int length = raw_receive(&judge->raw, came, sizeof(came), PATIENCE);

		if (length <= 0) {
			complain(judge, entry, length ? "receiving failed" : "no reply", NULL, 0);
			return;
		}
		if ((size_t)length == entry->reply_length &&
		    !memcmp(came, entry->reply, entry->reply_length))
			continue;
		if (find(judge, at, came, (size_t)length) == judge->queued) {
			complain(judge, NULL, "nobody asked for this", came, (size_t)length);
			at = (size_t)(entry - judge->queue); /* its own may still come */
			continue;
		}
		complain(judge, entry, "another reply came first", came, (size_t)length);
		at = find(judge, at, came, (size_t)length) + 1;
	}
}

static void settle(struct judge *judge)
{
	struct raw_frame frames[JUDGE_BURST_MAX + 1];

	if (!judge->queued)
		return;
	enqueue_marker(judge);
	for (size_t i = 0; i < judge->queued; i++)
		frames[i] = (struct raw_frame){judge->queue[i].length, judge->queue[i].frame};
	if (raw_send(&judge->raw, frames, judge->queued))
		complain(judge, NULL, "sending failed", NULL, 0);
	else
		judge_replies(judge);
	judge->queued = 0;
}

void judge_frame(struct judge *judge, const char *name, const uint8_t *frame, size_t length,
		 const struct oracle_answer *answer)
{
	if (judge->failures > SHOWN)
		return; /* each more would take its time */
	if (!raw_takes(&judge->raw, length)) {
		judge->unsendable++;
		return;
	}
	enqueue(judge, name, frame, length, answer);
	if (judge->queued == judge->burst)
		settle(judge);
}

int judge_close(struct judge *judge, const struct live_options *options)
{
	uint8_t came[FRAME_MAX];
	unsigned int dropped;
	int length;

	settle(judge);
	while ((length = raw_receive(&judge->raw, came, sizeof(came), STRAGGLERS)) > 0)
		complain(judge, NULL, "nobody asked for this", came, (size_t)length);
	dropped = raw_dropped(&judge->raw);
	if (dropped)
		complain(judge, NULL, "the test's own socket overflowed", NULL, 0);
	raw_close(&judge->raw);
	if (tally_write(&judge->tally, options->counted, options->expect))
		judge->failures++;
	printf("%lu frames: %lu answered, %lu refused, %lu handed up, %lu foreign; seed %llu",
	       (unsigned long)tally_packets(&judge->tally, NULL),
	       (unsigned long)tally_packets(&judge->tally, "answer"),
	       (unsigned long)tally_packets(&judge->tally, "refuse"),
	       (unsigned long)tally_packets(&judge->tally, "handoff"),
	       (unsigned long)tally_packets(&judge->tally, "foreign"),
	       (unsigned long long)options->seed);
	if (judge->unsendable)
		printf("; %lu of a length that no wire takes", judge->unsendable);
	if (judge->failures)
		printf("; %lu failures", judge->failures);
	printf("\n");
	return judge->failures ? 1 : 0;
}
