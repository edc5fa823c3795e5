// SPDX-License-Identifier: BSD-2-Clause
#include "subject.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agreement/settings.h"

#include "message.h"
#include "neighbour.h"
#include "oracle/neighbour_cases.h"
#include "responder.h"

static struct policy policies[CASES_CONFIGS]; /* written once, before the first input */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	for (int which = 0; which < CASES_CONFIGS; which++) {
		if (settings_build(&policies[which], cases_config((enum cases_config)which)))
			abort();
	}
	return 0;
}

static uint8_t *copy(const uint8_t *bytes, size_t length)
{
	uint8_t *block = malloc(length);

	if (!block)
		abort();
	if (length)
		memcpy(block, bytes, length);
	return block;
}

/* Room for the reply, in which what stays unwritten differs from the oracle's. */
static void begin_reply(struct subject *subject, size_t length)
{
	subject->reply = length ? malloc(length) : NULL;
	subject->reply_length = length;
	if (!subject->reply)
		abort();
	memset(subject->reply, 0x5a, length);
}

/* As XDP does: grown at the head, with the request of the fast path at the end. */
static void reply_frame(struct subject *subject, const struct policy *policy,
			const uint8_t *request, size_t length, const struct packet *packet,
			enum family fast)
{
	uint32_t link_length = responder_link_length(packet, fast);
	struct link_header link;
	uint8_t *moved = NULL;

	begin_reply(subject, link_length + responder_reply_length(packet, fast));
	if (fast) {
		moved = subject->reply + subject->reply_length - length;
		ethernet_swap(request, &link);
		memcpy(moved, request, length);
	} else {
		ethernet_swap_tagged(request, link_length, &link);
	}
	subject->emitted = responder_emit(subject->reply, subject->reply + subject->reply_length,
					  moved, &link, policy, packet, fast);
}

void subject_run_frame(struct subject *subject, enum cases_config which, const uint8_t *frame,
		       size_t length)
{
	const struct policy *policy = &policies[which];
	uint8_t *request = copy(frame, length);
	struct packet packet;
	enum verdict verdict;
	enum family fast;

	memset(&packet, 0xa5, sizeof(packet));
	memset(subject, 0, sizeof(*subject));
	verdict = responder_examine(request, request + length, policy, 0, &packet, &fast);
	subject->verdict = verdict_label(verdict);
	subject->family = family_label(responder_family(&packet, fast));
	subject->answered = verdict_action(verdict) == ACTION_ANSWER;
	if (subject->answered)
		reply_frame(subject, policy, request, length, &packet, fast);
	free(request);
}

static void fill_path(struct message_path *path, const struct oracle_datagram *datagram)
{
	path->family = datagram->family == 4 ? FAMILY_IPV4 : FAMILY_IPV6;
	path->local = datagram->local;
	path->stream = datagram->stream;
	path->source_port = be16_from(datagram->source_port);
	path->destination_port = be16_from(datagram->destination_port);
	memcpy(&path->source, datagram->source, 16);
	memcpy(&path->destination, datagram->destination, 16);
}

static void reply_message(struct subject *subject, const struct policy *policy,
			  const struct binding *binding)
{
	struct message_path path;

	message_reply_path(binding, &path);
	memcpy(subject->source, &path.source, 16);
	memcpy(subject->destination, &path.destination, 16);
	subject->source_port = be16_to(&path.source_port);
	subject->destination_port = be16_to(&path.destination_port);
	subject->padded = binding->padding;
	begin_reply(subject, message_reply_length(binding));
	subject->emitted = message_emit(subject->reply, subject->reply + subject->reply_length,
					policy, binding);
}

void subject_run_message(struct subject *subject, enum cases_config which,
			 const struct oracle_datagram *datagram)
{
	uint8_t *request = copy(datagram->message, datagram->length);
	const struct policy *policy = &policies[which];
	struct message_path path;
	struct binding binding;
	enum verdict verdict;

	memset(&binding, 0xa5, sizeof(binding));
	memset(subject, 0, sizeof(*subject));
	fill_path(&path, datagram);
	verdict = message_examine(request, request + datagram->length, policy, &path, &binding);
	free(request);
	if (verdict == VERDICT_PADDING)
		verdict = message_pad(policy, &binding, datagram->mtu);
	subject->verdict = verdict_label(verdict);
	subject->answered = verdict_action(verdict) == ACTION_ANSWER;
	if (subject->answered)
		reply_message(subject, policy, &binding);
}

void subject_run_neighbour(struct subject *subject, enum cases_config which, const uint8_t *frame,
			   size_t length, size_t room)
{
	static const char *const protocols[] = {
		[NEIGHBOUR_NONE] = "none",
		[NEIGHBOUR_ARP] = "arp",
		[NEIGHBOUR_ADVERTISEMENT] = "advertisement",
		[NEIGHBOUR_ECHO] = "echo",
	};
	enum neighbour answered;

	memset(subject, 0, sizeof(*subject));
	subject->reply = malloc(room);
	if (!subject->reply)
		abort();
	memset(subject->reply, 0x5a, room);
	if (length)
		memcpy(subject->reply, frame, length);
	answered = neighbour_answer(subject->reply, length, room, &policies[which], neighbour_mac,
				    &subject->reply_length);
	subject->verdict = protocols[answered];
	subject->answered = answered != NEIGHBOUR_NONE;
	if (!subject->answered && length && memcmp(subject->reply, frame, length) != 0)
		subject->verdict = "overwritten";
}

void subject_free(struct subject *subject)
{
	free(subject->reply);
}

static void print_bytes(const char *what, const uint8_t *bytes, size_t length)
{
	fprintf(stderr, "  %s (%zu):", what, length);
	for (size_t i = 0; i < length && i < 256; i++)
		fprintf(stderr, "%s%02x", i % 4 ? "" : " ", bytes[i]);
	fprintf(stderr, "\n");
}

void subject_fail(const struct subject *subject, const char *why, const char *verdict)
{
	fprintf(stderr, "disagreement: %s; oracle %s, core %s\n", why, verdict, subject->verdict);
	if (subject->reply)
		print_bytes("core  ", subject->reply, subject->reply_length);
	abort();
}

void subject_compare(const struct subject *subject, const char *verdict, const uint8_t *reply,
		     size_t reply_length)
{
	const char *why = NULL;

	if (strcmp(subject->verdict, verdict) != 0)
		why = "another verdict";
	else if (subject->answered != (oracle_action_of(verdict) == ORACLE_ANSWER))
		why = "another action";
	else if (subject->answered && !subject->emitted)
		why = "the reply does not fit into its own length";
	else if (subject->reply_length != reply_length)
		why = "another length";
	else if (reply_length && memcmp(subject->reply, reply, reply_length) != 0)
		why = "other bytes";
	if (!why)
		return;
	print_bytes("oracle", reply, reply_length);
	subject_fail(subject, why, verdict);
}
