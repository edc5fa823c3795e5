/* SPDX-License-Identifier: BSD-2-Clause */
#include "oracle.h"

#include <string.h>

/* Numbers in comments are those of "The order of checks" in dataplane/README.md. */

#define ATTRIBUTES_MAX 16
#define COOKIE	       0x2112a442u
#define FRAME_STUN_MAX 256
#define STREAM_MAX     1472
#define PADDING_MAX    9000

struct pair {
	const uint8_t *address;
	unsigned port;
};

/* What has been understood of a request so far. */
struct look {
	const struct oracle_config *config;
	int family;
	const uint8_t *source; /* IP addresses */
	const uint8_t *destination;
	unsigned source_port;
	unsigned destination_port;

	/* of a frame; offsets are from its first byte */
	const uint8_t *frame;
	size_t length;
	size_t ip;
	size_t ip_header; /* bytes of it */
	size_t ip_length; /* header and payload, as the header claims */
	size_t udp;
	size_t udp_length;

	/* of a socket */
	bool local;
	bool stream;
	unsigned mtu;

	const struct oracle_service *service;
	bool at_alternate_address; /* which pair of it is asked */
	bool at_alternate_port;

	const uint8_t *stun;
	size_t stun_length; /* UDP payload, header and attributes */
	bool cookie;
	bool integrity; /* a MESSAGE-INTEGRITY has gone by */
	bool integrity_sha256;
	bool change_request;
	bool change_address;
	bool change_port;
	bool has_response_port;
	unsigned response_port;
	bool padding;
	bool fingerprint;
	size_t fingerprint_at; /* from the first byte of STUN, as of all attributes */
	unsigned unknown[ATTRIBUTES_MAX];
	size_t unknown_count;
};

static const struct {
	const char *label;
	enum oracle_action action;
} outcomes[] = {
	{"success", ORACLE_ANSWER},	      {"legacy_success", ORACLE_ANSWER},
	{"unknown_attribute", ORACLE_ANSWER}, {"bad_request", ORACLE_ANSWER},
	{"padding", ORACLE_HANDOFF},	      {"fragment", ORACLE_HANDOFF},
	{"ipv4_options", ORACLE_HANDOFF},     {"ipv6_extension", ORACLE_HANDOFF},
	{"oversize", ORACLE_HANDOFF},	      {"partial_checksum", ORACLE_HANDOFF},
	{"not_ip", ORACLE_FOREIGN},	      {"ip_header", ORACLE_FOREIGN},
	{"not_udp", ORACLE_FOREIGN},	      {"not_service", ORACLE_FOREIGN},
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
	"bad_request",
	"padding",
	"partial_checksum",
	NULL,
};

/* The oracle never says unsent: whether a reply is taken shows only when it is sent. */
const char *const oracle_socket_labels[] = {"too_long", "unsent", NULL};

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

unsigned oracle_add_words(unsigned sum, const uint8_t *bytes, size_t length)
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
		sum = oracle_add_words(0, ip + 12, 8);
	else
		sum = oracle_add_words(0, ip + 8, 32);
	return oracle_add_words(sum, rest, 4);
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

/* Each pair in turn: bit 0 is the alternate address, bit 1 the alternate port. */
static bool is_pair(struct look *look, const struct oracle_service *service, unsigned pair)
{
	const uint8_t *address = pair & 1 ? service->alternate_address : service->address;

	look->service = service;
	look->at_alternate_address = pair & 1;
	look->at_alternate_port = pair & 2;
	return memcmp(address, look->destination, address_length(look->family)) == 0;
}

static bool find_service(struct look *look, bool any_port)
{
	for (size_t i = 0; i < look->config->services_count; i++) {
		const struct oracle_service *service = &look->config->services[i];

		if (service->family != look->family)
			continue;
		for (unsigned pair = 0; pair < (service->discovery ? 4 : 1); pair++) {
			unsigned port = pair & 2 ? service->alternate_port : service->port;

			if (is_pair(look, service, pair) &&
			    (any_port || port == look->destination_port))
				return true;
		}
	}
	return false;
}

