// SPDX-License-Identifier: BSD-2-Clause
/* What neighbours ask: ARP, Neighbour Discovery and ping against the oracle. */
#include <string.h>

#include "input.h"
#include "oracle/neighbour.h"
#include "oracle/neighbour_cases.h"
#include "subject.h"

#define HEAD sizeof(struct input_neighbour)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *frame = data + HEAD;
	struct oracle_neighbour answer;
	struct input_neighbour input;
	struct subject subject;
	enum cases_config which;
	size_t room;

	if (size < HEAD || size - HEAD > ORACLE_REPLY_MAX)
		return 0;
	memcpy(&input, data, HEAD);
	which = input.config % CASES_CONFIGS;
	size -= HEAD;
	room = size + input.room % (2 * NEIGHBOUR_ROOM);
	oracle_neighbour(cases_config(which), neighbour_mac, frame, size, room, &answer);
	subject_run_neighbour(&subject, which, frame, size, room);
	if (strcmp(subject.verdict, answer.protocol) != 0)
		subject_fail(&subject, "another answer", answer.protocol);
	if (subject.reply_length != answer.reply_length)
		subject_fail(&subject, "another length", answer.protocol);
	if (subject.answered && memcmp(subject.reply, answer.reply, answer.reply_length) != 0)
		subject_fail(&subject, "other bytes", answer.protocol);
	subject_free(&subject);
	return 0;
}

/* Few mutations would get through the checksums by themselves. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	size = LLVMFuzzerMutate(data, size, max_size);
	if (size > HEAD && seed % 8)
		frame_fix_icmp(data + HEAD, size - HEAD);
	return size;
}
