/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The judge on trial: the oracle against what was written by hand, the RFCs' vectors, and the
 * bounds; the generator against what it promises. Frames end against a PROT_NONE page.
 */
#include "cases.h"
#include "frames.h"
#include "mutate.h"
#include "oracle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define GENERATED  200000
#define LABELS_MAX 64

static size_t generated_frames = GENERATED;
static uint64_t generator_seed = 1;
static uint8_t *guard; /* nothing from here on may be read */

static int map_guard(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *pages =
		mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	if (pages == MAP_FAILED || mprotect(pages + page, page, PROT_NONE) != 0)
		return -1;
	guard = pages + page;
	return 0;
}

static void decide(const struct oracle_config *config, const uint8_t *frame, size_t length,
		   struct oracle_answer *answer)
{
	memcpy(guard - length, frame, length);
	oracle_decide(config, guard - length, length, answer);
}

static size_t behind_tags(const uint8_t *frame)
{
	size_t at = 12;

	while (at < 20 && ((frame[at] == 0x81 && frame[at + 1] == 0x00) ||
			   (frame[at] == 0x88 && frame[at + 1] == 0xa8)))
		at += 4;
	return at + 2;
}

static size_t stun_at(const uint8_t *frame, bool ipv4)
{
	return behind_tags(frame) + (ipv4 ? 20 : 40) + 8;
}

static const char *compare(bool holds, const char *what)
{
	return holds ? NULL : what;
}

/* What is true of any reply; the sums are held against the builder's. */
static const char *check_reply(const uint8_t *request, const struct oracle_answer *answer)
{
	static const uint8_t ipv4[10] = {0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 17};
	static const uint8_t ipv6[8] = {0x60, 0, 0, 0, 0, 0, 17, 64};
	const uint8_t *reply = answer->reply;
	bool is_ipv4 = strcmp(answer->family, "ipv4") == 0;
	size_t ip = behind_tags(request), stun = stun_at(request, is_ipv4);
	uint8_t fixed[ORACLE_REPLY_MAX], header[10];

	if (memcmp(reply, request + 6, 6) != 0 || memcmp(reply + 6, request, 6) != 0)
		return "MACs are not swapped";
	if (memcmp(reply + 12, request + 12, ip - 12) != 0)
		return "tags or EtherType differ";
	memcpy(header, reply + ip, sizeof(header));
	memset(header + (is_ipv4 ? 2 : 4), 0, 2);
	if (memcmp(header, is_ipv4 ? ipv4 : ipv6, is_ipv4 ? 10 : 8) != 0)
		return "the IP header is not the one of a reply";
	if (memcmp(reply + stun + 4, request + stun + 4, 16) != 0)
		return "another transaction ID";
	memcpy(fixed, reply, answer->reply_length);
	frame_fix(fixed, answer->reply_length,
		  FRAME_FIX_LENGTHS | FRAME_FIX_STUN_LENGTH | FRAME_FIX_FINGERPRINT |
			  FRAME_FIX_CHECKSUMS);
	if (memcmp(fixed, reply, answer->reply_length) != 0)
		return "lengths, checksums or FINGERPRINT are wrong";
	memcpy(fixed, request, stun);
	frame_reflect(fixed, stun);
	if (memcmp(fixed + stun - 8, reply + stun - 8, 4) != 0)
		return "ports are not swapped";
	return compare(memcmp(fixed + ip + (is_ipv4 ? 12 : 8), reply + ip + (is_ipv4 ? 12 : 8),
			      is_ipv4 ? 8 : 32) == 0,
		       "addresses are not swapped");
}

/* No loops: a reply sent back to the service, or as it is, gets none. */
static const char *check_feedback(const struct oracle_config *config,
				  const struct oracle_answer *answer)
{
	uint8_t frame[ORACLE_REPLY_MAX];
	struct oracle_answer again;
	size_t length = answer->reply_length;

	decide(config, answer->reply, length, &again);
	if (again.action == ORACLE_ANSWER)
		return "the reply is answered";
	memcpy(frame, answer->reply, length);
	frame_reflect(frame, length);
	decide(config, frame, length, &again);
	return compare(strcmp(again.verdict, "response") == 0,
		       "the reflected reply is not called a response");
}

