/* SPDX-License-Identifier: BSD-2-Clause */
#include "oracle.h"

#include <string.h>

/* Numbers in comments are those of "The order of checks" in dataplane/README.md. */

#define ATTRIBUTES_MAX 16
#define COOKIE	       0x2112a442u

/* What has been understood of the frame so far; offsets are from its first byte. */
struct look {
	const struct oracle_config *config;
	const uint8_t *frame;
	size_t length;
	int family;
	size_t ip;
	size_t ip_header; /* bytes of it */
	size_t ip_length; /* header and payload, as the header claims */
	size_t udp;
	size_t udp_length;
	size_t stun;
	size_t stun_length; /* UDP payload, header and attributes */
	bool cookie;
	bool integrity; /* a MESSAGE-INTEGRITY has gone by */
	bool integrity_sha256;
	bool change_request;
	bool fingerprint;
	size_t fingerprint_at;
	unsigned unknown[ATTRIBUTES_MAX];
	size_t unknown_count;
};

static const struct {
	const char *label;
	enum oracle_action action;
} outcomes[] = {
	{"success", ORACLE_ANSWER},	      {"legacy_success", ORACLE_ANSWER},
	{"unknown_attribute", ORACLE_ANSWER}, {"fragment", ORACLE_HANDOFF},
	{"ipv4_options", ORACLE_HANDOFF},     {"ipv6_extension", ORACLE_HANDOFF},
	{"oversize", ORACLE_HANDOFF},	      {"not_ip", ORACLE_FOREIGN},
	{"ip_header", ORACLE_FOREIGN},	      {"not_udp", ORACLE_FOREIGN},
	{"not_service", ORACLE_FOREIGN},
};

const char *const oracle_labels[] = {
	"success",
	"legacy_success",
	"unknown_attribute",
	"fragment",
	"ipv4_options",
	"ipv6_extension",
	"oversize",
	"not_ip",
	"ip_header",
	"not_udp",
	"not_service",
	"ip_length",
	"udp_length",
	"ip_checksum",
	"link_address",
	"source_address",
	"land",
	"source_port",
	"low_source_port",
	"stun_runt",
	"not_stun",
	"stun_length",
	"response",
	"indication",
	"unknown_method",
	"no_cookie",
	"udp_checksum",
	"udp_checksum_missing",
	"malformed_attribute",
	"too_many_attributes",
	"wrong_fingerprint",
	NULL,
};

enum oracle_action oracle_action_of(const char *label)
{
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
		if (strcmp(outcomes[i].label, label) == 0)
			return outcomes[i].action;
	}
	return ORACLE_REFUSE;
}

static unsigned read16(const uint8_t *bytes)
{
	return bytes[0] * 256u + bytes[1];
}

static uint32_t read32(const uint8_t *bytes)
{
	return read16(bytes) * 65536u + read16(bytes + 2);
}

static void write16(uint8_t *bytes, unsigned value)
{
	bytes[0] = (uint8_t)(value / 256);
	bytes[1] = (uint8_t)(value % 256);
}

/* The one's complement sum of RFC 1071, carries added as they come. */
static unsigned add_words(unsigned sum, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		sum += i % 2 == 0 ? bytes[i] * 256u : bytes[i];
		if (sum > 0xffff)
			sum -= 0xffff;
	}
	return sum;
}

/* The pseudo-header of RFC 768 and of RFC 8200 8.1; both sum to the same but for the addresses. */
static unsigned add_pseudo_header(const uint8_t *ip, int family, unsigned udp_length)
{
	uint8_t rest[4] = {0, 17, 0, 0};
	unsigned sum;

	write16(rest + 2, udp_length);
	if (family == 4)
		sum = add_words(0, ip + 12, 8);
	else
		sum = add_words(0, ip + 8, 32);
	return add_words(sum, rest, 4);
}

/* ISO 3309 as in ITU-T V.42, one bit at a time. */
static uint32_t crc32(const uint8_t *bytes, size_t length)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < length; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? (crc >> 1) ^ 0xedb88320u : crc >> 1;
	}
	return crc ^ 0xffffffff;
}

static uint32_t fingerprint_of(const uint8_t *message, size_t length)
{
	return crc32(message, length) ^ 0x5354554eu;
}

static size_t address_length(int family)
{
	return family == 4 ? 4 : 16;
}

static const uint8_t *source_address(const struct look *look)
{
	return look->frame + look->ip + (look->family == 4 ? 12 : 8);
}

static const uint8_t *destination_address(const struct look *look)
{
	return look->frame + look->ip + (look->family == 4 ? 16 : 24);
}