/* The pair asked, or one beside it. */
static struct pair pair_of(const struct look *look, bool other_address, bool other_port)
{
	const struct oracle_service *service = look->service;
	bool alternate_address = look->at_alternate_address != other_address;
	bool alternate_port = look->at_alternate_port != other_port;

	return (struct pair){
		alternate_address ? service->alternate_address : service->address,
		alternate_port ? service->alternate_port : service->port,
	};
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
	look->source = ip + (look->family == 4 ? 12 : 8);
	look->destination = look->source + address_length(look->family);
	return NULL;
}

/* 3 */
static const char *check_protocol(struct look *look)
{
	const uint8_t *ip = look->frame + look->ip;
	bool ours = find_service(look, true);

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
	look->source_port = read16(look->frame + look->udp);
	look->destination_port = read16(look->frame + look->udp + 2);
	if (!find_service(look, false))
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
	look->stun = look->frame + look->udp + 8;
	look->stun_length = look->udp_length - 8;
	if (look->family == 4 && oracle_add_words(0, look->frame + look->ip, 20) != 0xffff)
		return "ip_checksum";
	return NULL;
}

bool oracle_is_bogon(const uint8_t *address, int family)
{
	static const uint8_t compatible[12]; /* :: and ::1 among them */
	static const uint8_t mapped[12] = {[10] = 0xff, 0xff};
	static const uint8_t discard[8] = {0x01, 0x00};

	if (family == 4) {
		return address[0] == 0 || address[0] == 127 || address[0] >= 224 ||
		       (address[0] == 169 && address[1] == 254);
	}
	return memcmp(address, compatible, 12) == 0 || memcmp(address, mapped, 12) == 0 ||
	       memcmp(address, discard, 8) == 0 || address[0] == 0xff;
}

/* 10 */
static const char *check_link_addresses(struct look *look)
{
	return look->frame[0] & 1 || look->frame[6] & 1 ? "link_address" : NULL;
}

/* 11 and 12 */
static const char *check_source(struct look *look)
{
	size_t size = address_length(look->family);

	if (oracle_is_bogon(look->source, look->family))
		return "source_address";
	if (memcmp(look->source, look->destination, size) == 0)
		return "land";
	/* Asked at the alternate address, its alternate is the other one. */
	if (look->service->discovery &&
	    memcmp(look->source, pair_of(look, true, true).address, size) == 0)
		return "land";
	return NULL;
}

/* 13, for the source port and for RESPONSE-PORT alike */
static const char *check_port(const struct look *look, unsigned port, const char *if_zero)
{
	if (port == 0)
		return if_zero;
	return port < 1024 && !look->config->low_source_ports ? "low_source_port" : NULL;
}

static const char *check_source_port(struct look *look)
{
	return check_port(look, look->source_port, "source_port");
}

/* 14 to 16 */
static const char *check_payload(struct look *look)
{
	if (look->stun_length < 20)
		return "stun_runt";
	if (look->stun[0] > 3)
		return "not_stun";
	if (read16(look->stun + 2) % 4 != 0 || read16(look->stun + 2) != look->stun_length - 20)
		return "stun_length";
	return NULL;
}

/* The same of a stream, where the header alone says how much is a message. */
static const char *check_framing(struct look *look)
{
	if (look->stun[0] > 3)
		return "not_stun";
	if (read16(look->stun + 2) % 4 != 0)
		return "stun_length";
	return look->stun_length > STREAM_MAX ? "too_long" : NULL;
}

/* 17 and 18 */
static const char *check_type(struct look *look)
{
	/* RFC 8489 figure 3: M11..M7 C1 M6..M4 C0 M3..M0 */
	unsigned type = read16(look->stun);
	unsigned class = (type >> 8 & 1) * 2 + (type >> 4 & 1);
	unsigned method = (type >> 9 & 31) * 128 + (type >> 5 & 7) * 16 + (type & 15);

	if (class == 2 || class == 3)
		return "response";
	if (class == 1)
		return "indication";
	if (method != 1)
		return "unknown_method";
	look->cookie = read32(look->stun + 4) == COOKIE;
	if (!look->cookie && !look->config->legacy)
		return "no_cookie";
	return NULL;
}