static const char *check_answer(const struct oracle_config *config, const uint8_t *frame,
				size_t length, const struct oracle_answer *answer)
{
	bool software = config->software && config->software[0];
	const char *wrong;

	if (answer->action != ORACLE_ANSWER) {
		if (answer->reply_length != 0 || answer->passed == answer->dropped)
			return "a reply, or both passed and dropped";
		return compare(answer->dropped ==
				       (answer->action == ORACLE_REFUSE && !config->pass_refused),
			       "wrongly passed or dropped");
	}
	if (answer->passed || answer->dropped)
		return "answered and passed or dropped";
	wrong = check_reply(frame, answer);
	if (!wrong)
		wrong = oracle_check_bounds(frame, length, answer->reply, answer->reply_length,
					    software);
	if (!wrong)
		wrong = check_feedback(config, answer);
	return wrong;
}

static void complain(const char *name, const char *wrong, const struct oracle_answer *answer)
{
	print_error("%s: %s (verdict %s)\n", name, wrong, answer->verdict);
	for (size_t i = 0; i < answer->reply_length; i++)
		print_error("%02x", answer->reply[i]);
	print_error("\n");
}

static const char *check_case(const struct test_case *test, const struct oracle_answer *answer)
{
	size_t stun, length = test->attributes_length;

	if (strcmp(test->verdict, answer->verdict) != 0)
		return test->verdict;
	if (strcmp(test->counted_as, answer->family) != 0)
		return "counted for another family";
	if (test->has_reply && (answer->reply_length != test->reply_length ||
				memcmp(answer->reply, test->reply, test->reply_length) != 0))
		return "not the reply expected";
	if (!test->has_attributes)
		return NULL;
	stun = stun_at(test->frame, test->family == 4);
	if (answer->reply_length != stun + 20 + length + (test->fingerprint ? 4 : 0))
		return "attributes of another length";
	return compare(memcmp(answer->reply + stun + 20, test->attributes, length) == 0,
		       "other attributes");
}

static void test_cases(void **state)
{
	size_t count = cases_count(), failed = 0, replies = 0, attributes = 0;
	struct oracle_answer answer;
	struct test_case test;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const char *wrong;

		case_get(i, &test);
		decide(test.config, test.frame, test.length, &answer);
		wrong = check_case(&test, &answer);
		if (!wrong)
			wrong = check_answer(test.config, test.frame, test.length, &answer);
		if (wrong) {
			complain(test.name, wrong, &answer);
			failed++;
		}
		replies += test.has_reply;
		attributes += test.has_attributes;
	}
	print_message("%zu cases, %zu with attributes and %zu with whole replies by hand\n", count,
		      attributes, replies);
	assert_int_equal(failed, 0);
	assert_true(count > 800);
	assert_true(replies > 40);
}

/* Every label has a case, but the one that only a carrier can give. */
static void test_cases_reach_every_label(void **state)
{
	size_t count = cases_count();
	struct test_case test;

	(void)state;
	for (const char *const *label = oracle_labels; *label; label++) {
		bool found = false;

		for (size_t i = 0; i < count && !found; i++) {
			case_get(i, &test);
			found = strcmp(test.verdict, *label) == 0;
		}
		if (!found)
			print_error("no case for %s\n", *label);
		assert_true(found);
	}
}

/* The mapped addresses of RFC 5769 2.2 and 2.3, from requests that come from there. */
static void check_rfc5769(int family, const char *source, const char *want)
{
	struct oracle_answer answer;
	struct frame frame;
	uint8_t bytes[FRAME_MAX], value[64];
	size_t length, stun = 14 + (family == 4 ? 20 : 40) + 8;
	size_t size = frame_hex(value, sizeof(value), want);

	frame_init(&frame, family);
	frame_address(frame.source, source);
	frame.source_port = 32853;
	frame_stun(&frame, 0x0001, true);
	length = frame_build(&frame, bytes, sizeof(bytes));
	decide(cases_config(CASES_DEFAULT), bytes, length, &answer);
	assert_string_equal(answer.verdict, "success");
	assert_int_equal(answer.reply_length, stun + 20 + size);
	assert_memory_equal(answer.reply + stun + 20, value, size);
}

