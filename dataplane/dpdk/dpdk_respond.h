/* SPDX-License-Identifier: BSD-2-Clause */
/* The carrier's part of an answer: a frame in a buffer that has room behind it. */
#ifndef REFLEX_DPDK_RESPOND_H
#define REFLEX_DPDK_RESPOND_H

#include <stdint.h>

#include "responder.h"

/* How many bytes of a frame are read, however long it is: its headers and STUN_FRAME_MAX. */
#define DPDK_RESPOND_READ                                                                          \
	(WIRE_LINK_MAX +                                                                           \
	 (uint32_t)(sizeof(struct wire_ipv6) + sizeof(struct wire_udp) + STUN_FRAME_MAX))

/*
 * Emit where the frame is, back to where it came from. Return: bytes of the reply; 0: there is no
 * room for it.
 */
static inline __attribute__((always_inline)) uint32_t
dpdk_respond_emit(uint8_t *frame, uint32_t room, const struct policy *policy,
		  const struct packet *packet, enum family fast)
{
	uint32_t link_length = responder_link_length(packet, fast);
	uint32_t length = link_length + responder_reply_length(packet, fast);
	struct link_header link;

	if (length > room)
		return 0;
	if (fast)
		ethernet_swap(frame, &link);
	else
		ethernet_swap_tagged(frame, link_length, &link);
	/* Never false: the frame has the reply's length. */
	return responder_emit(frame, frame + length, frame, &link, policy, packet, fast) ? length
											 : 0;
}

/**
 * dpdk_respond - examine, resize, emit, on the full path.
 * @frame: the frame; becomes the reply where there is one
 * @length: of the frame, in bytes; it may be longer than what is in reach, if DPDK_RESPOND_READ is
 * @room: bytes from @frame on that may be written
 * @policy: what is configured
 * @options: as for responder_examine; with RESPONDER_LONG all of the frame is in reach
 * @event: what is to be counted, where the reply is sent; its length is event->sent. 0: the frame
 * is as it was.
 */
static inline void dpdk_respond(uint8_t *frame, uint32_t length, uint32_t room,
				const struct policy *policy, uint32_t options,
				struct counters_event *event)
{
	struct packet packet;
	enum family fast;

#ifdef __clang_analyzer__ /* does not see that the verdict tells what was written */
	packet = (struct packet){0};
#endif
	event->verdict = responder_examine(frame, frame + length, policy,
					   options | RESPONDER_FULL_ONLY, &packet, &fast);
	event->family = responder_family(&packet, fast);
	event->received = length;
	event->sent = 0;
	if (verdict_action(event->verdict) != ACTION_ANSWER)
		return;
	event->private_client = packet.binding.private_client;
	event->sent = dpdk_respond_emit(frame, room, policy, &packet, fast);
	if (!event->sent)
		event->verdict = VERDICT_NO_ROOM;
}

#endif
