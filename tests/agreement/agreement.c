// SPDX-License-Identifier: BSD-2-Clause
/*
 * Agreement: what the oracle decides from the RFCs, the host build of the core and the loaded BPF
 * program do with the same frames must be the same: verdict, bytes, counters.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host.h"
#ifndef AGREEMENT_HOST_ONLY
#include "kernel.h"
#endif
#include "oracle/cases.h"
#include "oracle/datagram.h"
#include "oracle/mutate.h"
#include "oracle/neighbour.h"
#include "oracle/neighbour_cases.h"
#include "oracle/oracle.h"

#define DISAGREEMENTS_SHOWN 10
#define COUNT(array)	    (sizeof(array) / sizeof((array)[0]))

struct run {
	unsigned long frames, replies;
	uint64_t seed;
	bool kernel; /* else the host alone */
};

static unsigned long disagreements, compared, answered;
static struct tally expected, expected_kernel; /* the kernel runs no frames under 14 bytes */
static bool with_kernel;

static void print_bytes(const char *what, const uint8_t *bytes, size_t length)
{
	printf("    %s (%zu):", what, length);
	for (size_t i = 0; i < length && i < 160; i++)
		printf("%s%02x", i % 4 ? "" : " ", bytes[i]);
	printf("\n");
}

static void disagree(const char *name, const char *carrier, const char *why, const uint8_t *frame,
		     size_t length, const struct oracle_answer *answer,
		     const struct outcome *outcome)
{
	if (disagreements++ >= DISAGREEMENTS_SHOWN)
		return;
	printf("  %s: %s: %s; oracle %s, %s %s\n", name, carrier, why, answer->verdict, carrier,
	       outcome && outcome->verdict ? outcome->verdict : "");
	print_bytes("frame ", frame, length);
	if (answer->reply_length)
		print_bytes("oracle", answer->reply, answer->reply_length);
	if (outcome)
		print_bytes(carrier, outcome->frame, outcome->length);
}

/* NULL, or in what the carrier differs. */
static const char *compare(const struct oracle_answer *answer, const struct outcome *outcome,
			   const uint8_t *frame, size_t length)
{
	const uint8_t *bytes = answer->reply_length ? answer->reply : frame;
	size_t size = answer->reply_length ? answer->reply_length : length;

	if (outcome->verdict && strcmp(outcome->verdict, answer->verdict))
		return "another verdict";
	if (outcome->answered != (answer->action == ORACLE_ANSWER) ||
	    outcome->passed != answer->passed)
		return "another action";
	if (outcome->length != size)
		return "another length";
	return memcmp(outcome->frame, bytes, size) ? "other bytes" : NULL;
}

static int family_row(const char *family)
{
	return !strcmp(family, "ipv4") ? 1 : !strcmp(family, "ipv6") ? 2 : 0;
}

static void expect(struct tally *tally, const struct oracle_answer *answer, size_t length)
{
	int row = family_row(answer->family), verdict = host_verdict(answer->verdict);

	if (verdict < 0) {
		printf("  the oracle's %s is not in verdict.def\n", answer->verdict);
		disagreements++;
		return;
	}
	tally->packets[row][verdict]++;
	tally->bytes[row][0] += length;
	tally->bytes[row][1] += answer->reply_length;
	tally->private_clients += answer->private_client;
}

static void run_kernel(const char *name, const uint8_t *frame, size_t length,
		       const struct oracle_answer *answer)
{
#ifndef AGREEMENT_HOST_ONLY
	static struct outcome outcome;
	const char *why;

	if (!with_kernel || length < KERNEL_FRAME_MIN)
		return;
	if (kernel_run(frame, length, &outcome))
		why = "did not run";
	else
		why = compare(answer, &outcome, frame, length);
	if (why)
		disagree(name, "bpf", why, frame, length, answer, &outcome);
#else
	(void)name, (void)frame, (void)length, (void)answer;
#endif
}