static bool has_service(const struct look *look, bool any_port, unsigned port)
{
	for (size_t i = 0; i < look->config->services_count; i++) {
		const struct oracle_service *service = &look->config->services[i];

		if (service->family != look->family)
			continue;
		if (memcmp(service->address, destination_address(look),
			   address_length(look->family)) != 0)
			continue;
		if (any_port || service->port == port)
			return true;
	}
	return false;
}

/* 1 */
static const char *check_link(struct look *look)
{
	size_t at = 12;
	int tags = 0;

	for (;;) {
		unsigned type;

		if (look->length < at + 2)
			return "not_ip";
		type = read16(look->frame + at);
		if ((type == 0x8100 || type == 0x88a8) && tags < 2) {
			tags++;
			at += 4;
			continue;
		}
		if (type == 0x0800)
			look->family = 4;
		else if (type == 0x86dd)
			look->family = 6;
		else
			return "not_ip";
		look->ip = at + 2;
		return NULL;
	}
}

/* 2 */
static const char *check_ip_header(struct look *look)
{
	const uint8_t *ip = look->frame + look->ip;
	size_t left = look->length - look->ip;

	if (left < (look->family == 4 ? 20u : 40u))
		return "ip_header";
	if (ip[0] >> 4 != look->family)
		return "ip_header";
	if (look->family == 4) {
		look->ip_header = (ip[0] & 15) * 4u;
		look->ip_length = read16(ip + 2);
		if (look->ip_header < 20)
			return "ip_header";
	} else {
		look->ip_header = 40;
		look->ip_length = 40u + read16(ip + 4);
	}
	return NULL;
}

/* 3 */
static const char *check_protocol(struct look *look)
{
	const uint8_t *ip = look->frame + look->ip;
	bool ours = has_service(look, true, 0);

	if (look->family == 4) {
		bool more = (ip[6] & 0x20) != 0;
		bool offset = (read16(ip + 6) & 0x1fff) != 0;

		if (ip[9] != 17)
			return "not_udp";
		if (more || offset)
			return ours ? "fragment" : "not_service";
		return NULL;
	}
	switch (ip[6]) {
	case 17:
		return NULL;
	case 44:
		return ours ? "fragment" : "not_service";
	case 0:
	case 43:
	case 51:
	case 60:
	case 135:
	case 139:
	case 140:
		return ours ? "ipv6_extension" : "not_service";
	default:
		return "not_udp";
	}
}

/* 4 to 6 */
static const char *check_service(struct look *look)
{
	size_t behind_udp = look->ip_header + 8;

	if (look->length - look->ip < behind_udp || look->ip_length < behind_udp)
		return "ip_header";
	look->udp = look->ip + look->ip_header;
	if (!has_service(look, false, read16(look->frame + look->udp + 2)))
		return "not_service";
	if (look->family == 4 && look->ip_header > 20)
		return "ipv4_options";
	return NULL;
}

/* 7 to 9 */
static const char *check_lengths(struct look *look)
{
	if (look->ip_length > look->length - look->ip)
		return "ip_length";
	look->udp_length = read16(look->frame + look->udp + 4);
	if (look->udp_length < 8 || look->udp_length > look->ip_length - look->ip_header)
		return "udp_length";
	if (look->family == 4 && add_words(0, look->frame + look->ip, 20) != 0xffff)
		return "ip_checksum";
	return NULL;
}

static bool is_bogon(const uint8_t *address, int family)
{
	static const uint8_t unspecified[16];
	static const uint8_t loopback[16] = {[15] = 1};

	if (family == 4) {
		return address[0] == 0 || address[0] == 127 || address[0] >= 224 ||
		       (address[0] == 169 && address[1] == 254);
	}
	return memcmp(address, unspecified, 16) == 0 || memcmp(address, loopback, 16) == 0 ||
	       address[0] == 0xff;
}

/* 10 to 13 */
static const char *check_addresses(struct look *look)
{
	const uint8_t *source = source_address(look);
	unsigned port = read16(look->frame + look->udp);

	if (look->frame[0] & 1 || look->frame[6] & 1)
		return "link_address";
	if (is_bogon(source, look->family))
		return "source_address";
	if (memcmp(source, destination_address(look), address_length(look->family)) == 0)
		return "land";
	if (port == 0)
		return "source_port";
	if (port < 1024 && !look->config->low_source_ports)
		return "low_source_port";
	return NULL;
}

