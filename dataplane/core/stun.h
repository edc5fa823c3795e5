/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* STUN messages: what a request's attributes ask for, and the attributes of the reply. */
#ifndef REFLEX_CORE_STUN_H
#define REFLEX_CORE_STUN_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "checksum.h"
#include "crc32.h"
#include "protocols.h"
#include "verdict.h"
#include "verifier.h"

#define STUN_ATTRIBUTES_MAX 16
#define STUN_FRAME_MAX	    256	 /* of a message that is read in a frame: twice what clients send */
#define STUN_STREAM_MAX	    1472 /* of one that is read over TCP */

/* How far the attributes may reach: constants that bound the loops, and a power of two above. */
#ifdef __bpf__
#define STUN_LENGTH_MAX STUN_FRAME_MAX
#define STUN_OFFSETS	256
#else
#define STUN_LENGTH_MAX 65535
#define STUN_OFFSETS	65536
#endif

/* What the walk found, and where it stands. */
struct stun_attributes {
	/* Types in order of appearance, each once. */
	struct be16 unknown[STUN_ATTRIBUTES_MAX] VERIFIER_ALIGNED;
	uint32_t unknown_count;
	uint16_t length;  /* of all attributes in bytes */
	uint16_t offset;  /* behind the last one read */
	bool fingerprint; /* the message ends with a FINGERPRINT */
	bool integrity;	  /* behind MESSAGE-INTEGRITY or MESSAGE-INTEGRITY-SHA256 */
	uint64_t ignored; /* a bit for each type below 64 that is skipped */
	uint32_t uses;	  /* which of RFC 5780 are in use: enum stun_use */
	uint8_t change;	  /* enum stun_change; where STUN_USE_CHANGE */
	bool padding;
	struct be16 response_port; /* 0: none */
};

/* Which attributes of RFC 5780 the service uses; the others are unknown. */
enum stun_use {
	STUN_USE_CHANGE = 1,
	STUN_USE_RESPONSE_PORT = 2,
	STUN_USE_LOW_PORT = 4, /* RESPONSE-PORT may be below 1024 */
	STUN_USE_PADDING = 8,
};

#define STUN_BIT(type) ((uint64_t)1 << (type))

/* Known, but not in use by a Binding Request that is not authenticated (RFC 8489, RFC 8445). */
#define STUN_IGNORED                                                                               \
	(STUN_BIT(STUN_MAPPED_ADDRESS) | STUN_BIT(STUN_USERNAME) |                                 \
	 STUN_BIT(STUN_MESSAGE_INTEGRITY) | STUN_BIT(STUN_ERROR_CODE) |                            \
	 STUN_BIT(STUN_UNKNOWN_ATTRIBUTES) | STUN_BIT(STUN_REALM) | STUN_BIT(STUN_NONCE) |         \
	 STUN_BIT(STUN_MESSAGE_INTEGRITY_SHA256) | STUN_BIT(STUN_PASSWORD_ALGORITHM) |             \
	 STUN_BIT(STUN_USERHASH) | STUN_BIT(STUN_XOR_MAPPED_ADDRESS) | STUN_BIT(STUN_PRIORITY) |   \
	 STUN_BIT(STUN_USE_CANDIDATE))

/* The same in RFC 3489. */
#define STUN_IGNORED_LEGACY                                                                        \
	(STUN_IGNORED | STUN_BIT(STUN_SOURCE_ADDRESS) | STUN_BIT(STUN_CHANGED_ADDRESS) |           \
	 STUN_BIT(STUN_PASSWORD) | STUN_BIT(STUN_REFLECTED_FROM))

/*
 * Notes an unknown type once. Four types at a time are compared: a lane of the difference that is 0
 * is found by the borrow that its subtraction leaves (Mycroft 1987; Warren, Hacker's Delight,
 * section 6-1).
 */
