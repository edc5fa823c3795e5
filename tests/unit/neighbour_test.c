// SPDX-License-Identifier: BSD-2-Clause
/* What neighbours ask, by hand: the core and the oracle, against an inaccessible page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the four above before it. */
#include <cmocka.h>

#include "agreement/settings.h"
#include "neighbour.h"

#include "guard.h"
#include "oracle/cases.h"
#include "oracle/neighbour.h"
#include "oracle/neighbour_cases.h"

static const char *const protocols[] = {
	[NEIGHBOUR_NONE] = "none",
	[NEIGHBOUR_ARP] = "arp",
	[NEIGHBOUR_ADVERTISEMENT] = "advertisement",
	[NEIGHBOUR_ECHO] = "echo",
};

static struct policy policy;
static uint8_t *end, *mac_end; /* an inaccessible page begins here */

static int set_up(void **state)
{
	(void)state;
	end = guard_map();
	mac_end = guard_map();
	if (!end || !mac_end)
		return -1;
	guard_place(mac_end, neighbour_mac, sizeof(neighbour_mac));
	return settings_build(&policy, cases_config(CASES_DEFAULT));
}

/* Says which one it was. */
static void expect(bool holds, const struct neighbour_case *test, const char *what)
{
	if (!holds)
		fail_msg("%s: %s", test->name, what);
}

/* Behind the frame there is room, but nothing to read. */
static void check_case(const struct neighbour_case *test, size_t room, uint8_t behind)
{
	size_t length = test->length, reply_length = 4711;
	uint8_t *frame = end - room;
	enum neighbour answered;

	memset(frame, behind, room);
	memcpy(frame, test->frame, length);
	answered = neighbour_answer(frame, length, room, &policy, mac_end - sizeof(neighbour_mac),
				    &reply_length);
	expect(!strcmp(protocols[answered], test->protocol), test, protocols[answered]);
	if (answered == NEIGHBOUR_NONE) {
		expect(reply_length == 4711, test, "a length without a reply");
		expect(!memcmp(frame, test->frame, length), test, "the frame is another");
		for (size_t i = length; i < room; i++)
			expect(frame[i] == behind, test, "written behind the frame");
		return;
	}
	expect(reply_length == test->reply_length, test, "another length");
	expect(!memcmp(frame, test->reply, reply_length), test, "other bytes");
}

static void answers_every_case(void **state)
{
	static struct neighbour_case test;

	(void)state;
	for (size_t i = 0; i < neighbour_cases_count(); i++) {
		neighbour_case_get(i, &test);
		check_case(&test, test.room, 0x00);
		check_case(&test, test.room, 0xa5);
		if (test.reply_length <= test.length)
			check_case(&test, test.length, 0);
	}
}

static void the_oracle_answers_every_case(void **state)
{
	static struct oracle_neighbour answer;
	static struct neighbour_case test;

	(void)state;
	for (size_t i = 0; i < neighbour_cases_count(); i++) {
		neighbour_case_get(i, &test);
		oracle_neighbour(cases_config(CASES_DEFAULT), neighbour_mac,
				 guard_place(end, test.frame, test.length), test.length, test.room,
				 &answer);
		expect(!strcmp(answer.protocol, test.protocol), &test, answer.protocol);
		expect(answer.reply_length == test.reply_length, &test, "another length");
		expect(!memcmp(answer.reply, test.reply, test.reply_length), &test, "other bytes");
	}
}

/* What is cut within what a reply is made of brings none, and nothing behind it is looked at. */
static void reads_no_byte_behind_the_frame(void **state)
{
	static struct neighbour_case test;
	struct oracle_neighbour answer;

	(void)state;
	for (size_t i = 0; i < neighbour_cases_count(); i++) {
		size_t whole;

		neighbour_case_get(i, &test);
		whole = test.length;
		for (size_t length = 0; length < whole; length++) {
			oracle_neighbour(cases_config(CASES_DEFAULT), neighbour_mac, test.frame,
					 length, length, &answer);
			test.length = length;
			test.protocol = answer.protocol;
			test.reply_length = answer.reply_length;
			memcpy(test.reply, answer.reply, answer.reply_length);
			check_case(&test, length, 0);
		}
	}
}

/* Two responders would have enough to do with each other. */
static void answers_no_reply(void **state)
{
	static struct neighbour_case test;
	static const uint8_t asker[6] = {0x02, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e};
	size_t length;

	(void)state;
	for (size_t i = 0; i < neighbour_cases_count(); i++) {
		neighbour_case_get(i, &test);
		if (!test.reply_length)
			continue;
		expect(neighbour_answer(guard_place(end, test.reply, test.reply_length),
					test.reply_length, test.reply_length, &policy, asker,
					&length) == NEIGHBOUR_NONE,
		       &test, "a reply is answered");
	}
}

/* Sums of as many bytes as there may be, of either parity, and the largest. */
static void answers_long_pings(void **state)
{
	static struct neighbour_case test;
	static uint8_t reply[GUARD_ROOM];
	size_t longest = GUARD_ROOM - 14, length;

	(void)state;
	neighbour_case_get(NEIGHBOUR_PING, &test);
	for (size_t total = longest - 1; total <= longest; total++) {
		uint8_t *frame = end - 14 - total;

		memset(frame, 0xff, 14 + total);
		memcpy(frame, test.frame, 42);
		frame[16] = (uint8_t)(total >> 8);
		frame[17] = (uint8_t)total;
		frame_fix_icmp(frame, 14 + total);
		assert_int_equal(neighbour_answer(frame, 14 + total, 14 + total, &policy,
						  neighbour_mac, &length),
				 NEIGHBOUR_ECHO);
		assert_int_equal(length, 14 + total);
		assert_int_equal(frame[34], 0);
		memcpy(reply, frame, length);
		frame_fix_icmp(reply, length);
		assert_memory_equal(frame, reply, length);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_every_case),
		cmocka_unit_test(the_oracle_answers_every_case),
		cmocka_unit_test(reads_no_byte_behind_the_frame),
		cmocka_unit_test(answers_no_reply),
		cmocka_unit_test(answers_long_pings),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
