/* SPDX-License-Identifier: BSD-2-Clause */
/* The carrier's part of an answer: a frame in a buffer that has room behind it. */
#ifndef REFLEX_DPDK_RESPOND_H
#define REFLEX_DPDK_RESPOND_H

#include <stdbool.h>
#include <stdint.h>

#include "responder.h"

/* Of a frame no more than so many bytes are read, however long it is: headers, and a message of
 * STUN_FAST_MAX. */
#define RESPOND_READ (WIRE_LINK_MAX + 40 + 8 + STUN_FAST_MAX)

/* What a frame was, and what has become of it. */
struct response {
	enum family family;
	enum verdict verdict;
	bool private_client; /* as in struct binding */
	uint16_t length;     /* of the reply that the frame now is; 0: it is as it was */
};

/**
 * respond - examine, resize, emit.
 * @frame: the frame; becomes the reply where there is one
 * @length: of the frame, in bytes; it may be longer than what is in reach, if RESPOND_READ is
 * @room: bytes from @frame on that may be written
 * @options: as for responder_examine_with; with RESPONDER_LONG all of the frame is in reach
 */
static inline struct response respond(uint8_t *frame, uint32_t length, uint32_t room,
				      const struct policy *policy, uint32_t options)
{
	struct response response = {.length = 0};
	struct packet packet;

#ifdef __clang_analyzer__ /* does not see that what is read was written where the verdict says so  \
			   */
	packet = (struct packet){0};
#endif
	response.verdict = responder_examine_with(frame, frame + length, policy, options, &packet);
	response.family = (enum family)packet.binding.family;
	if (verdict_action(response.verdict) != ACTION_ANSWER)
		return response;
	if (packet.reply_length > room)
		response.verdict = VERDICT_NO_ROOM;
	else if (responder_emit(frame, frame + packet.reply_length, policy, &packet))
		response.length = packet.reply_length;
	response.private_client = packet.binding.private_client;
	return response;
}

#endif