/* 14 to 18 */
static const char *check_stun(struct look *look)
{
	const uint8_t *stun = look->frame + look->udp + 8;
	unsigned type, method, class;

	look->stun = look->udp + 8;
	look->stun_length = look->udp_length - 8;
	if (look->stun_length < 20)
		return "stun_runt";
	if (stun[0] > 3)
		return "not_stun";
	if (read16(stun + 2) % 4 != 0 || read16(stun + 2) != look->stun_length - 20)
		return "stun_length";
	/* RFC 8489 figure 3: M11..M7 C1 M6..M4 C0 M3..M0 */
	type = read16(stun);
	class = (type >> 8 & 1) * 2 + (type >> 4 & 1);
	method = (type >> 9 & 31) * 128 + (type >> 5 & 7) * 16 + (type & 15);
	if (class == 2 || class == 3)
		return "response";
	if (class == 1)
		return "indication";
	if (method != 1)
		return "unknown_method";
	look->cookie = read32(stun + 4) == COOKIE;
	if (!look->cookie && !look->config->legacy)
		return "no_cookie";
	return NULL;
}

/* 19 and 20 */
static const char *check_payload(struct look *look)
{
	const uint8_t *udp = look->frame + look->udp;
	unsigned sum;

	if (look->stun_length > 1472)
		return "oversize";
	if (read16(udp + 6) == 0)
		return look->family == 6 ? "udp_checksum_missing" : NULL;
	sum = add_pseudo_header(look->frame + look->ip, look->family, (unsigned)look->udp_length);
	if (add_words(sum, udp, look->udp_length) != 0xffff)
		return "udp_checksum";
	return NULL;
}

/* 26, by the names of the IANA registry and of RFC 3489 11.2 */
static bool is_known(unsigned type, bool cookie)
{
	switch (type) {
	case 0x0001: /* MAPPED-ADDRESS */
	case 0x0006: /* USERNAME */
	case 0x0008: /* MESSAGE-INTEGRITY */
	case 0x0009: /* ERROR-CODE */
	case 0x000a: /* UNKNOWN-ATTRIBUTES */
	case 0x0014: /* REALM */
	case 0x0015: /* NONCE */
	case 0x001c: /* MESSAGE-INTEGRITY-SHA256 */
	case 0x001d: /* PASSWORD-ALGORITHM */
	case 0x001e: /* USERHASH */
	case 0x0020: /* XOR-MAPPED-ADDRESS */
	case 0x0024: /* PRIORITY */
	case 0x0025: /* USE-CANDIDATE */
		return true;
	case 0x0004: /* SOURCE-ADDRESS */
	case 0x0005: /* CHANGED-ADDRESS */
	case 0x0007: /* PASSWORD */
	case 0x000b: /* REFLECTED-FROM */
		return !cookie;
	default:
		return type >= 0x8000;
	}
}

static void note_unknown(struct look *look, unsigned type)
{
	for (size_t i = 0; i < look->unknown_count; i++) {
		if (look->unknown[i] == type)
			return;
	}
	look->unknown[look->unknown_count++] = type;
}

/* 23 to 26, for one attribute whose value lies within the message */
static const char *check_attribute(struct look *look, size_t at, unsigned type, unsigned length)
{
	if (type == 0x8028 && look->cookie) {
		if (length != 4 || at + 8 != look->stun + look->stun_length)
			return "malformed_attribute";
		look->fingerprint = true;
		look->fingerprint_at = at;
		return NULL;
	}
	if (look->integrity_sha256 || (look->integrity && type != 0x001c))
		return NULL;
	if (type == 0x0003) {
		if (look->change_request)
			return NULL;
		if (length != 4)
			return "malformed_attribute";
		look->change_request = true;
		if (look->frame[at + 7] & 6)
			note_unknown(look, type);
		return NULL;
	}
	if (type == 0x0008)
		look->integrity = true;
	if (type == 0x001c)
		look->integrity_sha256 = true;
	if (!is_known(type, look->cookie))
		note_unknown(look, type);
	return NULL;
}

/* 21 to 26 */
static const char *check_attributes(struct look *look)
{
	size_t end = look->stun + look->stun_length;
	size_t at = look->stun + 20;
	int count = 0;

	while (at < end) {
		const char *verdict;
		unsigned length;
		size_t padded;

		count++;
		if (count > ATTRIBUTES_MAX)
			return "too_many_attributes";
		if (end - at < 4)
			return "malformed_attribute";
		length = read16(look->frame + at + 2);
		padded = length;
		while (padded % 4 != 0)
			padded++;
		if (padded > end - at - 4)
			return "malformed_attribute";
		verdict = check_attribute(look, at, read16(look->frame + at), length);
		if (verdict)
			return verdict;
		at += 4 + padded;
	}
	return NULL;
}