static void test_rfc5769_addresses(void **state)
{
	(void)state;
	check_rfc5769(4, "192.0.2.1", "00200008 0001a147 e112a643");
	check_rfc5769(6, "2001:db8:1234:5678:11:2233:4455:6677",
		      "00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9");
}

/* The three FINGERPRINTs of RFC 5769; the type is changed so that the oracle reads that far. */
static void test_rfc5769_fingerprints(void **state)
{
	static const char *const names[] = {"RFC 5769 2.1, IPv4, 0 tags",
					    "RFC 5769 2.2, IPv4, 0 tags",
					    "RFC 5769 2.3, IPv6, 0 tags"};
	uint8_t fixed[FRAME_MAX];
	struct test_case test;
	size_t found = 0;

	(void)state;
	for (size_t i = 0; i < cases_count(); i++) {
		case_get(i, &test);
		for (size_t n = 0; n < 3; n++) {
			if (strcmp(test.name, names[n]) != 0)
				continue;
			memcpy(fixed, test.frame, test.length);
			frame_fix_checksums(fixed, test.length, true);
			assert_memory_equal(fixed, test.frame, test.length);
			found++;
		}
	}
	assert_int_equal(found, 3);
}

/* What is left of a seed may still be answered where only its trailer is gone, and then alike. */
static const char *check_cut(const struct test_case *seed, const struct oracle_answer *whole,
			     size_t length, struct oracle_answer *answer)
{
	const char *wrong;

	decide(seed->config, seed->frame, length, answer);
	wrong = check_answer(seed->config, seed->frame, length, answer);
	if (wrong || answer->action != ORACLE_ANSWER)
		return wrong;
	return compare(answer->reply_length == whole->reply_length &&
			       memcmp(answer->reply, whole->reply, whole->reply_length) == 0,
		       "a cut frame has another reply");
}

static const char *check_repaired(const struct test_case *seed, size_t length, unsigned what,
				  struct oracle_answer *answer)
{
	uint8_t frame[FRAME_MAX];

	memcpy(frame, seed->frame, length);
	frame_fix(frame, length, what);
	decide(seed->config, frame, length, answer);
	return check_answer(seed->config, frame, length, answer);
}

static void check_seed(const struct test_case *seed)
{
	struct oracle_answer whole, answer;

	decide(seed->config, seed->frame, seed->length, &whole);
	assert_int_equal(whole.action, ORACLE_ANSWER);
	for (size_t length = 0; length <= seed->length; length++) {
		unsigned what = FRAME_FIX_LENGTHS | FRAME_FIX_CHECKSUMS;
		const char *wrong = check_cut(seed, &whole, length, &answer);

		if (!wrong)
			wrong = check_repaired(seed, length, what, &answer);
		if (!wrong)
			wrong = check_repaired(seed, length, what | FRAME_FIX_STUN_LENGTH, &answer);
		if (wrong)
			complain(seed->name, wrong, &answer);
		assert_null(wrong);
	}
}

static void test_seeds(void **state)
{
	struct test_case seed;

	(void)state;
	assert_int_equal(cases_seeds_count(), 50);
	for (size_t i = 0; i < cases_seeds_count(); i++) {
		cases_seed_get(i, &seed);
		check_seed(&seed);
	}
}

