// SPDX-License-Identifier: BSD-2-Clause
/* Whole frames: examine and emit against the oracle. */
#include <string.h>

#include "input.h"
#include "mutator.h"
#include "subject.h"

#define ALL                                                                                        \
	(FRAME_FIX_LENGTHS | FRAME_FIX_STUN_LENGTH | FRAME_FIX_FINGERPRINT | FRAME_FIX_CHECKSUMS)

#define HEAD sizeof(struct input_frame)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *frame = data + HEAD;
	const struct oracle_config *config;
	struct oracle_answer answer;
	struct subject subject;
	enum cases_config which;
	const char *broken;

	if (size < HEAD)
		return 0;
	which = data[0] % CASES_CONFIGS;
	config = cases_config(which);
	oracle_decide(config, frame, size - HEAD, &answer);
	subject_run_frame(&subject, which, frame, size - HEAD);
	subject_compare(&subject, answer.verdict, answer.reply, answer.reply_length);
	if (strcmp(subject.family, answer.family) != 0)
		subject_fail(&subject, "another family", answer.verdict);
	if (subject.answered) {
		broken = oracle_check_bounds(config, frame, size - HEAD, subject.reply,
					     subject.reply_length);
		if (broken)
			subject_fail(&subject, broken, answer.verdict);
	}
	subject_free(&subject);
	return 0;
}

/* Attributes are whole words: a payload that is none would be refused by its length. */
static size_t cut_to_words(const uint8_t *frame, size_t length)
{
	struct frame_layout layout;

	if (!frame_locate(frame, length, &layout))
		return length;
	return length - ((length - layout.payload) & 3);
}

/* Of the message in the frame. */
static size_t repeat_attribute(uint8_t *frame, size_t length, size_t capacity, unsigned seed)
{
	struct frame_layout layout;

	if (!frame_locate(frame, length, &layout))
		return length;
	return layout.payload + mutator_repeat(frame + layout.payload, length - layout.payload,
					       capacity - layout.payload, seed);
}

/* Few mutations would get through lengths and checksums by themselves. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	static const unsigned repairs[8] = {
		0,
		FRAME_FIX_CHECKSUMS,
		FRAME_FIX_CHECKSUMS,
		ALL & ~FRAME_FIX_FINGERPRINT,
		ALL,
		ALL,
		ALL,
		ALL,
	};
	unsigned repair = repairs[seed % 8];

	if (size > HEAD)
		size = HEAD + repeat_attribute(data + HEAD, size - HEAD, max_size - HEAD, seed);
	size = LLVMFuzzerMutate(data, size, max_size);
	if (size <= HEAD)
		return size;
	if (repair & FRAME_FIX_LENGTHS)
		size = HEAD + cut_to_words(data + HEAD, size - HEAD);
	frame_fix(data + HEAD, size - HEAD, repair);
	return size;
}