/* 27 and 28 */
static const char *conclude(struct look *look)
{
	if (look->fingerprint && !look->config->ignore_wrong_fingerprint) {
		const uint8_t *stun = look->frame + look->stun;
		uint32_t sent = read32(look->frame + look->fingerprint_at + 4);

		if (sent != fingerprint_of(stun, look->fingerprint_at - look->stun))
			return "wrong_fingerprint";
	}
	if (look->unknown_count > 0)
		return "unknown_attribute";
	return look->cookie ? "success" : "legacy_success";
}

static const char *examine(struct look *look)
{
	static const char *(*const checks[])(struct look *) = {
		check_link,	 check_ip_header, check_protocol, check_service,    check_lengths,
		check_addresses, check_stun,	  check_payload,  check_attributes, conclude,
	};
	const char *verdict = NULL;

	for (size_t i = 0; !verdict; i++)
		verdict = checks[i](look);
	return verdict;
}

static void put(struct oracle_answer *answer, const void *bytes, size_t length)
{
	memcpy(answer->reply + answer->reply_length, bytes, length);
	answer->reply_length += length;
}

static void put8(struct oracle_answer *answer, unsigned value)
{
	answer->reply[answer->reply_length++] = (uint8_t)value;
}

static void put16(struct oracle_answer *answer, unsigned value)
{
	write16(answer->reply + answer->reply_length, value);
	answer->reply_length += 2;
}

static void put_link(struct oracle_answer *answer, const struct look *look)
{
	put(answer, look->frame + 6, 6);
	put(answer, look->frame, 6);
	put(answer, look->frame + 12, look->ip - 12); /* the tags and the EtherType */
}

/* Lengths and checksums follow when the reply is whole. */
static void put_ip_and_udp(struct oracle_answer *answer, const struct look *look)
{
	static const uint8_t ipv4[12] = {0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 17, 0, 0};
	static const uint8_t ipv6[8] = {0x60, 0, 0, 0, 0, 0, 17, 64};

	if (look->family == 4)
		put(answer, ipv4, sizeof(ipv4));
	else
		put(answer, ipv6, sizeof(ipv6));
	put(answer, destination_address(look), address_length(look->family));
	put(answer, source_address(look), address_length(look->family));
	put(answer, look->frame + look->udp + 2, 2);
	put(answer, look->frame + look->udp, 2);
	put16(answer, 0);
	put16(answer, 0);
}

static void put_mapped_address(struct oracle_answer *answer, const struct look *look)
{
	size_t size = address_length(look->family);
	const uint8_t *address = source_address(look);
	const uint8_t *port = look->frame + look->udp;
	const uint8_t *key = look->frame + look->stun + 4; /* cookie, transaction ID */

	put16(answer, look->cookie ? 0x0020 : 0x0001);
	put16(answer, 4 + (unsigned)size);
	put8(answer, 0);
	put8(answer, look->family == 4 ? 1 : 2);
	for (size_t i = 0; i < 2; i++)
		put8(answer, look->cookie ? port[i] ^ key[i] : port[i]);
	for (size_t i = 0; i < size; i++)
		put8(answer, look->cookie ? address[i] ^ key[i] : address[i]);
}

static void put_unknown_attributes(struct oracle_answer *answer, const struct look *look)
{
	size_t count = look->unknown_count;
	bool odd = count % 2 == 1;

	put16(answer, 0x0009);
	put16(answer, 4);
	put16(answer, 0);
	put8(answer, 4);
	put8(answer, 20);

	put16(answer, 0x000a);
	put16(answer, 2 * (unsigned)(odd && !look->cookie ? count + 1 : count));
	for (size_t i = 0; i < count; i++)
		put16(answer, look->unknown[i]);
	if (odd)
		put16(answer, look->cookie ? 0 : look->unknown[count - 1]);
}

static void put_software(struct oracle_answer *answer, const char *software)
{
	size_t length = strlen(software);

	put16(answer, 0x8022);
	put16(answer, (unsigned)length);
	put(answer, software, length);
	while (length++ % 4 != 0)
		put8(answer, 0);
}

