/* SPDX-License-Identifier: BSD-2-Clause */
/* The carrier's part of an answer: a frame in a buffer that has room behind it. */
#ifndef REFLEX_DPDK_RESPOND_H
#define REFLEX_DPDK_RESPOND_H

#include <stdint.h>

#include "responder.h"

/* Of a frame no more than so many bytes are read, however long it is: headers, and a message of
 * STUN_FAST_MAX. */
#define RESPOND_READ (WIRE_LINK_MAX + 40 + 8 + STUN_FAST_MAX)

/* Resize and emit, where the frame is, back to where it came from. */
static inline void respond_emit(uint8_t *frame, uint32_t room, const struct policy *policy,
				const struct packet *packet, enum family fast,
				struct counters_event *event)
{
	uint32_t link_length = responder_link_length(packet, fast);
	uint32_t length = link_length + responder_reply_length(packet, fast);
	struct link_header link;

	event->family = responder_family(packet, fast);
	event->private_client = packet->binding.private_client;
	if (length > room) {
		event->verdict = VERDICT_NO_ROOM;
		return;
	}
	if (fast)
		ethernet_swap(frame, &link);
	else
		ethernet_swap_tagged(frame, link_length, &link);
	if (responder_emit(frame, frame + length, frame, &link, policy, packet, fast))
		event->sent = length;
}

/**
 * respond - examine, resize, emit.
 * @frame: the frame; becomes the reply where there is one
 * @length: of the frame, in bytes; it may be longer than what is in reach, if RESPOND_READ is
 * @room: bytes from @frame on that may be written
 * @policy: what is configured
 * @options: as for responder_examine; with RESPONDER_LONG all of the frame is in reach
 *
 * Return: what is to be counted, where it is sent; @sent is the length of the reply that the frame
 * now is, 0: it is as it was.
 */
static inline struct counters_event respond(uint8_t *frame, uint32_t length, uint32_t room,
					    const struct policy *policy, uint32_t options)
{
	struct counters_event event = {.received = length};
	struct packet packet;
	enum family fast;

#ifdef __clang_analyzer__ /* does not see that what is read was written where the verdict says so  \
			   */
	packet = (struct packet){0};
#endif
	event.verdict = responder_examine(frame, frame + length, policy, options, &packet, &fast);
	event.family = responder_family(&packet, fast);
	if (verdict_action(event.verdict) != ACTION_ANSWER)
		return event;
	/* Once for each, so that all lengths of the fast path are constants. */
	if (fast == FAMILY_IPV4)
		respond_emit(frame, room, policy, &packet, FAMILY_IPV4, &event);
	else if (fast == FAMILY_IPV6)
		respond_emit(frame, room, policy, &packet, FAMILY_IPV6, &event);
	else
		respond_emit(frame, room, policy, &packet, FAMILY_OTHER, &event);
	return event;
}

#endif