static inline void stun_note_unknown(struct stun_attributes *found, struct be16 type)
{
	uint64_t types = type.raw * 0x0001000100010001u, known = 0;

	for (int i = 0; i < STUN_ATTRIBUTES_MAX; i += 4) {
		uint64_t lanes = bytes_load64(&found->unknown[i]) ^ types;

		known |= (lanes - 0x0001000100010001u) & ~lanes & 0x8000800080008000u;
	}
	found->unknown[found->unknown_count & (STUN_ATTRIBUTES_MAX - 1)] = type;
	found->unknown_count += !known;
}

static inline enum verdict stun_read_change_request(const struct wire_attribute *attribute,
						    const uint8_t *end,
						    struct stun_attributes *found)
{
	const struct be32 *flags = (const struct be32 *)(attribute + 1);

	if (be16_to(&attribute->length) != 4 ||
	    !verifier_has((const uint8_t *)flags, end, sizeof(*flags)))
		return verdict_own_exit(VERDICT_MALFORMED_ATTRIBUTE);
	found->ignored |= STUN_BIT(STUN_CHANGE_REQUEST); /* only the first counts */
	found->change = be32_to(flags) & STUN_CHANGE_FLAGS;
	if (found->change && !(found->uses & STUN_USE_CHANGE))
		stun_note_unknown(found, attribute->type);
	return VERDICT_UNDECIDED;
}

/* RFC 5780 section 7.5. Some clients count the two bytes of padding in the length. */
static inline enum verdict stun_read_response_port(const struct wire_attribute *attribute,
						   const uint8_t *end,
						   struct stun_attributes *found)
{
	const struct be16 *port = (const struct be16 *)(attribute + 1);
	uint32_t length = be16_to(&attribute->length);

	if ((length != 4 && length != 2) ||
	    /* It is never cut off; the verifier asks. */
	    !verifier_has((const uint8_t *)port, end, sizeof(*port)) || !port->raw)
		return verdict_own_exit(VERDICT_MALFORMED_ATTRIBUTE);
	if (be16_to(port) < UDP_PORT_UNPRIVILEGED && !(found->uses & STUN_USE_LOW_PORT))
		return verdict_own_exit(VERDICT_LOW_SOURCE_PORT);
	found->ignored |= STUN_BIT(STUN_RESPONSE_PORT);
	bytes_copy16(&found->response_port, port);
	return VERDICT_UNDECIDED;
}

/* One attribute that fits into the message. */
static inline enum verdict stun_read(const struct wire_attribute *attribute, const uint8_t *end,
				     bool last, bool legacy, struct stun_attributes *found)
{
	uint32_t type = be16_to(&attribute->type), length = be16_to(&attribute->length);

	if (type >= STUN_COMPREHENSION_OPTIONAL) {
		if (type == STUN_FINGERPRINT && !legacy) {
			if (length != 4 || !last)
				return verdict_own_exit(VERDICT_MALFORMED_ATTRIBUTE);
			found->fingerprint = true;
		}
	} else if (found->integrity) { /* nothing else is read behind it (RFC 8489 section 14.5) */
		return VERDICT_UNDECIDED;
	} else if (type < 64 && found->ignored & STUN_BIT(type)) {
		found->integrity =
			type == STUN_MESSAGE_INTEGRITY || type == STUN_MESSAGE_INTEGRITY_SHA256;
	} else if (type == STUN_CHANGE_REQUEST) {
		return stun_read_change_request(attribute, end, found);
	} else if (type == STUN_RESPONSE_PORT && found->uses & STUN_USE_RESPONSE_PORT) {
		return stun_read_response_port(attribute, end, found);
	} else if (type == STUN_PADDING && found->uses & STUN_USE_PADDING) {
		found->padding = true;
	} else {
		stun_note_unknown(found, attribute->type);
	}
	return VERDICT_UNDECIDED;
}

/** stun_forget_attributes - nothing is asked for, as by a request without attributes. */
static inline void stun_forget_attributes(struct stun_attributes *found)
{
	found->unknown_count = 0;
	found->fingerprint = false;
	found->change = 0;
	found->padding = false;
	found->response_port = be16_from(0);
}

