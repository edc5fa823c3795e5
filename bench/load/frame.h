/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole frames. A request is a template, into which source, transaction ID, FINGERPRINT and
 * checksums are written; a reply is parsed and its checksums are verified.
 */
#ifndef REFLEX_LOAD_FRAME_H
#define REFLEX_LOAD_FRAME_H

#include "check.h"
#include "load_settings.h"

#define FRAME_REQUEST_MAX 252 /* of a request: link, tags, IPv6, UDP, PROFILE_MESSAGE_MAX */

struct frame_template {
	uint8_t bytes[FRAME_REQUEST_MAX];
	size_t length, ip, udp, stun; /* and where they begin */
	const struct load_profile *profile;
	uint64_t ip_sum, udp_sum; /* of all that never changes */
	uint32_t crc;		  /* state behind the cookie */
};

/* Our and the next hop's link, for all templates. */
struct frame_link {
	uint8_t destination[6], source[6];
	uint16_t tags[LOAD_TAGS_MAX];
	size_t tags_count;
};

/** frame_template - make the template of a profile. */
void frame_template(struct frame_template *template, const struct load_profile *profile,
		    const struct frame_link *link, const struct endpoint *target);

/**
 * frame_write - write a request.
 * @frame: room for FRAME_REQUEST_MAX
 *
 * Return: its length.
 */
size_t frame_write(uint8_t *frame, const struct frame_template *template,
		   const struct endpoint *source, const struct ticket *ticket);

/**
 * frame_read - parse a reply.
 * @reply: points into @frame; one whose headers are malformed has no message
 * @link: of the requests
 */
void frame_read(struct load_reply *reply, const uint8_t *frame, size_t length,
		const struct frame_link *link);

#endif