/* 19 and 20 */
static const char *check_udp(struct look *look)
{
	const uint8_t *udp = look->frame + look->udp;
	unsigned sum;

	if (look->stun_length > FRAME_STUN_MAX && !look->config->long_requests)
		return "oversize";
	if (read16(udp + 6) == 0)
		return look->family == 6 ? "udp_checksum_missing" : NULL;
	sum = add_pseudo_header(look->frame + look->ip, look->family, (unsigned)look->udp_length);
	if (oracle_add_words(sum, udp, look->udp_length) == 0xffff)
		return NULL;
	if (read16(udp + 6) != sum)
		return "udp_checksum";
	return look->config->finish_checksums ? NULL : "partial_checksum";
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

/* 25 */
static const char *check_change_request(struct look *look, const uint8_t *value, unsigned length)
{
	if (look->change_request)
		return NULL;
	if (length != 4)
		return "malformed_attribute";
	look->change_request = true;
	if ((value[3] & 6) == 0)
		return NULL;
	if (!look->service->discovery || look->stream)
		note_unknown(look, 0x0003);
	look->change_address = value[3] & 4;
	look->change_port = value[3] & 2;
	return NULL;
}

static const char *check_response_port(struct look *look, const uint8_t *value, unsigned length)
{
	if (look->has_response_port)
		return NULL;
	if (length != 4 && length != 2)
		return "malformed_attribute";
	look->has_response_port = true;
	look->response_port = read16(value);
	return check_port(look, look->response_port, "malformed_attribute");
}

/* What of RFC 5780 is only where it is configured; RFC 3489 and streams have none of it. */
static bool is_configured(const struct look *look, bool setting)
{
	return look->service->discovery && setting && look->cookie && !look->stream;
}

/* 24 to 26, for one attribute whose value lies within the message */
static const char *check_attribute(struct look *look, const uint8_t *value, unsigned type,
				   unsigned length)
{
	if (look->integrity_sha256 || (look->integrity && type != 0x001c))
		return NULL;
	if (type == 0x0003)
		return check_change_request(look, value, length);
	if (type == 0x0027 && is_configured(look, look->service->response_port))
		return check_response_port(look, value, length);
	if (type == 0x0026 && is_configured(look, look->service->padding)) {
		look->padding = true;
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

/* 23 */
static const char *check_fingerprint(struct look *look, size_t at, unsigned length)
{
	if (length != 4 || at + 8 != look->stun_length)
		return "malformed_attribute";
	look->fingerprint = true;
	look->fingerprint_at = at;
	return NULL;
}

/* 21 to 26 */
static const char *check_attributes(struct look *look)
{
	size_t end = look->stun_length, at = 20;
	int count = 0;

	while (at < end) {
		const char *verdict;
		unsigned type, length;
		size_t padded;

		count++;
		if (count > ATTRIBUTES_MAX)
			return "too_many_attributes";
		if (end - at < 4)
			return "malformed_attribute";
		type = read16(look->stun + at);
		length = read16(look->stun + at + 2);
		padded = length;
		while (padded % 4 != 0)
			padded++;
		if (padded > end - at - 4)
			return "malformed_attribute";
		if (type == 0x8028 && look->cookie)
			verdict = check_fingerprint(look, at, length);
		else
			verdict = check_attribute(look, look->stun + at + 4, type, length);
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
		uint32_t sent = read32(look->stun + look->fingerprint_at + 4);

		if (sent != fingerprint_of(look->stun, look->fingerprint_at))
			return "wrong_fingerprint";
	}
	if (look->unknown_count > 0)
		return "unknown_attribute";
	if (look->has_response_port && look->padding)
		return "bad_request";
	if (look->padding)
		return "padding";
	return look->cookie ? "success" : "legacy_success";
}

static const char *examine_frame(struct look *look)
{
	static const char *(*const checks[])(struct look *) = {
		check_link,    check_ip_header,	     check_protocol, check_service,
		check_lengths, check_link_addresses, check_source,   check_source_port,
		check_payload, check_type,	     check_udp,	     check_attributes,
		conclude,
	};
	const char *verdict = NULL;

	for (size_t i = 0; !verdict; i++)
		verdict = checks[i](look);
	return verdict;
}

/* A connection has proved its address, and what is local is this machine's own. */
static const char *examine_message(struct look *look)
{
	const char *verdict = NULL;

	if (!find_service(look, false))
		return "not_service";
	if (!look->local && !look->stream)
		verdict = check_source(look);
	if (!verdict)
		verdict = check_source_port(look);
	if (!verdict)
		verdict = look->stream ? check_framing(look) : check_payload(look);
	if (!verdict)
		verdict = check_type(look);
	if (!verdict)
		verdict = check_attributes(look);
	return verdict ? verdict : conclude(look);
}

/* A reply as far as it is written. */
struct reply {
	uint8_t *bytes;
	size_t length;
};

static void put(struct reply *reply, const void *bytes, size_t length)
{
	memcpy(reply->bytes + reply->length, bytes, length);
	reply->length += length;
}

static void put8(struct reply *reply, unsigned value)
{
	reply->bytes[reply->length++] = (uint8_t)value;
}

static void put16(struct reply *reply, unsigned value)
{
	write16(reply->bytes + reply->length, value);
	reply->length += 2;
}

static void put_zeros(struct reply *reply, size_t count)
{
	while (count--)
		put8(reply, 0);
}

static bool is_error(const struct look *look)
{
	return look->unknown_count > 0 || (look->has_response_port && look->padding);
}

/* Where the reply comes from, and the port that it goes to; errors know of no change. */
static struct pair origin_of(const struct look *look)
{
	bool success = !is_error(look);

	return pair_of(look, success && look->change_address, success && look->change_port);
}

static unsigned port_of(const struct look *look)
{
	return look->has_response_port && !is_error(look) ? look->response_port : look->source_port;
}

static void put_link(struct reply *reply, const struct look *look)
{
	put(reply, look->frame + 6, 6);
	put(reply, look->frame, 6);
	put(reply, look->frame + 12, look->ip - 12); /* the tags and the EtherType */
}

/* Lengths and checksums follow when the reply is whole. */
static void put_ip_and_udp(struct reply *reply, const struct look *look)
{
	static const uint8_t ipv4[12] = {0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 17, 0, 0};
	static const uint8_t ipv6[8] = {0x60, 0, 0, 0, 0, 0, 17, 64};
	struct pair origin = origin_of(look);

	if (look->family == 4)
		put(reply, ipv4, sizeof(ipv4));
	else
		put(reply, ipv6, sizeof(ipv6));
	put(reply, origin.address, address_length(look->family));
	put(reply, look->source, address_length(look->family));
	put16(reply, origin.port);
	put16(reply, port_of(look));
	put_zeros(reply, 4);
}

/* RFC 8489 14.1 and 14.2: the key is all zeros, or cookie and transaction ID. */
static void put_address(struct reply *reply, const struct look *look, unsigned type, struct pair of,
			const uint8_t *key)
{
	size_t size = address_length(look->family);
	uint8_t port[2];

	write16(port, of.port);
	put16(reply, type);
	put16(reply, 4 + (unsigned)size);
	put8(reply, 0);
	put8(reply, look->family == 4 ? 1 : 2);
	for (size_t i = 0; i < 2; i++)
		put8(reply, port[i] ^ key[i]);
	for (size_t i = 0; i < size; i++)
		put8(reply, of.address[i] ^ key[i]);
}

static void put_addresses(struct reply *reply, const struct look *look)
{
	static const uint8_t no_key[16];
	struct pair client = {look->source, look->source_port};
	bool discovery = look->service->discovery;

	if (look->cookie)
		put_address(reply, look, 0x0020, client, look->stun + 4);
	if (!look->cookie || discovery)
		put_address(reply, look, 0x0001, client, no_key);
	if (!discovery)
		return;
	put_address(reply, look, look->cookie ? 0x802b : 0x0004, origin_of(look), no_key);
	put_address(reply, look, look->cookie ? 0x802c : 0x0005, pair_of(look, true, true), no_key);
}

static void put_error_code(struct reply *reply, unsigned class, unsigned number)
{
	put16(reply, 0x0009);
	put16(reply, 4);
	put16(reply, 0);
	put8(reply, class);
	put8(reply, number);
}

static void put_unknown_attributes(struct reply *reply, const struct look *look)
{
	size_t count = look->unknown_count;
	bool odd = count % 2 == 1;

	put16(reply, 0x000a);
	put16(reply, 2 * (unsigned)(odd && !look->cookie ? count + 1 : count));
	for (size_t i = 0; i < count; i++)
		put16(reply, look->unknown[i]);
	if (odd)
		put16(reply, look->cookie ? 0 : look->unknown[count - 1]);
}

/* RFC 3489 11.2: a length is a multiple of 4, so that what fills it up is part of the text. */
static void put_software(struct reply *reply, const char *software, bool cookie)
{
	size_t length = strlen(software), padded = length;

	while (padded % 4 != 0)
		padded++;
	put16(reply, 0x8022);
	put16(reply, (unsigned)(cookie ? length : padded));
	put(reply, software, length);
	while (length++ < padded)
		put8(reply, cookie ? 0 : ' ');
}

static void put_padding(struct reply *reply, unsigned mtu)
{
	unsigned length = mtu;

	while (length % 4 != 0)
		length++;
	if (length > PADDING_MAX)
		length = PADDING_MAX;
	put16(reply, 0x0026);
	put16(reply, length);
	put_zeros(reply, length);
}

/* RFC 8489 14.7: the header's length counts it already. */
static void put_fingerprint(struct reply *reply, uint8_t *stun)
{
	uint32_t crc;

	write16(stun + 2, read16(stun + 2) + 8);
	crc = fingerprint_of(stun, (size_t)(reply->bytes + reply->length - stun));
	put16(reply, 0x8028);
	put16(reply, 4);
	put16(reply, crc >> 16);
	put16(reply, crc & 0xffff);
}

static void put_stun(struct reply *reply, const struct look *look)
{
	uint8_t *stun = reply->bytes + reply->length;

	put16(reply, is_error(look) ? 0x0111 : 0x0101);
	put16(reply, 0);
	put(reply, look->stun + 4, 16);
	if (look->unknown_count > 0) {
		put_error_code(reply, 4, 20);
		put_unknown_attributes(reply, look);
	} else if (is_error(look)) {
		put_error_code(reply, 4, 0);
	} else {
		put_addresses(reply, look);
	}
	if (look->config->software && look->config->software[0])
		put_software(reply, look->config->software, look->cookie);
	if (look->padding && !is_error(look))
		put_padding(reply, look->mtu);
	write16(stun + 2, (unsigned)(reply->bytes + reply->length - stun) - 20);
	if (look->fingerprint && look->config->mirror_fingerprint)
		put_fingerprint(reply, stun);
}

static void fill_lengths_and_checksums(const struct reply *reply, const struct look *look)
{
	uint8_t *ip = reply->bytes + look->ip;
	uint8_t *udp = ip + (look->family == 4 ? 20 : 40);
	unsigned ip_length = (unsigned)(reply->length - look->ip);
	unsigned udp_length = (unsigned)(reply->bytes + reply->length - udp);
	unsigned sum;

	write16(udp + 4, udp_length);
	sum = 0xffff -
	      oracle_add_words(add_pseudo_header(ip, look->family, udp_length), udp, udp_length);
	write16(udp + 6, sum == 0 ? 0xffff : sum);
	if (look->family == 4) {
		write16(ip + 2, ip_length);
		write16(ip + 10, 0xffff - oracle_add_words(0, ip, 20));
	} else {
		write16(ip + 4, ip_length - 40);
	}
}

/* RFC 1918, RFC 6598; RFC 4193, RFC 4291 2.5.6 and 2.5.7 */
static bool is_private(const uint8_t *address, int family)
{
	if (family == 4)
		return address[0] == 10 || (address[0] == 172 && address[1] / 16 == 1) ||
		       (address[0] == 192 && address[1] == 168) ||
		       (address[0] == 100 && address[1] / 64 == 1);
	return address[0] / 2 == 0xfc / 2 || (address[0] == 0xfe && address[1] >= 0x80);
}

void oracle_decide(const struct oracle_config *config, const uint8_t *frame, size_t length,
		   struct oracle_answer *answer)
{
	struct look look = {.config = config, .frame = frame, .length = length};
	struct reply reply = {answer->reply, 0};

	answer->verdict = examine_frame(&look);
	answer->family = look.family == 4 ? "ipv4" : look.family == 6 ? "ipv6" : "other";
	answer->action = oracle_action_of(answer->verdict);
	answer->dropped = answer->action == ORACLE_REFUSE && !config->pass_refused;
	answer->passed = answer->action != ORACLE_ANSWER && !answer->dropped;
	answer->reply_length = 0;
	answer->private_client = false;
	if (answer->action != ORACLE_ANSWER)
		return;
	answer->private_client = !is_error(&look) && is_private(look.source, look.family) &&
				 !is_private(look.destination, look.family);
	put_link(&reply, &look);
	put_ip_and_udp(&reply, &look);
	put_stun(&reply, &look);
	fill_lengths_and_checksums(&reply, &look);
	answer->reply_length = reply.length;
}

void oracle_decide_message(const struct oracle_config *config,
			   const struct oracle_datagram *datagram, struct oracle_message *answer)
{
	struct look look = {
		.config = config,
		.family = datagram->family,
		.source = datagram->source,
		.destination = datagram->destination,
		.source_port = datagram->source_port,
		.destination_port = datagram->destination_port,
		.local = datagram->local,
		.stream = datagram->stream,
		.mtu = datagram->mtu,
		.stun = datagram->message,
		.stun_length = datagram->length,
	};
	struct reply reply = {answer->reply, 0};
	struct pair origin;

	answer->verdict = examine_message(&look);
	if (strcmp(answer->verdict, "padding") == 0)
		answer->verdict = "success";
	answer->action = oracle_action_of(answer->verdict);
	answer->reply_length = 0;
	if (answer->action != ORACLE_ANSWER)
		return;
	put_stun(&reply, &look);
	answer->reply_length = reply.length;
	origin = origin_of(&look);
	memset(answer->reply_source, 0, sizeof(answer->reply_source));
	memcpy(answer->reply_source, origin.address, address_length(look.family));
	answer->reply_source_port = (uint16_t)origin.port;
	answer->reply_destination_port = (uint16_t)port_of(&look);
	answer->without_df = look.padding && !is_error(&look);
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
	look->destination_port = read16(frame + look->udp + 2);
	look->udp_length = read16(frame + look->udp + 4);
	look->stun = frame + look->udp + 8;
	return look->udp_length >= 28 && look->udp + look->udp_length <= length;
}

/*
 * The table of lengths in dataplane/README.md: a reply grows by one address attribute, or with an
 * alternate by four. SOFTWARE is exempt, but at most 4 + 32 bytes.
 */
static const char *check_growth(const struct look *asked, size_t ip_asked, size_t ip_answered,
				bool four)
{
	bool ipv4 = asked->family == 4,
	     software = asked->config->software && *asked->config->software;
	size_t growth = (ipv4 ? 12 : 24) * (four ? 4 : 1) + (software ? 36 : 0);
	size_t ratio = four ? (ipv4 ? 200 : 242) : (ipv4 ? 125 : 136);

	if (ip_answered > ip_asked + growth)
		return "the reply grew by more than its addresses and SOFTWARE";
	if (!software && ip_answered * 100 > ip_asked * ratio)
		return "IP-level ratio over 1.25 or 1.36, with an alternate 2.00 or 2.42";
	return NULL;
}

const char *oracle_check_bounds(const struct oracle_config *config, const uint8_t *request,
				size_t request_length, const uint8_t *reply, size_t reply_length)
{
	struct look asked = {.config = config}, answered = {.config = config};
	size_t ip_answered;
	bool success;

	if (!measure(request, request_length, &asked) || !find_service(&asked, false))
		return "the request cannot be measured";
	if (!measure(reply, reply_length, &answered))
		return "the reply cannot be measured";
	if (asked.family != answered.family || asked.ip != answered.ip)
		return "the reply has another family or other tags";
	ip_answered = reply_length - answered.ip;
	if (answered.ip_length != ip_answered ||
	    answered.ip_header + answered.udp_length != ip_answered)
		return "the reply has a trailer";
	if (ip_answered >= (asked.family == 4 ? 576 : 1280))
		return "the reply is not under 576 or 1280 bytes";
	success = read16(answered.stun) == 0x0101;
	return check_growth(&asked, asked.ip_header + asked.udp_length, ip_answered,
			    success && asked.service->discovery);
}
