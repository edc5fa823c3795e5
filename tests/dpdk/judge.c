// SPDX-License-Identifier: BSD-2-Clause
#include "judge.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live/tally.h"

#define SHOWN 3	 /* failures */
#define AHEAD 64 /* frames, to look for one that came late */
#define LABEL 64 /* bytes of a label's value */

struct replies {
	const struct capture *came;
	size_t at; /* the next one of these */
	unsigned long answered, missing, extra;
};

static void print_bytes(const char *what, const uint8_t *bytes, size_t length)
{
	printf("    %s (%zu):", what, length);
	for (size_t i = 0; i < length && i < 160; i++)
		printf("%s%02x", i % 4 ? "" : " ", bytes[i]);
	printf("\n");
}

static bool same(const struct capture_frame *frame, const struct corpus_answer *answer)
{
	return frame->length == answer->reply_length &&
	       !memcmp(frame->bytes, answer->reply, frame->length);
}

/* From where it stands to @end nothing was asked for. */
static void complain_extra(struct replies *replies, size_t end)
{
	for (; replies->at < end; replies->at++)
		if (replies->extra++ < SHOWN) {
			printf("  nobody asked for this, or it came too late\n");
			print_bytes("came    ", replies->came->frames[replies->at].bytes,
				    replies->came->frames[replies->at].length);
		}
}

static void complain_missing(struct replies *replies, size_t number,
			     const struct capture_frame *frame, const struct corpus_answer *answer)
{
	if (replies->missing++ >= SHOWN)
		return;
	printf("  frame %zu: %s: its reply did not come\n", number,
	       strcmp(answer->neighbour, "none") ? answer->neighbour : answer->stun.verdict);
	print_bytes("sent    ", frame->bytes, frame->length);
	print_bytes("expected", answer->reply, answer->reply_length);
}

/* Takes the reply from what came; the next ones may come all the same where it did not. */
static void take_reply(struct replies *replies, size_t number, const struct capture_frame *frame,
		       const struct corpus_answer *answer)
{
	const struct capture *came = replies->came;

	replies->answered++;
	for (size_t i = replies->at; i < came->count && i < replies->at + AHEAD; i++)
		if (same(&came->frames[i], answer)) {
			complain_extra(replies, i);
			replies->at++;
			return;
		}
	complain_missing(replies, number, frame, answer);
}

int judge_replies(const struct corpus *corpus, const struct capture *sent,
		  const struct capture *came)
{
	static struct corpus_answer answer;
	struct replies replies = {.came = came};

	for (size_t i = 0; i < sent->count; i++) {
		corpus_decide(corpus, &sent->frames[i], &answer);
		if (answer.reply_length)
			take_reply(&replies, i, &sent->frames[i], &answer);
	}
	complain_extra(&replies, came->count);
	if (!replies.missing && !replies.extra && replies.answered) {
		printf("pass replies %zu frames, %lu answered\n", sent->count, replies.answered);
		return 0;
	}
	printf("fail replies %zu frames, %lu to be answered: %lu replies missing or wrong, %lu "
	       "frames that nobody asked for\n",
	       sent->count, replies.answered, replies.missing, replies.extra);
	return 1;
}

/* Takes the value of a label out of a line; false where it has none. */
static bool label(const char *line, const char *name, char value[LABEL])
{
	size_t length = strlen(name);

	for (const char *at = strstr(line, name); at; at = strstr(at + 1, name))
		if (strchr("{,", at[-1]) && !strncmp(at + length, "=\"", 2)) {
			snprintf(value, LABEL, "%.*s", (int)strcspn(at + length + 2, "\""),
				 at + length + 2);
			return true;
		}
	return false;
}

/* What the line counts; NULL where none of the expected. */
static struct tally_line *find_line(struct tally *tally, const char *family, const char *verdict,
				    const char *action)
{
	for (struct tally_line *line = tally->lines; line < tally->lines + tally->count; line++)
		if (!strcmp(line->family, family) && !strcmp(line->action, action) &&
		    !strcmp(line->verdict ? line->verdict : "", verdict))
			return line;
	return NULL;
}

enum outcome { ARP, ADVERTISEMENT, ECHO, LEFT, OUTCOMES };

/* What is still to be counted; ends at 0 everywhere. */
struct expected {
	struct tally tally;
	uint64_t
		outcomes[OUTCOMES]; /* of what is not answered with STUN and not refused for good */
	uint64_t private_clients;
};