/**
 * stun_walk - read the attributes of a Binding Request (RFC 8489 section 5, 6.3.1; RFC 3489
 * section 11.2).
 * @start: the first attribute
 * @end: end of the frame
 * @length: of all attributes in bytes, a multiple of 4, within the frame
 * @legacy: the request has no magic cookie
 * @uses: of enum stun_use
 * @found: what the attributes ask for; zeroed by stun_forget_attributes
 *
 * Return: VERDICT_UNDECIDED, or why the request is refused.
 */
static inline enum verdict stun_walk(const uint8_t *start, const uint8_t *end, uint16_t length,
				     bool legacy, uint32_t uses, struct stun_attributes *found)
{
	for (int i = 0; i < STUN_ATTRIBUTES_MAX; i += 4)
		bytes_store64(&found->unknown[i], ~(uint64_t)0); /* of no required type */
	found->uses = uses;
	found->integrity = false;
	found->ignored = legacy ? STUN_IGNORED_LEGACY : STUN_IGNORED;
	found->length = length;
	found->offset = 0;
	verifier_forget();
	for (int i = 0; i < STUN_ATTRIBUTES_MAX && found->offset < found->length; i++) {
		uint32_t offset = found->offset & (STUN_OFFSETS - 1), size;
		const struct wire_attribute *attribute =
			(const struct wire_attribute *)(start + offset);
		enum verdict verdict;

		/* It is never cut off; the verifier asks. */
		if (!verifier_has((const uint8_t *)attribute, end, sizeof(*attribute)))
			return verdict_own_exit(VERDICT_MALFORMED_ATTRIBUTE);
		size = sizeof(*attribute) + ((be16_to(&attribute->length) + 3u) & ~3u);
		if (size > found->length - offset)
			return verdict_own_exit(VERDICT_MALFORMED_ATTRIBUTE);
		found->offset = (uint16_t)(offset + size);
		verdict = stun_read(attribute, end, found->offset == found->length, legacy, found);
		if (verdict != VERDICT_UNDECIDED)
			return verdict;
		verifier_forget(); /* the sizes of the attributes so far */
	}
	return found->offset < found->length ? VERDICT_TOO_MANY_ATTRIBUTES : VERDICT_UNDECIDED;
}

/*
 * Fill up an odd list: by a repeated entry that counts in RFC 3489 (section 11.2.10), else by
 * padding that does not.
 */
static inline void stun_pad_unknown(struct stun_attributes *found, bool legacy)
{
	uint32_t last = (found->unknown_count - 1) & (STUN_ATTRIBUTES_MAX - 1);

	if (last & 1)
		return; /* an even number, or none */
	found->unknown[last + 1] = legacy ? found->unknown[last] : be16_from(0);
	found->unknown_count += legacy;
}

/* CRC state after type, length and cookie. Compilers work out all but the length's two bytes. */
static inline uint32_t stun_crc_start(uint16_t type, uint16_t length)
{
	uint32_t state = crc32_2(CRC32_START, be32_from((uint32_t)type << 16).raw,
				 be32_from(STUN_COOKIE).raw);

	return state ^ crc32_table[5][length >> 8] ^ crc32_table[4][length & 0xff];
}

/**
 * stun_check_fingerprint - verify the FINGERPRINT that a request ends with (RFC 8489 section 14.7).
 * @stun: the message
 * @end: end of the frame
 * @length: of all attributes in bytes, FINGERPRINT's 8 included
 * @crc: the state after the STUN header, for the reply to go on from
 *
 * Return: whether it is right.
 */
static inline bool stun_check_fingerprint(const struct wire_stun *stun, const uint8_t *end,
					  uint16_t length, uint32_t *crc)
{
	const uint8_t *pos = (const uint8_t *)(stun + 1);
	uint32_t left = length - STUN_FINGERPRINT_SIZE, state;

	state = crc32_3(stun_crc_start(STUN_BINDING, length), stun->id[1].raw, stun->id[2].raw,
			stun->id[3].raw);
	*crc = state;
	for (int i = 0; i < STUN_LENGTH_MAX / 12 && left >= 12; i++, pos += 12, left -= 12) {
		if (!verifier_has(pos, end, 12))
			return false; /* never; the verifier asks, here and below */
		state = crc32_3(state, bytes_load32(pos), bytes_load32(pos + 4),
				bytes_load32(pos + 8));
	}
	for (int i = 0; i < 2 && left; i++, pos += 4, left -= 4) {
		if (!verifier_has(pos, end, 4))
			return false;
		state = crc32_1(state, bytes_load32(pos));
	}
	if (!verifier_has(pos, end, 8))
		return false;
	return bytes_load32(pos + 4) == be32_from(~state ^ STUN_FINGERPRINT_XOR).raw;
}

