// SPDX-License-Identifier: BSD-2-Clause
#include "profile.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "protocols.h"

#define FOUR "8022000431323334"

const struct load_profile profiles[] = {
	{.name = "chromium", .sender = "Chromium, Chrome, libwebrtc"},
	{.name = "firefox", .sender = "Firefox", .fingerprint = true},
	{.name = "tailscale",
	 .sender = "Tailscale",
	 .attributes = "80220008'tailnode'",
	 .fingerprint = true},
	{.name = "libnice", .sender = "libnice: GStreamer, Pidgin, Janus"},
	{.name = "baresip",
	 .sender = "baresip, libre",
	 .attributes = "8022001c'libre v2.10.0 (x86_64/linux)'"},
	{.name = "linphone", .sender = "Linphone"},
	{.name = "pjsip",
	 .sender = "pjsip, mapped address",
	 .legacy = true,
	 .answer = PROFILE_LEGACY},
	{.name = "pjnath", .sender = "pjnath, ICE", .attributes = "8022000b'pjnath-2.13'00"},
	{.name = "pjnath-nat",
	 .sender = "pjnath, NAT detection",
	 .legacy = true,
	 .answer = PROFILE_LEGACY,
	 .attributes = "0003000400000000"},
	{.name = "asterisk", .sender = "Asterisk", .legacy = true, .answer = PROFILE_LEGACY},
	{.name = "stuntman", .sender = "stuntman stunclient", .attributes = "0003000400000000"},
	{.name = "coturn", .sender = "coturn's turnutils"},
	{.name = "vovida",
	 .sender = "vovida stun, Debian's stun-client",
	 .legacy = true,
	 .answer = PROFILE_LEGACY,
	 .attributes = "0003000400000000"},
	{.name = "tr069",
	 .sender = "TR-069 devices, by TR-111",
	 .legacy = true,
	 .answer = PROFILE_LEGACY,
	 .attributes = "c0010014'dslforum.org/TR-111 '0006000d'00D09E-123456'000000"},
	{.name = "microsoft",
	 .sender = "Microsoft Lync, Teams edge",
	 .attributes = "8008000400000006 8070000400000003 8050000400000000 8054000400000000",
	 .fingerprint = true},
	{.name = "zoiper", .sender = "Zoiper 5", .attributes = "8022000d'Zoiper rv2.10'000000"},

	{.name = "legacy",
	 .sender = "any RFC 3489 client, bare",
	 .legacy = true,
	 .answer = PROFILE_LEGACY},
	{.name = "420",
	 .sender = "nobody: an attribute that must be understood",
	 .answer = PROFILE_420,
	 .unknown = 0x7fff,
	 .attributes = "7fff000400000000"},
	{.name = "legacy-420",
	 .sender = "nobody: the same by RFC 3489",
	 .answer = PROFILE_420,
	 .legacy = true,
	 .unknown = 0x7fff,
	 .attributes = "7fff000400000000"},
	{.name = "no-checksum",
	 .sender = "nobody: no UDP checksum, which IPv4 allows",
	 .twist = PROFILE_NO_CHECKSUM},

	{.name = "malformed",
	 .sender = "an attribute that overruns the message",
	 .answer = PROFILE_SILENCE,
	 .attributes = "802200c831323334"},
	{.name = "length",
	 .sender = "a length that is not the datagram's",
	 .answer = PROFILE_SILENCE,
	 .length_off = 4},
	{.name = "crowded",
	 .sender = "17 attributes",
	 .answer = PROFILE_SILENCE,
	 .attributes = FOUR FOUR FOUR FOUR FOUR FOUR FOUR FOUR FOUR FOUR FOUR FOUR FOUR FOUR FOUR
		 FOUR FOUR},
	{.name = "fingerprint",
	 .sender = "a wrong FINGERPRINT",
	 .answer = PROFILE_SILENCE,
	 .fingerprint = true,
	 .fingerprint_wrong = true},
	{.name = "indication",
	 .sender = "a Binding Indication",
	 .answer = PROFILE_SILENCE,
	 .type = 0x0011},
	{.name = "response",
	 .sender = "a Binding response, as loops are made of",
	 .answer = PROFILE_SILENCE,
	 .type = 0x0101},
	{.name = "allocate",
	 .sender = "a TURN Allocate request",
	 .answer = PROFILE_SILENCE,
	 .type = 0x0003},
	{.name = "rtp", .sender = "no STUN", .answer = PROFILE_SILENCE, .first = 0x80},
	{.name = "checksum",
	 .sender = "a wrong UDP checksum",
	 .answer = PROFILE_SILENCE,
	 .twist = PROFILE_UDP_CHECKSUM},
	{.name = "ip-checksum",
	 .sender = "a wrong IPv4 header checksum",
	 .answer = PROFILE_SILENCE,
	 .twist = PROFILE_IP_CHECKSUM},
	{.name = "land",
	 .sender = "from the very address that it goes to",
	 .answer = PROFILE_SILENCE,
	 .twist = PROFILE_LAND},
	{.name = "spoofed",
	 .sender = "from 240.0.0.0/4 or ff00::/8",
	 .answer = PROFILE_SILENCE,
	 .twist = PROFILE_BOGON},
	{.name = "port-0",
	 .sender = "from port 0",
	 .answer = PROFILE_SILENCE,
	 .twist = PROFILE_PORT_0},
};

size_t profile_count(void)
{
	return sizeof(profiles) / sizeof(profiles[0]);
}

const struct load_profile *profile_find(const char *name)
{
	for (size_t i = 0; i < profile_count(); i++)
		if (strcmp(profiles[i].name, name) == 0)
			return &profiles[i];
	return NULL;
}

static size_t put_attributes(uint8_t *to, const char *text)
{
	size_t length = 0;
	bool quoted = false;

	for (; *text; text++) {
		if (*text == '\'') {
			quoted = !quoted;
		} else if (quoted) {
			to[length++] = (uint8_t)*text;
		} else if (isxdigit((unsigned char)*text)) {
			const char digits[] = {text[0], text[1], '\0'};

			to[length++] = (uint8_t)strtoul(digits, NULL, 16);
			text++;
		}
	}
	return length;
}

static size_t put_fingerprint(uint8_t *to)
{
	const struct wire_attribute attribute = {be16_from(STUN_FINGERPRINT), be16_from(4)};

	memcpy(to, &attribute, sizeof(attribute));
	return sizeof(attribute) + 4;
}

size_t profile_message(uint8_t *message, const struct load_profile *profile)
{
	struct wire_stun stun = {
		.type = be16_from(profile->type ? profile->type : STUN_BINDING),
		.id[0] = be32_from(profile->legacy ? 0 : STUN_COOKIE),
	};
	size_t length = sizeof(stun);

	memset(message, 0, PROFILE_MESSAGE_MAX);
	if (profile->attributes)
		length += put_attributes(message + length, profile->attributes);
	if (profile->fingerprint)
		length += put_fingerprint(message + length);
	stun.length = be16_from((uint16_t)((int)(length - sizeof(stun)) + profile->length_off));
	memcpy(message, &stun, sizeof(stun));
	if (profile->first)
		message[0] = profile->first;
	return length;
}

const char *profile_answer_name(enum profile_answer answer)
{
	static const char *const names[] = {
		[PROFILE_SUCCESS] = "success",
		[PROFILE_LEGACY] = "legacy success",
		[PROFILE_420] = "error 420",
		[PROFILE_SILENCE] = "silence",
	};

	return names[answer];
}