/* What the fast path only hands up, for a carrier with nobody behind. */
static void judge_whole(const char *name, const struct oracle_config *config, const uint8_t *frame,
			size_t length)
{
	static struct oracle_answer answer;
	static struct outcome outcome;
	struct oracle_config whole = *config;
	const char *why;

	whole.long_requests = whole.finish_checksums = true;
	oracle_decide(&whole, frame, length, &answer);
	host_run_whole(frame, length, &outcome);
	why = compare(&answer, &outcome, frame, length);
	if (why)
		disagree(name, "whole", why, frame, length, &answer, &outcome);
}

/* One frame through all three. */
static void judge(const char *name, const struct oracle_config *config, const uint8_t *frame,
		  size_t length, struct oracle_answer *answer)
{
	static struct outcome outcome;
	const char *why;

	oracle_decide(config, frame, length, answer);
	host_run(frame, length, &outcome);
	why = compare(answer, &outcome, frame, length);
	if (why)
		disagree(name, "host", why, frame, length, answer, &outcome);
	run_kernel(name, frame, length, answer);
	if (outcome.answered) {
		why = oracle_check_bounds(config, frame, length, outcome.frame, outcome.length);
		if (why)
			disagree(name, "host", why, frame, length, answer, &outcome);
		answered++;
	}
	if (!strcmp(answer->verdict, "oversize") || !strcmp(answer->verdict, "partial_checksum"))
		judge_whole(name, config, frame, length);
	expect(&expected, answer, length);
	if (length >= KERNEL_FRAME_MIN)
		expect(&expected_kernel, answer, length);
	compared++;
}

static void compare_tally(const char *name, const char *carrier, const struct tally *tally,
			  const struct tally *wanted)
{
	if (tally->private_clients != wanted->private_clients) {
		disagreements++;
		printf("  %s: %s counted %llu private clients, the oracle %llu\n", name, carrier,
		       (unsigned long long)tally->private_clients,
		       (unsigned long long)wanted->private_clients);
	}
	for (int row = 0; row < 3; row++) {
		for (int verdict = 0; verdict < 64; verdict++) {
			if (tally->packets[row][verdict] == wanted->packets[row][verdict])
				continue;
			disagreements++;
			printf("  %s: %s counted %llu of %s, the oracle %llu\n", name, carrier,
			       (unsigned long long)tally->packets[row][verdict],
			       host_label(verdict),
			       (unsigned long long)wanted->packets[row][verdict]);
		}
		if (memcmp(tally->bytes[row], wanted->bytes[row], sizeof(wanted->bytes[row]))) {
			disagreements++;
			printf("  %s: %s counted other bytes than the oracle\n", name, carrier);
		}
	}
}

static void begin(const struct oracle_config *config)
{
	if (host_configure(config)) {
		printf("cannot configure the host build\n");
		exit(1);
	}
	host_reset();
#ifndef AGREEMENT_HOST_ONLY
	if (with_kernel && (kernel_configure(config) || kernel_reset())) {
		printf("cannot configure the BPF program\n");
		exit(1);
	}
#endif
	memset(&expected, 0, sizeof(expected));
	memset(&expected_kernel, 0, sizeof(expected_kernel));
}

static void end(const char *name)
{
#ifndef AGREEMENT_HOST_ONLY
	if (with_kernel)
		compare_tally(name, "bpf", kernel_tally(), &expected_kernel);
#endif
	compare_tally(name, "host", host_tally(), &expected);
}

static int finish(const char *name)
{
	printf("%s: %lu frames, %lu answered, %lu disagreements\n", name, compared, answered,
	       disagreements);
	fflush(stdout);
	compared = answered = 0;
	return disagreements ? 1 : 0;
}

/* SOFTWARE of every length, in what the seeds ask for: with and without cookie, 420s. */
static void judge_softwares(void)
{
	static const char text[] = "Reflex STUN responder 0123456789";
	static struct oracle_answer answer;
	static struct test_case seed;
	struct oracle_config config = *cases_config(CASES_DEFAULT);
	char software[sizeof(text)], name[32];

	config.software = software;
	for (int length = 1; length < (int)sizeof(text); length++) {
		snprintf(software, sizeof(software), "%.*s", length, text);
		snprintf(name, sizeof(name), "software of %d bytes", length);
		begin(&config);
		for (size_t i = 0; i < cases_seeds_count(); i++) {
			cases_seed_get(i, &seed);
			judge(name, &config, seed.frame, seed.length, &answer);
		}
		end(name);
	}
}