/*
 * Writes a reply's attributes, summing them on the way. The puts return false where the frame ends:
 * never, as it has the reply's length, but the verifier asks.
 */
struct stun_writer {
	uint8_t *pos;
	const uint8_t *end; /* of the frame */
	uint64_t sum;	    /* for the UDP checksum */
	uint32_t crc;	    /* state, where a FINGERPRINT follows */
	bool fingerprint;
};

static inline bool stun_put_1(struct stun_writer *writer, uint32_t a)
{
	if (!verifier_has(writer->pos, writer->end, 4))
		return false;
	bytes_store32(writer->pos, a);
	writer->pos += 4;
	writer->sum += a;
	if (writer->fingerprint)
		writer->crc = crc32_1(writer->crc, a);
	return true;
}

static inline bool stun_put_3(struct stun_writer *writer, uint32_t a, uint32_t b, uint32_t c)
{
	if (!verifier_has(writer->pos, writer->end, 12))
		return false;
	bytes_store32(writer->pos, a);
	bytes_store32(writer->pos + 4, b);
	bytes_store32(writer->pos + 8, c);
	writer->pos += 12;
	writer->sum += (uint64_t)a + b + c;
	if (writer->fingerprint)
		writer->crc = crc32_3(writer->crc, a, b, c);
	return true;
}

static inline uint32_t stun_attribute(uint16_t type, uint16_t length)
{
	return be32_from((uint32_t)type << 16 | length).raw;
}

/**
 * stun_put_unknown - ERROR-CODE 420 without a reason phrase, and UNKNOWN-ATTRIBUTES.
 *
 * RFC 8489 section 14.8, 14.9; RFC 3489 section 11.2.9, 11.2.10.
 */
static inline bool stun_put_unknown(struct stun_writer *writer, const struct stun_attributes *found)
{
	if (!stun_put_3(
		    writer, stun_attribute(STUN_ERROR_CODE, 4), be32_from(4 << 8 | 20).raw,
		    stun_attribute(STUN_UNKNOWN_ATTRIBUTES, (uint16_t)(2 * found->unknown_count))))
		return false;
	for (uint32_t i = 0; i < STUN_ATTRIBUTES_MAX && i < found->unknown_count; i += 2) {
		if (!stun_put_1(writer, bytes_load32(&found->unknown[i])))
			return false;
	}
	return true;
}

/** stun_put_bad_request - ERROR-CODE 400 without a reason phrase (RFC 8489 section 14.8). */
static inline bool stun_put_bad_request(struct stun_writer *writer)
{
	return stun_put_1(writer, stun_attribute(STUN_ERROR_CODE, 4)) &&
	       stun_put_1(writer, be32_from(4 << 8).raw);
}

#ifndef __bpf__
/** stun_put_padding - PADDING of so many zeros, a multiple of 4 (RFC 5780 section 7.6). */
static inline bool stun_put_padding(struct stun_writer *writer, uint16_t length)
{
	if (!stun_put_1(writer, stun_attribute(STUN_PADDING, length)))
		return false;
	for (uint32_t i = 0; i < length; i += 4) {
		if (!stun_put_1(writer, 0))
			return false;
	}
	return true;
}
#endif

/** stun_put_fingerprint - FINGERPRINT over all that was put before (RFC 8489 section 14.7). */
static inline bool stun_put_fingerprint(struct stun_writer *writer)
{
	uint32_t fingerprint = ~writer->crc ^ STUN_FINGERPRINT_XOR;

	writer->fingerprint = false;
	return stun_put_1(writer, stun_attribute(STUN_FINGERPRINT, 4)) &&
	       stun_put_1(writer, be32_from(fingerprint).raw);
}

#endif
