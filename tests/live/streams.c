// SPDX-License-Identifier: BSD-2-Clause
/*
 * Streams of raw frames: every case and whatever the generator finds; requests in bursts; and what
 * must stay silent where the kernel would speak.
 */
#include <stdio.h>
#include <string.h>

#include "judge.h"
#include "oracle/cases.h"
#include "oracle/datagram.h"
#include "oracle/mutate.h"

#define BURST 32 /* of frames that may go up to the kernel */

static struct judge judge;
static struct oracle_answer answer;
static struct test_case test;
static uint8_t frame[FRAME_MAX];

static void judge_cases(bool (*wanted)(const struct oracle_answer *answer))
{
	for (size_t i = 0; i < cases_count(); i++) {
		case_get(i, &test);
		if (test.which != CASES_DEFAULT)
			continue;
		oracle_decide(judge.config, test.frame, test.length, &answer);
		if (!wanted || wanted(&answer))
			judge_frame(&judge, test.name, test.frame, test.length, &answer);
	}
}

static void judge_generated(const struct live_options *options,
			    bool (*wanted)(const struct oracle_answer *answer))
{
	struct generator generator;
	char name[64];

	generator_init(&generator, options->seed, judge.config);
	for (unsigned long i = 0; i < options->count;) {
		size_t length = generate_frame(&generator, frame, sizeof(frame));

		oracle_decide(judge.config, frame, length, &answer);
		if (wanted && !wanted(&answer))
			continue;
		snprintf(name, sizeof(name), "generated %lu", i++);
		judge_frame(&judge, name, frame, length, &answer);
	}
}

int frames_run(const struct live_options *options)
{
	if (judge_open(&judge, options->interface, cases_config(CASES_DEFAULT), BURST))
		return 1;
	judge_cases(NULL);
	judge_generated(options, NULL);
	return judge_close(&judge, options);
}

static bool is_answered(const struct oracle_answer *decided)
{
	return decided->action == ORACLE_ANSWER;
}

int bursts_run(const struct live_options *options)
{
	if (judge_open(&judge, options->interface, cases_config(CASES_DEFAULT), JUDGE_BURST_MAX))
		return 1;
	judge_generated(options, is_answered);
	return judge_close(&judge, options);
}

/* What may never be answered by anyone, the kernel included. */
static bool is_refused(const struct oracle_answer *decided)
{
	return decided->action == ORACLE_REFUSE;
}

/* Whether the sockets would answer what is punted, as far as that is for them alone to say. */
static bool is_answered_by_sockets(void)
{
	static struct oracle_message message;
	struct oracle_datagram datagram;

	if (!datagram_take(&datagram, test.frame, test.length))
		return false;
	oracle_decide_message(judge.config, &datagram, &message);
	return message.action == ORACLE_ANSWER;
}

/*
 * The same for what is punted and not answered there, but for IPv6 extension headers: those that
 * the kernel does not know it must report (RFC 8200 section 4), and behind them may be a port that
 * is not ours.
 */
static bool is_silent(const struct oracle_answer *decided)
{
	/* From a wire nobody is going to finish it, so that it is wrong. */
	if (!strcmp(decided->verdict, "partial_checksum"))
		return true;
	if (decided->action == ORACLE_HANDOFF && !strcmp(decided->family, "ipv6") &&
	    strcmp(decided->verdict, "oversize"))
		return false;
	if (decided->action == ORACLE_HANDOFF)
		return !is_answered_by_sockets();
	return decided->action == ORACLE_REFUSE;
}

/* Parts of requests whose rest never comes. */
static void judge_fragments(void)
{
	static const struct {
		const char *name;
		int fragment;
	} rows[] = {
		{"first fragment", 0x0001},
		{"later fragment", 0x05a8},
	};
	static struct frame built;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t length;

		frame_init(&built, 6);
		frame_stun(&built, 0x0001, true);
		frame_software(&built, ""); /* fragments but the last are multiples of 8 */
		built.extensions[0] = 44;
		built.extensions_count = 1;
		built.fragment = rows[i].fragment;
		length = frame_build(&built, frame, sizeof(frame));
		oracle_decide(judge.config, frame, length, &answer);
		judge_frame(&judge, rows[i].name, frame, length, &answer);
	}
}

static bool is_unreachable(const uint8_t *bytes, size_t length, int family)
{
	size_t icmp = family == 4 ? 14 + 20 : 14 + 40;

	if (length < icmp + 8)
		return false;
	if (family == 4)
		return bytes[14 + 9] == 1 && bytes[icmp] == 3 && bytes[icmp + 1] == 3;
	return bytes[14 + 6] == 58 && bytes[icmp] == 1 && bytes[icmp + 1] == 4;
}

/* Silence means something only where the kernel is heard when it refuses a port that nobody has. */
static bool hears_unreachable(int family)
{
	static struct frame built;
	uint8_t came[FRAME_MAX];
	struct raw_frame raw_frame = {0, frame};
	int length;

	frame_init(&built, family);
	frame_stun(&built, 0x0001, true);
	built.destination_port = 3477;
	raw_frame.length = frame_build(&built, frame, sizeof(frame));
	oracle_decide(judge.config, frame, raw_frame.length, &answer);
	tally_frame(&judge.tally, &answer, raw_frame.length);
	if (raw_send(&judge.raw, &raw_frame, 1))
		return false;
	length = raw_receive(&judge.raw, came, sizeof(came), 10000);
	return length > 0 && is_unreachable(came, (size_t)length, family);
}

int silence_run(const struct live_options *options)
{
	if (judge_open(&judge, options->interface, cases_config(CASES_DEFAULT), BURST))
		return 1;
	if (!hears_unreachable(4) || !hears_unreachable(6)) {
		printf("  the kernel's own ICMP unreachable was not seen: the lab is wrong\n");
		judge.failures++;
	}
	judge_cases(is_silent);
	judge_fragments();
	judge_generated(options, is_refused);
	return judge_close(&judge, options);
}