static int run_cases(void)
{
	static struct oracle_answer answer;
	size_t count = cases_count();
	struct test_case *tests = calloc(count, sizeof(*tests));

	for (size_t i = 0; i < count; i++) /* finding one by its index takes a while */
		case_get(i, &tests[i]);
	for (int which = 0; which < CASES_CONFIGS; which++) {
		begin(cases_config((enum cases_config)which));
		for (size_t i = 0; i < count; i++) {
			const struct test_case *test = &tests[i];

			if ((int)test->which == which)
				judge(test->name, test->config, test->frame, test->length, &answer);
		}
		end(cases_config_name((enum cases_config)which));
	}
	free(tests);
	judge_softwares();
	return finish("cases");
}

/* Every length of every seed: first the bytes as they are, then with lengths and checksums that
 * agree. */
static int run_truncations(void)
{
	static struct oracle_answer answer;
	static struct test_case seed;
	static uint8_t cut[FRAME_MAX];

	begin(cases_config(CASES_DEFAULT));
	for (size_t i = 0; i < cases_seeds_count(); i++) {
		cases_seed_get(i, &seed);
		for (size_t length = 0; length <= seed.length; length++) {
			judge(seed.name, cases_config(CASES_DEFAULT), seed.frame, length, &answer);
			memcpy(cut, seed.frame, length);
			frame_fix(cut, length,
				  FRAME_FIX_LENGTHS | FRAME_FIX_STUN_LENGTH | FRAME_FIX_CHECKSUMS);
			judge(seed.name, cases_config(CASES_DEFAULT), cut, length, &answer);
		}
	}
	end("truncations");
	return finish("truncations");
}

/* Each configuration gets its share of the frames. */
static int run_generated(const struct run *run)
{
	static struct oracle_answer answer;
	static uint8_t frame[FRAME_MAX];
	struct generator generator;
	char name[64];

	generator_init(&generator, run->seed, cases_config(CASES_DEFAULT));
	for (int which = 0; which < CASES_CONFIGS; which++) {
		const struct oracle_config *config = cases_config((enum cases_config)which);
		unsigned long share = run->frames / CASES_CONFIGS + 1;

		generator.config = config;
		begin(config);
		for (unsigned long i = 0; i < share; i++) {
			size_t length = generate_frame(&generator, frame, sizeof(frame));

			snprintf(name, sizeof(name), "%s %lu",
				 cases_config_name((enum cases_config)which), i);
			judge(name, config, frame, length, &answer);
		}
		end(cases_config_name((enum cases_config)which));
	}
	return finish("generated");
}

/* Makes one message out of a stream of it; false where the frame has not all of it. */
static bool cut_message(struct oracle_datagram *datagram)
{
	size_t length = 20;

	if (datagram->length >= length)
		length += (size_t)(datagram->message[2] << 8 | datagram->message[3]);
	if (datagram->length < length)
		return false;
	datagram->length = length;
	datagram->stream = true;
	return true;
}

/* NULL, or in what the core differs. */
static const char *compare_message(const struct oracle_message *answer,
				   const struct oracle_message *outcome, int family)
{
	if (strcmp(outcome->verdict, answer->verdict))
		return "another verdict";
	if (outcome->reply_length != answer->reply_length)
		return "another length";
	if (!answer->reply_length)
		return NULL;
	if (memcmp(outcome->reply, answer->reply, answer->reply_length))
		return "other bytes";
	if (memcmp(outcome->reply_source, answer->reply_source, family == 4 ? 4 : 16) ||
	    outcome->reply_source_port != answer->reply_source_port)
		return "sent from elsewhere";
	return outcome->reply_destination_port == answer->reply_destination_port
		       ? NULL
		       : "sent to another port";
}

