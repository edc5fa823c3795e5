/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole frames: a request is a template in which source, transaction ID, FINGERPRINT and checksums
 * are put in place; a reply is taken apart and its checksums verified.
 */
#ifndef REFLEX_LOAD_FRAME_H
#define REFLEX_LOAD_FRAME_H

#include "check.h"
#include "settings.h"

#define FRAME_REQUEST_MAX 252 /* of a request: link, tags, IPv6, UDP, PROFILE_MESSAGE_MAX */

struct frame_template {
	uint8_t bytes[FRAME_REQUEST_MAX];
	size_t length, ip, udp, stun; /* and where they begin */
	const struct profile *profile;
	uint64_t ip_sum, udp_sum; /* of all that never changes */
	uint32_t crc;		  /* state behind the cookie */
};

/* Our and the next hop's link, for all templates. */
struct frame_link {
	uint8_t destination[6], source[6];
	uint16_t tags[SETTINGS_TAGS_MAX];
	size_t tags_count;
};

void frame_template(struct frame_template *template, const struct profile *profile,
		    const struct frame_link *link, const struct endpoint *target);

/* Return: its length. */
size_t frame_write(uint8_t *frame, const struct frame_template *template,
		   const struct endpoint *source, const struct ticket *ticket);

/**
 * frame_read - take a reply apart. One with an unsound header has no message.
 */
void frame_read(struct reply *reply, const uint8_t *frame, size_t length,
		const struct frame_link *link);

#endif