static void test_bounds_bite(void **state)
{
	struct test_case test;
	struct oracle_answer answer;
	uint8_t longer[ORACLE_REPLY_MAX];

	(void)state;
	case_get(0, &test);
	decide(test.config, test.frame, test.length, &answer);
	memcpy(longer, answer.reply, answer.reply_length);
	memset(longer + answer.reply_length, 0, 4);
	assert_non_null(oracle_check_bounds(test.frame, test.length, longer,
					    answer.reply_length + 4, false));
	frame_fix(longer, answer.reply_length + 4, FRAME_FIX_LENGTHS | FRAME_FIX_CHECKSUMS);
	assert_non_null(oracle_check_bounds(test.frame, test.length, longer,
					    answer.reply_length + 4, false));
	assert_null(oracle_check_bounds(test.frame, test.length, longer, answer.reply_length + 4,
					true));
	/* a trailer on the request is no request */
	memcpy(guard - 200, test.frame, test.length);
	memset(guard - 200 + test.length, 0, 200 - test.length);
	assert_non_null(
		oracle_check_bounds(guard - 200, 200, longer, answer.reply_length + 4, false));
}

static void test_generator_repeats(void **state)
{
	struct generator one, other;
	uint8_t a[FRAME_MAX], b[FRAME_MAX];

	(void)state;
	generator_init(&one, 7, cases_config(CASES_DEFAULT));
	generator_init(&other, 7, cases_config(CASES_DEFAULT));
	for (int i = 0; i < 20000; i++) {
		size_t length = generate_frame(&one, a, sizeof(a));

		assert_int_equal(length, generate_frame(&other, b, sizeof(b)));
		assert_memory_equal(a, b, length);
	}
}

static size_t label_index(const char *label)
{
	size_t i = 0;

	while (strcmp(oracle_labels[i], label) != 0)
		i++;
	return i;
}

static void print_distribution(const size_t *counts, size_t families[3])
{
	for (size_t i = 0; oracle_labels[i]; i++) {
		print_message("%-22s %8zu %8.4f %%\n", oracle_labels[i], counts[i],
			      100.0 * (double)counts[i] / (double)generated_frames);
	}
	print_message("ipv4 %zu, ipv6 %zu, other %zu\n", families[0], families[1], families[2]);
}

static void test_generator(void **state)
{
	size_t counts[LABELS_MAX] = {0}, families[3] = {0}, answered = 0;
	struct generator generator;
	uint8_t frame[FRAME_MAX];
	struct oracle_answer answer;

	(void)state;
	assert_true(generated_frames > 0);
	generator_init(&generator, generator_seed, cases_config(CASES_DEFAULT));
	for (size_t i = 0; i < generated_frames; i++) {
		const struct oracle_config *config = cases_config(i % CASES_CONFIGS);
		const char *wrong;
		size_t length;

		generator.config = config;
		length = generate_frame(&generator, frame, sizeof(frame));
		decide(config, frame, length, &answer);
		wrong = check_answer(config, frame, length, &answer);
		if (wrong)
			complain(cases_config_name(i % CASES_CONFIGS), wrong, &answer);
		assert_null(wrong);
		counts[label_index(answer.verdict)]++;
		families[answer.family[3] == '4' ? 0 : answer.family[3] == '6' ? 1 : 2]++;
		answered += answer.action == ORACLE_ANSWER;
	}
	print_message("%zu frames, seed %llu: %.1f %% answered\n", generated_frames,
		      (unsigned long long)generator_seed,
		      100.0 * (double)answered / (double)generated_frames);
	print_distribution(counts, families);
	assert_true(answered * 100 >= generated_frames * 35);
	for (size_t i = 0; oracle_labels[i]; i++)
		assert_true(counts[i] * 1000000 >= generated_frames * 300);
}

/* Usage: oracle_test [FRAMES [SEED]] */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_cases_reach_every_label),
		cmocka_unit_test(test_rfc5769_addresses),
		cmocka_unit_test(test_rfc5769_fingerprints),
		cmocka_unit_test(test_seeds),
		cmocka_unit_test(test_bounds_bite),
		cmocka_unit_test(test_generator_repeats),
		cmocka_unit_test(test_generator),
	};

	if (argc > 1)
		generated_frames = strtoull(argv[1], NULL, 0);
	if (argc > 2)
		generator_seed = strtoull(argv[2], NULL, 0);
	return cmocka_run_group_tests(tests, map_guard, NULL);
}