static void put_stun(struct oracle_answer *answer, const struct look *look)
{
	bool fingerprint = look->fingerprint && look->config->mirror_fingerprint;
	bool error = look->unknown_count > 0;
	uint8_t *stun = answer->reply + answer->reply_length;
	uint32_t crc;

	put16(answer, error ? 0x0111 : 0x0101);
	put16(answer, 0);
	put(answer, look->frame + look->stun + 4, 16);
	if (error)
		put_unknown_attributes(answer, look);
	else
		put_mapped_address(answer, look);
	if (look->config->software && look->config->software[0])
		put_software(answer, look->config->software);

	write16(stun + 2, (unsigned)(answer->reply + answer->reply_length - stun) - 20);
	if (!fingerprint)
		return;
	write16(stun + 2, read16(stun + 2) + 8);
	crc = fingerprint_of(stun, (size_t)(answer->reply + answer->reply_length - stun));
	put16(answer, 0x8028);
	put16(answer, 4);
	put16(answer, crc >> 16);
	put16(answer, crc & 0xffff);
}

static void fill_lengths_and_checksums(struct oracle_answer *answer, const struct look *look)
{
	uint8_t *ip = answer->reply + look->ip;
	uint8_t *udp = ip + (look->family == 4 ? 20 : 40);
	unsigned ip_length = (unsigned)(answer->reply_length - look->ip);
	unsigned udp_length = (unsigned)(answer->reply + answer->reply_length - udp);
	unsigned sum;

	write16(udp + 4, udp_length);
	sum = 0xffff - add_words(add_pseudo_header(ip, look->family, udp_length), udp, udp_length);
	write16(udp + 6, sum == 0 ? 0xffff : sum);
	if (look->family == 4) {
		write16(ip + 2, ip_length);
		write16(ip + 10, 0xffff - add_words(0, ip, 20));
	} else {
		write16(ip + 4, ip_length - 40);
	}
}

void oracle_decide(const struct oracle_config *config, const uint8_t *frame, size_t length,
		   struct oracle_answer *answer)
{
	struct look look = {.config = config, .frame = frame, .length = length};

	answer->verdict = examine(&look);
	answer->family = look.family == 4 ? "ipv4" : look.family == 6 ? "ipv6" : "other";
	answer->action = oracle_action_of(answer->verdict);
	answer->dropped = answer->action == ORACLE_REFUSE && !config->pass_refused;
	answer->passed = answer->action != ORACLE_ANSWER && !answer->dropped;
	answer->reply_length = 0;
	if (answer->action != ORACLE_ANSWER)
		return;
	put_link(answer, &look);
	put_ip_and_udp(answer, &look);
	put_stun(answer, &look);
	fill_lengths_and_checksums(answer, &look);
}

/* For the bounds: a frame that was answered, or a reply, less its trailers. */
static bool measure(const uint8_t *frame, size_t length, struct look *look)
{
	look->frame = frame;
	look->length = length;
	if (check_link(look) || check_ip_header(look))
		return false;
	look->udp = look->ip + look->ip_header;
	if (length < look->udp + 8)
		return false;
	look->udp_length = read16(frame + look->udp + 4);
	return look->udp_length >= 8 && look->udp + look->udp_length <= length;
}

const char *oracle_check_bounds(const uint8_t *request, size_t request_length, const uint8_t *reply,
				size_t reply_length, bool software_configured)
{
	struct look asked = {0}, answered = {0};
	size_t ip_asked, ip_answered, growth, ratio, ceiling;

	if (!measure(request, request_length, &asked))
		return "the request cannot be measured";
	if (!measure(reply, reply_length, &answered))
		return "the reply cannot be measured";
	if (asked.family != answered.family || asked.ip != answered.ip)
		return "the reply has another family or other tags";
	growth = asked.family == 4 ? 12 : 24;
	ratio = asked.family == 4 ? 125 : 136;
	ceiling = asked.family == 4 ? 576 : 1280;
	ip_asked = asked.ip_header + asked.udp_length;
	ip_answered = reply_length - answered.ip;

	if (answered.ip_length != ip_answered ||
	    answered.ip_header + answered.udp_length != ip_answered)
		return "the reply has a trailer";
	if (ip_answered >= ceiling)
		return "15: the reply is not under 576 or 1280 bytes";
	/* SOFTWARE is exempt from 14, but is at most 4 + 32 bytes */
	if (software_configured)
		return ip_answered > ip_asked + growth + 36 ? "5: SOFTWARE over 32 bytes" : NULL;
	if (ip_answered > ip_asked + growth)
		return "14: the reply grew by more than 12 or 24 bytes";
	if (ip_answered * 100 > ip_asked * ratio)
		return "14: IP-level ratio over 1.25 or 1.36";
	return NULL;
}