static void judge_message(const char *name, const struct oracle_config *config,
			  const struct oracle_datagram *datagram)
{
	static struct oracle_message answer, outcome;
	const char *why;

	oracle_decide_message(config, datagram, &answer);
	host_run_message(datagram, &outcome);
	compared++;
	answered += answer.reply_length > 0;
	why = compare_message(&answer, &outcome, datagram->family);
	if (!why || disagreements++ >= DISAGREEMENTS_SHOWN)
		return;
	printf("  %s: message: %s; oracle %s, core %s%s%s\n", name, why, answer.verdict,
	       outcome.verdict, datagram->local ? ", local" : "",
	       datagram->stream ? ", stream" : "");
	print_bytes("message", datagram->message, datagram->length);
	print_bytes("oracle", answer.reply, answer.reply_length);
	print_bytes("core", outcome.reply, outcome.reply_length);
}

/* The hand-written ones, of one configuration. */
static void judge_written_messages(int which)
{
	static struct message_case message;

	for (size_t i = 0; i < messages_count(); i++) {
		message_get(i, &message);
		if ((int)message.which == which)
			judge_message(message.name, message.config, &message.datagram);
	}
}

/* What sockets would make of the generated frames: by UDP, from this machine itself, over TCP. */
static int run_messages(const struct run *run)
{
	static const unsigned mtus[] = {1500, 1280, 68, 1501, 9000, 65536};
	static uint8_t frame[FRAME_MAX];
	struct oracle_datagram datagram;
	struct generator generator;
	char name[64];

	generator_init(&generator, run->seed + 2, cases_config(CASES_DEFAULT));
	for (int which = 0; which < CASES_CONFIGS; which++) {
		const struct oracle_config *config = cases_config((enum cases_config)which);

		generator.config = config;
		begin(config);
		judge_written_messages(which);
		for (unsigned long i = 0; i < run->frames / CASES_CONFIGS / 2 + 1; i++) {
			size_t length = generate_frame(&generator, frame, sizeof(frame));

			if (!datagram_take(&datagram, frame, length))
				continue;
			snprintf(name, sizeof(name), "%s %lu",
				 cases_config_name((enum cases_config)which), i);
			datagram.mtu = mtus[i % COUNT(mtus)];
			judge_message(name, config, &datagram);
			datagram.local = true;
			judge_message(name, config, &datagram);
			datagram.local = false;
			if (cut_message(&datagram))
				judge_message(name, config, &datagram);
		}
	}
	return finish("messages");
}

/* Replies sent back to the service that gave them: never an answer, so no two responders loop. */
static int run_feedback(const struct run *run)
{
	static struct oracle_answer answer, again;
	static uint8_t frame[FRAME_MAX];
	const struct oracle_config *config = cases_config(CASES_DEFAULT);
	struct generator generator;
	unsigned long fed = 0;

	generator_init(&generator, run->seed + 1, config);
	begin(config);
	while (fed < run->replies) {
		size_t length = generate_frame(&generator, frame, sizeof(frame));

		oracle_decide(config, frame, length, &answer);
		if (!answer.reply_length)
			continue;
		frame_reflect(answer.reply, answer.reply_length);
		judge("feedback", config, answer.reply, answer.reply_length, &again);
		fed++;
		if (again.reply_length || again.action == ORACLE_ANSWER) {
			printf("  a reply was answered\n");
			disagreements++;
		}
	}
	end("feedback");
	if (answered) {
		printf("  %lu replies to replies\n", answered);
		disagreements += answered;
	}
	return finish("feedback");
}

/* NULL, or in what the core differs. */
static const char *compare_neighbour(const struct oracle_neighbour *answer,
				     const struct oracle_neighbour *outcome)
{
	if (strcmp(outcome->protocol, answer->protocol))
		return "another answer";
	if (outcome->reply_length != answer->reply_length)
		return "another length";
	return memcmp(outcome->reply, answer->reply, answer->reply_length) ? "other bytes" : NULL;
}

