// SPDX-License-Identifier: BSD-2-Clause
#include "host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "settings.h"

#include "neighbour.h"
#include "responder.h"

#define ROOM ((size_t)(1 << 17)) /* a datagram of any size */

static struct policy policy;
static struct counters counters;
static uint8_t *request_end, *reply_end; /* an inaccessible page begins here */

/* Room whose end is the end of accessible memory. */
static uint8_t *map_guarded(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *start =
		mmap(NULL, ROOM + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (start == MAP_FAILED || mprotect(start + ROOM, page, PROT_NONE))
		return NULL;
	return start + ROOM;
}

int host_init(void)
{
	request_end = map_guarded();
	reply_end = map_guarded();
	return request_end && reply_end ? 0 : -ENOMEM;
}

int host_configure(const struct oracle_config *config)
{
	return settings_build(&policy, config);
}

/* The reply into room of its own, of which nothing was the request's. */
static bool emit_full(const uint8_t *request, const struct packet *packet, struct outcome *outcome)
{
	struct link_header link;
	uint8_t *reply;
	bool whole;

	ethernet_swap_tagged(request, packet->link_length, &link);
	outcome->length = (size_t)packet->link_length + packet->reply_length;
	reply = reply_end - outcome->length;
	memset(reply, 0x5a, outcome->length);
	whole = responder_emit(reply, reply_end, NULL, &link, &policy, packet, FAMILY_OTHER);
	memcpy(outcome->frame, reply, outcome->length);
	return whole;
}

/*
 * What the fast path predicts must be what the full path finds, and the same reply must come of it,
 * grown at the tail or at the head, over the request in its own place.
 */
static bool fast_path_agrees(const uint8_t *request, const struct outcome *outcome,
			     bool private_client)
{
	struct link_header link;
	struct packet packet;
	enum family fast;
	size_t length;
	uint8_t *reply;

	memset(&packet, 0xa5, sizeof(packet));
	if (strcmp(outcome->verdict, verdict_label(responder_examine(request, request_end, &policy,
								     0, &packet, &fast))))
		return false;
	if (fast == FAMILY_OTHER)
		return true;
	length = responder_link_length(&packet, fast) + responder_reply_length(&packet, fast);
	if (strcmp(outcome->verdict, verdict_label(VERDICT_SUCCESS)) || outcome->length != length ||
	    packet.binding.private_client != private_client)
		return false;
	for (int moved = 0; moved < 2; moved++) {
		size_t asked = (size_t)(request_end - request);
		uint8_t *at;

		reply = reply_end - length;
		at = moved ? reply_end - asked : reply;
		memset(reply, 0x5a, length);
		memcpy(at, request, asked);
		ethernet_swap(at, &link);
		if (!responder_emit(reply, reply_end, at, &link, &policy, &packet, fast) ||
		    memcmp(reply, outcome->frame, length))
			return false;
	}
	return true;
}

/* Emits the reply, where there is one. */
static void finish(const uint8_t *request, size_t length, enum verdict verdict,
		   const struct packet *packet, struct outcome *outcome)
{
	outcome->verdict = verdict_label(verdict);
	outcome->answered = verdict_action(verdict) == ACTION_ANSWER;
	outcome->passed = verdict_action(verdict) == ACTION_PUNT ||
			  verdict_action(verdict) == ACTION_FOREIGN ||
			  (verdict_action(verdict) == ACTION_REFUSE && policy.pass_refused);
	outcome->length = length;
	memcpy(outcome->frame, request, length);
	if (outcome->answered && !emit_full(request, packet, outcome))
		outcome->verdict = "emit failed";
}

void host_run(const uint8_t *frame, size_t length, struct outcome *outcome)
{
	struct counters_event event = {.received = (uint32_t)length};
	uint8_t *request = request_end - length;
	struct packet packet;

	memset(&packet, 0xa5, sizeof(packet));
	memcpy(request, frame, length);
	event.verdict = responder_examine_full(request, request_end, &policy, 0, &packet);
	event.family = (enum family)packet.binding.family;
	event.private_client = packet.binding.private_client && verdict_is_success(event.verdict);
	finish(request, length, event.verdict, &packet, outcome);
	if (!fast_path_agrees(request, outcome, event.private_client))
		outcome->verdict = "predicted otherwise";
	event.sent = outcome->answered ? (uint32_t)outcome->length : 0;
	counters_record(&counters, &event, 1);
}

void host_run_whole(const uint8_t *frame, size_t length, struct outcome *outcome)
{
	uint8_t *request = request_end - length;
	uint32_t options = RESPONDER_LONG;
	struct packet packet;
	enum verdict verdict;

	memset(&packet, 0xa5, sizeof(packet));
	memcpy(request, frame, length);
	verdict = responder_examine_full(request, request_end, &policy, options, &packet);
	if (verdict == VERDICT_PARTIAL_CHECKSUM) {
		options |= RESPONDER_VERIFIED;
		verdict = responder_examine_full(request, request_end, &policy, options, &packet);
	}
	finish(request, length, verdict, &packet, outcome);
}

static void copy_address(uint8_t *to, const uint8_t *from, int family)
{
	memset(to, 0xa5, 16);
	memcpy(to, from, family == 4 ? 4 : 16);
}

static void emit_message(const struct binding *binding, struct oracle_message *outcome)
{
	uint8_t *reply = reply_end - message_reply_length(binding);
	struct message_path path;

	outcome->reply_length = message_reply_length(binding);
	if (!message_emit(reply, reply_end, &policy, binding))
		outcome->verdict = "emit failed";
	memcpy(outcome->reply, reply, outcome->reply_length);
	message_reply_path(binding, &path);
	memcpy(outcome->reply_source, &path.source, 16);
	outcome->reply_source_port = be16_to(&path.source_port);
	outcome->reply_destination_port = be16_to(&path.destination_port);
}

void host_run_message(const struct oracle_datagram *datagram, struct oracle_message *outcome)
{
	uint8_t *message = request_end - datagram->length;
	struct message_path path = {
		.family = datagram->family == 4 ? FAMILY_IPV4 : FAMILY_IPV6,
		.local = datagram->local,
		.stream = datagram->stream,
		.source_port = be16_from(datagram->source_port),
		.destination_port = be16_from(datagram->destination_port),
	};
	struct binding binding;
	enum verdict verdict;

	copy_address((uint8_t *)&path.source, datagram->source, datagram->family);
	copy_address((uint8_t *)&path.destination, datagram->destination, datagram->family);
	memset(&binding, 0xa5, sizeof(binding));
	memcpy(message, datagram->message, datagram->length);
	verdict = message_examine(message, request_end, &policy, &path, &binding);
	if (verdict == VERDICT_PADDING)
		verdict = message_pad(&policy, &binding, datagram->mtu);
	outcome->verdict = verdict_label(verdict);
	outcome->reply_length = 0;
	if (verdict_action(verdict) == ACTION_ANSWER)
		emit_message(&binding, outcome);
}

/* Room that is not the frame's own has no part in the answer, so it is filled with anything. */
void host_run_neighbour(const uint8_t *mac, const uint8_t *frame, size_t length, size_t room,
			struct oracle_neighbour *outcome)
{
	static const char *const protocols[] = {
		[NEIGHBOUR_NONE] = "none",
		[NEIGHBOUR_ARP] = "arp",
		[NEIGHBOUR_ADVERTISEMENT] = "advertisement",
		[NEIGHBOUR_ECHO] = "echo",
	};
	uint8_t *request = request_end - room, behind = frame[length / 2];
	enum neighbour answered;

	memcpy(request, frame, length);
	memset(request + length, behind, room - length);
	outcome->reply_length = 0;
	answered = neighbour_answer(request, length, room, &policy, mac, &outcome->reply_length);
	outcome->protocol = protocols[answered];
	memcpy(outcome->reply, request, outcome->reply_length);
	if (answered != NEIGHBOUR_NONE)
		return;
	for (size_t i = 0; i < room; i++) {
		if (request[i] != (i < length ? frame[i] : behind))
			outcome->protocol = "overwritten";
	}
}

const struct tally *host_tally(void)
{
	static struct tally tally;

	settings_tally(&tally, &counters);
	return &tally;
}

void host_reset(void)
{
	memset(&counters, 0, sizeof(counters));
}

int host_verdict(const char *label)
{
	for (int i = 0; i < VERDICTS; i++) {
		if (!strcmp(verdict_label((enum verdict)i), label))
			return i;
	}
	return -1;
}

const char *host_label(int verdict)
{
	return verdict_label((enum verdict)verdict);
}
