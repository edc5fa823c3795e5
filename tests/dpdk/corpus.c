// SPDX-License-Identifier: BSD-2-Clause
#include "corpus.h"

#include <string.h>

#include "oracle/mutate.h"
#include "oracle/neighbour_cases.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Around the buffers of drivers, 2,048 bytes as a rule, and up to jumbo frames. */
static const size_t long_lengths[] = {1514, 1518, 2047, 2048, 2049, 4096, 4097, 9000};
#define LONGEST 9000

static void add_cases(enum cases_config which, struct capture *capture)
{
	static struct test_case test;

	for (size_t i = 0; i < cases_count(); i++) {
		case_get(i, &test);
		if (test.which == which && test.length)
			capture_add(capture, test.frame, test.length);
	}
}

static void add_resized(const struct test_case *seed, size_t length, struct capture *capture)
{
	uint8_t frame[LONGEST] = {0};

	memcpy(frame, seed->frame, length < seed->length ? length : seed->length);
	capture_add(capture, frame, length);
	frame_fix(frame, length, FRAME_FIX_LENGTHS | FRAME_FIX_STUN_LENGTH | FRAME_FIX_CHECKSUMS);
	capture_add(capture, frame, length);
}

static void add_seeds(struct capture *capture)
{
	static struct test_case seed;

	for (size_t i = 0; i < cases_seeds_count(); i++) {
		cases_seed_get(i, &seed);
		for (size_t length = 1; length <= seed.length; length++)
			add_resized(&seed, length, capture);
		for (size_t j = 0; j < COUNT(long_lengths); j++)
			add_resized(&seed, long_lengths[j], capture);
	}
}

static void add_generated(const struct corpus *corpus, struct capture *capture)
{
	static uint8_t frame[FRAME_MAX];
	struct generator generator;

	generator_init(&generator, corpus->seed + corpus->which, cases_config(corpus->which));
	for (unsigned long i = 0; i < corpus->generated; i++) {
		size_t length = generate_frame(&generator, frame, sizeof(frame));

		if (length)
			capture_add(capture, frame, length);
	}
}

static bool has_mac(const struct corpus *corpus)
{
	static const uint8_t none[6];

	return memcmp(corpus->mac, none, sizeof(none)) != 0;
}

static void add_neighbours(const struct corpus *corpus, struct capture *capture)
{
	static struct neighbour_case test;
	static uint8_t frame[FRAME_MAX];
	struct generator generator;

	for (size_t i = 0; i < neighbour_cases_count(); i++) {
		neighbour_case_get(i, &test);
		if (test.length)
			capture_add(capture, test.frame, test.length);
	}
	generator_init(&generator, corpus->seed + corpus->which, cases_config(corpus->which));
	for (unsigned long i = 0; i < corpus->generated / 5; i++) {
		size_t length = generate_neighbour(&generator, corpus->mac, frame);

		if (length)
			capture_add(capture, frame, length);
	}
}

void corpus_address(const struct corpus *corpus, uint8_t *frame, size_t length)
{
	if (has_mac(corpus) && length >= sizeof(corpus->mac) && !(frame[0] & 1))
		memcpy(frame, corpus->mac, sizeof(corpus->mac));
}

void corpus_make(const struct corpus *corpus, struct capture *capture)
{
	add_cases(corpus->which, capture);
	if (!corpus->without_truncations)
		add_seeds(capture);
	add_generated(corpus, capture);
	if (has_mac(corpus))
		add_neighbours(corpus, capture);
	for (size_t i = 0; i < capture->count; i++)
		corpus_address(corpus, capture->frames[i].bytes, capture->frames[i].length);
}

void corpus_decide(const struct corpus *corpus, const struct capture_frame *frame,
		   struct corpus_answer *answer)
{
	static struct oracle_neighbour neighbour;
	struct oracle_config config = *cases_config(corpus->which);

	config.long_requests = true; /* nobody is behind to answer them */
	config.finish_checksums = corpus->af_packet;
	oracle_decide(&config, frame->bytes, frame->length, &answer->stun);
	answer->neighbour = "none";
	answer->reply = answer->stun.reply;
	answer->reply_length = answer->stun.reply_length;
	if (answer->stun.action != ORACLE_FOREIGN || !has_mac(corpus) ||
	    frame->length > ORACLE_REPLY_MAX)
		return;
	oracle_neighbour(&config, corpus->mac, frame->bytes, frame->length, ORACLE_REPLY_MAX,
			 &neighbour);
	answer->neighbour = neighbour.protocol;
	answer->reply = neighbour.reply;
	answer->reply_length = neighbour.reply_length;
}