static void judge_neighbour(const char *name, const struct oracle_config *config,
			    const uint8_t *frame, size_t length, size_t room)
{
	static struct oracle_neighbour answer, outcome;
	const char *why;

	oracle_neighbour(config, neighbour_mac, frame, length, room, &answer);
	host_run_neighbour(neighbour_mac, frame, length, room, &outcome);
	compared++;
	answered += answer.reply_length > 0;
	why = compare_neighbour(&answer, &outcome);
	if (!why || disagreements++ >= DISAGREEMENTS_SHOWN)
		return;
	printf("  %s: neighbour: %s; oracle %s, host %s, room %zu\n", name, why, answer.protocol,
	       outcome.protocol, room);
	print_bytes("frame ", frame, length);
	print_bytes("oracle", answer.reply, answer.reply_length);
	print_bytes("host  ", outcome.reply, outcome.reply_length);
}

static void judge_written_neighbours(void)
{
	static struct neighbour_case test;

	begin(cases_config(CASES_DEFAULT));
	for (size_t i = 0; i < neighbour_cases_count(); i++) {
		neighbour_case_get(i, &test);
		judge_neighbour(test.name, cases_config(CASES_DEFAULT), test.frame, test.length,
				test.room);
		if (test.room > test.length) /* against the inaccessible page */
			judge_neighbour(test.name, cases_config(CASES_DEFAULT), test.frame,
					test.length, test.length);
	}
}

/* What neighbours ask where no kernel answers them; with and without room to grow. */
static int run_neighbours(const struct run *run)
{
	static uint8_t frame[FRAME_MAX];
	struct generator generator;
	char name[64];

	judge_written_neighbours();
	generator_init(&generator, run->seed + 3, cases_config(CASES_DEFAULT));
	for (int which = 0; which < CASES_CONFIGS; which++) {
		generator.config = cases_config((enum cases_config)which);
		begin(generator.config);
		for (unsigned long i = 0; i < run->frames / CASES_CONFIGS / 5 + 1; i++) {
			size_t length = generate_neighbour(&generator, neighbour_mac, frame);
			size_t room = i % 3 ? length : length + i % (2 * NEIGHBOUR_ROOM);

			snprintf(name, sizeof(name), "%s %lu",
				 cases_config_name((enum cases_config)which), i);
			judge_neighbour(name, generator.config, frame, length, room);
		}
	}
	return finish("neighbours");
}

static int parse(struct run *run, int argc, char **argv)
{
	static const struct option options[] = {
		{"frames", required_argument, NULL, 'f'},
		{"replies", required_argument, NULL, 'r'},
		{"seed", required_argument, NULL, 's'},
		{"host-only", no_argument, NULL, 'h'},
		{0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'f')
			run->frames = strtoul(optarg, NULL, 0);
		else if (option == 'r')
			run->replies = strtoul(optarg, NULL, 0);
		else if (option == 's')
			run->seed = strtoull(optarg, NULL, 0);
		else if (option == 'h')
			run->kernel = false;
		else
			return -EINVAL;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct run run = {1000000, 1000000, (uint64_t)time(NULL), true};
	int failed;

	if (parse(&run, argc, argv)) {
		fprintf(stderr, "usage: agreement [--frames N] [--replies N] [--seed N] "
				"[--host-only]\n");
		return 2;
	}
	printf("seed %llu\n", (unsigned long long)run.seed);
	if (host_init())
		return 1;
#ifndef AGREEMENT_HOST_ONLY
	if (run.kernel) {
		struct error error;

		if (kernel_init(&error)) {
			fprintf(stderr, "agreement: %s\n", error.text);
			return 1;
		}
		with_kernel = true;
		atexit(kernel_exit);
	}
#endif
	failed = run_cases();
	failed |= run_truncations();
	failed |= run_generated(&run);
	failed |= run_messages(&run);
	failed |= run_feedback(&run);
	failed |= run_neighbours(&run);
	return failed;
}
