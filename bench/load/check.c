// SPDX-License-Identifier: BSD-2-Clause
#include "check.h"

#include <string.h>

#include "crc32.h"
#include "protocols.h"

static const struct {
	const char *label, *help;
} faults[] = {
#define FAULT(name, label, help) {#label, help},
#include "fault.def"
#undef FAULT
};

const char *fault_label(enum fault fault)
{
	return faults[fault].label;
}

const char *fault_help(enum fault fault)
{
	return faults[fault].help;
}

bool check_ticket(struct ticket *ticket, const struct load_reply *reply)
{
	if (reply->length < sizeof(struct wire_stun))
		return false;
	memcpy(ticket, reply->message + sizeof(struct wire_stun) - sizeof(*ticket),
	       sizeof(*ticket));
	return true;
}

/* What the attributes of a reply say; pointers to values, NULL where there is none. */
struct found {
	const uint8_t *mapped, *xor_mapped, *error, *unknown;
	uint16_t mapped_length, xor_mapped_length, error_length, unknown_length;
};

/* FINGERPRINT stands last and covers what is before it (RFC 8489 section 14.7). */
static bool fingerprint_right(const uint8_t *message, size_t offset, size_t length)
{
	uint32_t state = CRC32_START;

	if (offset + 8 != length)
		return false;
	for (size_t i = 0; i < offset; i += 4)
		state = crc32_1(state, bytes_load32(message + i));
	return bytes_load32(message + offset + 4) == be32_from(~state ^ STUN_FINGERPRINT_XOR).raw;
}

static void note(const uint8_t **value, uint16_t *value_length, const uint8_t *at, uint16_t length)
{
	if (*value)
		return; /* only the first counts */
	*value = at;
	*value_length = length;
}

static bool walk(struct found *found, const uint8_t *message, size_t length, bool legacy)
{
	for (size_t offset = sizeof(struct wire_stun); offset < length;) {
		const struct wire_attribute *attribute =
			(const struct wire_attribute *)(message + offset);
		const uint8_t *value = (const uint8_t *)(attribute + 1);
		size_t left = length - offset;
		uint16_t size;

		if (left < sizeof(*attribute))
			return false;
		size = be16_to(&attribute->length);
		if (size > left - sizeof(*attribute))
			return false;
		switch (be16_to(&attribute->type)) {
		case STUN_MAPPED_ADDRESS:
			note(&found->mapped, &found->mapped_length, value, size);
			break;
		case STUN_XOR_MAPPED_ADDRESS:
			note(&found->xor_mapped, &found->xor_mapped_length, value, size);
			break;
		case STUN_ERROR_CODE:
			note(&found->error, &found->error_length, value, size);
			break;
		case STUN_UNKNOWN_ATTRIBUTES:
			note(&found->unknown, &found->unknown_length, value, size);
			break;
		case STUN_FINGERPRINT:
			if (!legacy && (size != 4 || !fingerprint_right(message, offset, length)))
				return false;
			break;
		default:
			break;
		}
		offset += sizeof(*attribute) + ((size + 3u) & ~3u);
	}
	return true;
}

/* A mapped address, and the 16 bytes that it is XORed with, or zeros. */
static enum fault check_mapped(const uint8_t *value, uint16_t length, const uint8_t *mask,
			       const struct endpoint *client)
{
	bool v6 = client->address.family == AF_INET6;
	size_t size = v6 ? 16 : 4;
	uint8_t wanted[20] = {0, v6 ? STUN_FAMILY_IPV6 : STUN_FAMILY_IPV4};

	if (!value || length != 4 + size)
		return FAULT_MESSAGE;
	wanted[2] = (uint8_t)(client->port >> 8) ^ mask[0];
	wanted[3] = (uint8_t)client->port ^ mask[1];
	for (size_t i = 0; i < size; i++)
		wanted[4 + i] = client->address.bytes[i] ^ mask[i];
	wanted[0] = value[0]; /* to be ignored */
	return memcmp(value, wanted, length) == 0 ? FAULT_NONE : FAULT_ADDRESS;
}

static enum fault check_420(const struct found *found, const struct load_profile *profile)
{
	const uint8_t *unknown = found->unknown;

	if (!found->error || found->error_length < 4 || (found->error[2] & 7) != 4 ||
	    found->error[3] != 20)
		return FAULT_KIND;
	if (!unknown || found->unknown_length < 2 || found->unknown_length % 2)
		return FAULT_MESSAGE;
	for (size_t i = 0; i < found->unknown_length; i += 2)
		if ((unknown[i] << 8 | unknown[i + 1]) != profile->unknown)
			return FAULT_MESSAGE;
	return FAULT_NONE;
}

static enum fault check_message(const struct load_reply *reply, const struct load_profile *profile,
				const struct endpoint *client)
{
	static const uint8_t no_mask[16];
	const struct wire_stun *stun = (const struct wire_stun *)reply->message;
	uint16_t type = profile->answer == PROFILE_420 ? STUN_BINDING | STUN_ERROR
						       : STUN_BINDING | STUN_SUCCESS;
	struct found found = {0};

	if (be16_to(&stun->length) + sizeof(*stun) != reply->length || reply->length % 4)
		return FAULT_MESSAGE;
	if (be16_to(&stun->type) != type)
		return FAULT_KIND;
	/* The first word comes back as it went: the cookie, or the beginning of an older ID. */
	if (be32_to(&stun->id[0]) != (profile->legacy ? 0 : STUN_COOKIE) ||
	    !walk(&found, reply->message, reply->length, profile->legacy))
		return FAULT_MESSAGE;
	switch (profile->answer) {
	case PROFILE_SUCCESS:
		return check_mapped(found.xor_mapped, found.xor_mapped_length, reply->message + 4,
				    client);
	case PROFILE_LEGACY:
		return check_mapped(found.mapped, found.mapped_length, no_mask, client);
	default:
		return check_420(&found, profile);
	}
}

static bool same(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && address_same(&a->address, &b->address);
}

enum fault check_reply(const struct load_reply *reply, const struct load_profile *profile,
		       const struct endpoint *client, const struct endpoint *server)
{
	if (profile->answer == PROFILE_SILENCE)
		return FAULT_UNEXPECTED;
	if (reply->framed && reply->fault != FAULT_NONE)
		return reply->fault;
	if (reply->framed && !same(&reply->source, server))
		return FAULT_SOURCE;
	if (reply->framed && !same(&reply->destination, client))
		return FAULT_DESTINATION;
	return check_message(reply, profile, client);
}