/* What neighbours are not answered either is handed to the kernel, or is not. */
static const char *const outcomes[OUTCOMES] = {"arp", "advertisement", "echo",
					       "punted punt_full dropped unsent"};

/* OUTCOMES: one of other frames. */
static enum outcome outcome_of(const char *label)
{
	enum outcome outcome = ARP;

	if (!strcmp(label, "none"))
		return LEFT;
	while (outcome < OUTCOMES && !strstr(outcomes[outcome], label))
		outcome++;
	return outcome;
}

/* Subtracts what a line says, or adds it if that was so before. */
static void settle(struct expected *expected, const char *family, const char *verdict,
		   const char *action, uint64_t count)
{
	struct tally *tally = &expected->tally;
	struct tally_line *line = find_line(tally, family, verdict, action);

	if (!line) { /* not expected, but if it has not moved since before, that is well */
		if (tally->count == TALLY_LINES)
			abort();
		line = &tally->lines[tally->count++];
		*line = (struct tally_line){strdup(family), *verdict ? strdup(verdict) : NULL,
					    strdup(action), 0};
	}
	line->count -= count;
}

/* Return: whether the line is well. */
static bool settle_line(struct expected *expected, const char *line, bool before)
{
	char text[LABEL], family[LABEL], verdict[LABEL] = "", action[LABEL];
	bool packets = !strncmp(line, "reflex_packets_total{", 21);
	const char *end = strrchr(line, '}');
	uint64_t count;

	if (*line == '#' || !end)
		return true;
	count = strtoull(end + 1, NULL, 10);
	if (before)
		count = -count;
	if (label(line, "outcome", text) && outcome_of(text) != OUTCOMES)
		expected->outcomes[outcome_of(text)] -= count;
	if (!strncmp(line, "reflex_private_clients_total{dataplane=\"dpdk\"", 45))
		expected->private_clients -= count;
	if ((!packets && strncmp(line, "reflex_bytes_total{", 19)) || !count ||
	    !label(line, "dataplane", text) || strcmp(text, "dpdk"))
		return true;
	if (!label(line, "family", family) || (packets && !label(line, "verdict", verdict)) ||
	    !label(line, packets ? "action" : "direction", action)) {
		printf("  a series without its labels: %s", line);
		return false;
	}
	settle(expected, family, verdict, action, count);
	return true;
}

static int settle_file(struct expected *expected, const char *path, bool before)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	int bad = 0;

	if (!file) {
		printf("  %s: %s\n", path, strerror(errno));
		return 1;
	}
	while (getline(&line, &size, file) > 0)
		bad += !settle_line(expected, line, before);
	free(line);
	fclose(file);
	return bad;
}

static int complain_count(const char *what, const char *which, const char *more, uint64_t left)
{
	int64_t difference = (int64_t)left;

	if (!difference)
		return 0;
	printf("  %s %s %s: %" PRId64 " %s\n", what, which, more,
	       difference < 0 ? -difference : difference, difference < 0 ? "too many" : "too few");
	return 1;
}

int judge_counters(const struct corpus *corpus, const struct capture *sent, const char *metrics,
		   const char *before)
{
	static struct corpus_answer answer;
	static struct expected expected; /* its strings stay */
	size_t series;
	int bad = 0;

	expected = (struct expected){0};
	for (size_t i = 0; i < sent->count; i++) {
		corpus_decide(corpus, &sent->frames[i], &answer);
		tally_frame(&expected.tally, &answer.stun, sent->frames[i].length);
		expected.outcomes[outcome_of(answer.neighbour)] += answer.stun.passed;
		expected.private_clients += answer.stun.private_client;
	}
	series = expected.tally.count + OUTCOMES;
	bad += settle_file(&expected, metrics, false);
	if (before)
		bad += settle_file(&expected, before, true);
	for (size_t i = 0; i < expected.tally.count; i++) {
		const struct tally_line *line = &expected.tally.lines[i];

		bad += complain_count(line->family, line->verdict ? line->verdict : "bytes",
				      line->action, line->count);
	}
	bad += complain_count("private", "clients", "counted", expected.private_clients);
	for (int i = 0; i < OUTCOMES; i++)
		bad += complain_count("frames", "outcome", outcomes[i], expected.outcomes[i]);
	if (bad)
		printf("fail counters %d series are wrong\n", bad);
	else
		printf("pass counters %zu series, each exact\n", series);
	return bad ? 1 : 0;
}
