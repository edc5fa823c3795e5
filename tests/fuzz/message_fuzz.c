// SPDX-License-Identifier: BSD-2-Clause
/* Messages as sockets take them in: examine, pad and emit against the oracle. */
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "mutator.h"
#include "subject.h"

#define HEAD sizeof(struct input_message)

static unsigned get16(const uint8_t *bytes)
{
	return bytes[0] * 256u + bytes[1];
}

/* The scene that the head sets. */
static void set_scene(struct oracle_datagram *datagram, const struct oracle_config *config,
		      const struct input_message *input)
{
	const struct oracle_service *service =
		&config->services[input->service % config->services_count];
	bool address = service->discovery && input->flags & INPUT_ALTERNATE_ADDRESS;
	bool port = service->discovery && input->flags & INPUT_ALTERNATE_PORT;
	const uint8_t *source = input->source;

	memcpy(datagram->destination, address ? service->alternate_address : service->address, 16);
	datagram->destination_port = port ? service->alternate_port : service->port;
	if (input->flags & INPUT_STRAY)
		datagram->destination_port++;
	if (input->flags & INPUT_FROM_ASKED)
		source = datagram->destination;
	else if (input->flags & INPUT_FROM_ALTERNATE)
		source = address ? service->address : service->alternate_address;
	datagram->family = service->family;
	memcpy(datagram->source, source, service->family == 4 ? 4 : 16);
	datagram->source_port = (uint16_t)get16(input->port);
	datagram->local = input->flags & INPUT_LOCAL;
	datagram->stream = input->flags & INPUT_STREAM;
	datagram->mtu = INPUT_MTU_MIN + get16(input->mtu);
}

static bool is_framing(const char *verdict)
{
	return !strcmp(verdict, "not_stun") || !strcmp(verdict, "stun_length") ||
	       !strcmp(verdict, "too_long");
}

/* A stream must be ended by what has arrived so far just where the whole message ends it. */
static void judge_arrived(enum cases_config which, const struct oracle_datagram *arrived,
			  const char *verdict)
{
	struct subject subject;

	subject_run_message(&subject, which, arrived);
	if (is_framing(subject.verdict) != is_framing(verdict))
		subject_fail(&subject, "the stream ends where it should not, or goes on", verdict);
	subject_free(&subject);
}

static void judge(enum cases_config which, const struct oracle_datagram *datagram,
		  struct oracle_message *answer)
{
	struct subject subject;

	oracle_decide_message(cases_config(which), datagram, answer);
	subject_run_message(&subject, which, datagram);
	subject_compare(&subject, answer->verdict, answer->reply, answer->reply_length);
	if (subject.answered) {
		size_t size = datagram->family == 4 ? 4 : 16;

		if (memcmp(subject.source, answer->reply_source, size) != 0 ||
		    subject.source_port != answer->reply_source_port)
			subject_fail(&subject, "it leaves from another pair", answer->verdict);
		if (memcmp(subject.destination, datagram->source, size) != 0 ||
		    subject.destination_port != answer->reply_destination_port)
			subject_fail(&subject, "it goes elsewhere", answer->verdict);
		if (subject.padded != answer->without_df)
			subject_fail(&subject, "PADDING with DF, or DF without", answer->verdict);
	}
	subject_free(&subject);
}

/* Over TCP a message is as long as its header says; zeros stand for what has not arrived. */
static void judge_stream(enum cases_config which, const struct oracle_datagram *arrived,
			 struct oracle_message *answer)
{
	struct oracle_datagram whole = *arrived, part = *arrived;
	uint8_t *message;

	if (arrived->length < 20)
		return;
	whole.length = 20 + get16(arrived->message + 2);
	if (part.length > whole.length)
		part.length = whole.length;
	message = calloc(1, whole.length);
	if (!message)
		abort();
	memcpy(message, part.message, part.length);
	whole.message = message;
	judge(which, &whole, answer);
	judge_arrived(which, &part, answer->verdict);
	free(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct oracle_datagram datagram = {0};
	struct oracle_message answer;
	struct input_message input;
	enum cases_config which;

	if (size < HEAD || size - HEAD > INPUT_MESSAGE_MAX)
		return 0;
	memcpy(&input, data, HEAD);
	datagram.message = data + HEAD;
	datagram.length = size - HEAD;
	which = input.config % CASES_CONFIGS;
	set_scene(&datagram, cases_config(which), &input);
	if (datagram.stream)
		judge_stream(which, &datagram, &answer);
	else
		judge(which, &datagram, &answer);
	return 0;
}

/* Few mutations would get through length and FINGERPRINT by themselves. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	if (size > HEAD)
		size = HEAD + mutator_repeat(data + HEAD, size - HEAD, max_size - HEAD, seed);
	size = LLVMFuzzerMutate(data, size, max_size);
	if (size <= HEAD || seed % 8 == 0)
		return size;
	size -= (size - HEAD) & 3;
	frame_fix_stun(data + HEAD, size - HEAD,
		       seed % 8 == 1 ? FRAME_FIX_STUN_LENGTH
				     : FRAME_FIX_STUN_LENGTH | FRAME_FIX_FINGERPRINT);
	return size;
}
