/* SPDX-License-Identifier: BSD-2-Clause */
#include "frames.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const uint8_t frame_transaction[12] = {
	0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae,
};

static unsigned get16(const uint8_t *bytes)
{
	return (unsigned)bytes[0] << 8 | bytes[1];
}

static void set16(uint8_t *bytes, unsigned value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

static void set32(uint8_t *bytes, uint32_t value)
{
	set16(bytes, value >> 16);
	set16(bytes + 2, value & 0xffff);
}

static uint32_t sum_words(uint32_t sum, const uint8_t *bytes, size_t length)
{
	size_t i;

	for (i = 0; i + 1 < length; i += 2)
		sum += get16(bytes + i);
	if (i < length)
		sum += (uint32_t)bytes[i] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static uint32_t pseudo_sum(const uint8_t *ip, int family, size_t length)
{
	uint32_t sum = 17 + (uint32_t)length;

	return family == 4 ? sum_words(sum, ip + 12, 8) : sum_words(sum, ip + 8, 32);
}

static uint16_t udp_checksum(const uint8_t *ip, int family, const uint8_t *udp, size_t length)
{
	uint16_t checksum = fold(sum_words(pseudo_sum(ip, family, length), udp, length));

	return checksum ? checksum : 0xffff;
}

/* By half bytes, so that it is not the oracle's. */
static uint32_t fingerprint(const uint8_t *bytes, size_t length)
{
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	uint32_t crc = ~0u;

	for (size_t i = 0; i < length; i++) {
		crc = crc >> 4 ^ table[(crc ^ bytes[i]) & 15];
		crc = crc >> 4 ^ table[(crc ^ bytes[i] >> 4) & 15];
	}
	return ~crc ^ 0x5354554e;
}

static void complain(const char *what, const char *text)
{
	fprintf(stderr, "frames: %s: %s\n", what, text);
	abort();
}

void frame_address(uint8_t address[16], const char *text)
{
	memset(address, 0, 16);
	if (inet_pton(strchr(text, ':') ? AF_INET6 : AF_INET, text, address) != 1)
		complain("not an address", text);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

size_t frame_hex(uint8_t *bytes, size_t capacity, const char *hex)
{
	size_t length = 0;

	for (const char *at = hex; *at; at++) {
		int high, low;

		if (*at == ' ')
			continue;
		high = hex_digit(at[0]);
		low = high < 0 ? -1 : hex_digit(at[1]);
		if (low < 0 || length == capacity)
			complain("bad hex", hex);
		bytes[length++] = (uint8_t)(high * 16 + low);
		at++;
	}
	return length;
}

void frame_init(struct frame *frame, int family)
{
	static const struct frame sound = {
		.mac_destination = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56},
		.mac_source = {0x02, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e},
		.ethertype = FRAME_AUTO,
		.version = FRAME_AUTO,
		.ihl = FRAME_AUTO,
		.tos = 0xb9, /* EF, ECT(1): neither may come back */
		.flow_label = 0xabcde,
		.ttl = 57,
		.id = 0x1d2c,
		.protocol = FRAME_AUTO,
		.ip_length = FRAME_AUTO,
		.ip_checksum = FRAME_AUTO,
		.source_port = 54321,
		.destination_port = 3478,
		.udp_length = FRAME_AUTO,
		.udp_checksum = FRAME_AUTO,
		.stun_length = FRAME_AUTO,
		.end = FRAME_AUTO,
		.end_behind_ip = FRAME_AUTO,
	};
	static const uint8_t ipv4[2][4] = {{198, 51, 100, 7}, {203, 0, 113, 10}};
	static const uint8_t ipv6[2][16] = {
		{0x20, 0x01, 0x0d, 0xb8, 0, 7, [15] = 7},
		{0x20, 0x01, 0x0d, 0xb8, [15] = 0x10},
	};

	memcpy(frame, &sound, offsetof(struct frame, payload));
	frame->family = family;
	memcpy(frame->source, family == 4 ? ipv4[0] : ipv6[0], family == 4 ? 4 : 16);
	memcpy(frame->destination, family == 4 ? ipv4[1] : ipv6[1], family == 4 ? 4 : 16);
}

void frame_stun(struct frame *frame, unsigned type, bool cookie)
{
	set16(frame->payload, type);
	set16(frame->payload + 2, 0);
	set32(frame->payload + 4, cookie ? 0x2112a442 : 0x63c7117e);
	memcpy(frame->payload + 8, frame_transaction, 12);
	frame->payload_length = 20;
	frame->stun = 1;
}

void frame_payload(struct frame *frame, const void *bytes, size_t length)
{
	if (length > FRAME_PAYLOAD_MAX)
		complain("payload too long", "");
	memcpy(frame->payload, bytes, length);
	frame->payload_length = length;
	frame->stun = 0;
}

void frame_attribute_raw(struct frame *frame, unsigned type, unsigned claimed, const void *value,
			 size_t length, int pad)
{
	uint8_t *at = frame->payload + frame->payload_length;
	size_t padding = (4 - length % 4) % 4;

	if (frame->payload_length + 4 + length + padding > FRAME_PAYLOAD_MAX)
		complain("payload too long", "");
	set16(at, type);
	set16(at + 2, claimed);
	if (value)
		memcpy(at + 4, value, length);
	else
		memset(at + 4, 0, length);
	memset(at + 4 + length, pad, padding);
	frame->payload_length += 4 + length + padding;
}

void frame_attribute(struct frame *frame, unsigned type, const void *value, size_t length)
{
	frame_attribute_raw(frame, type, (unsigned)length, value, length, 0);
}

void frame_software(struct frame *frame, const char *text)
{
	frame_attribute(frame, 0x8022, text, strlen(text));
}

void frame_change_request(struct frame *frame, uint32_t flags)
{
	uint8_t value[4];

	set32(value, flags);
	frame_attribute(frame, 0x0003, value, 4);
}

void frame_fingerprint(struct frame *frame, uint32_t wrong)
{
	uint8_t value[4];

	/* RFC 8489 14.7: the length counts the FINGERPRINT before it is computed */
	set16(frame->payload + 2, (unsigned)frame->payload_length + 8 - 20);
	set32(value, fingerprint(frame->payload, frame->payload_length) ^ wrong);
	frame_attribute(frame, 0x8028, value, 4);
}

/* One value of the list: =HEX, /ZEROS, 'TEXT, or none. */
static size_t parse_value(const char **at, uint8_t *value, size_t capacity)
{
	const char *list = *at;
	char word[2 * 64 + 1] = "";
	char kind = *list;
	size_t length;

	if (kind == '/') {
		length = strtoul(list + 1, (char **)at, 10);
		if (length > capacity)
			complain("value too long", list);
		memset(value, 0, length);
		return length;
	}
	if (kind != '=' && kind != '\'')
		return 0;
	length = strcspn(list + 1, " ~");
	if (length >= sizeof(word))
		complain("value too long", list);
	memcpy(word, list + 1, length);
	*at = list + 1 + length;
	if (kind == '=')
		return frame_hex(value, capacity, word);
	for (size_t i = 0; i < length; i++)
		value[i] = word[i] == '_' ? ' ' : (uint8_t)word[i];
	return length;
}

static void parse_attribute(struct frame *frame, const char **at)
{
	uint8_t value[FRAME_PAYLOAD_MAX];
	const char *list = *at;
	unsigned long count = 1, claimed = 0, pad = 0;
	bool has_claimed = false;
	unsigned type;
	size_t length;

	if (strcspn(list, "*") < strcspn(list, " ")) {
		count = strtoul(list, (char **)&list, 10);
		list++;
	}
	type = (unsigned)strtoul(list, (char **)at, 16);
	if (*at != list + 4)
		complain("bad attribute", list);
	if (**at == '>') {
		claimed = strtoul(*at + 1, (char **)at, 10);
		has_claimed = true;
	}
	length = parse_value(at, value, sizeof(value));
	if (**at == '~')
		pad = strtoul(*at + 1, (char **)at, 16);
	while (count--)
		frame_attribute_raw(frame, type, has_claimed ? (unsigned)claimed : (unsigned)length,
				    value, length, (int)pad);
}

void frame_attributes(struct frame *frame, const char *list)
{
	while (*list) {
		if (*list == ' ') {
			list++;
		} else if (*list == 'F') {
			list++;
			frame_fingerprint(frame, *list == '!' ? 0x00010000 : 0);
			list += *list == '!';
		} else {
			parse_attribute(frame, &list);
			if (*list && *list != ' ')
				complain("bad list of attributes", list);
		}
	}
}

static unsigned value_of(int set, size_t computed)
{
	return set == FRAME_AUTO ? (unsigned)computed : (unsigned)set;
}

static size_t build_link(const struct frame *frame, uint8_t *bytes)
{
	size_t at = 12;

	memcpy(bytes, frame->mac_destination, 6);
	memcpy(bytes + 6, frame->mac_source, 6);
	for (int i = 0; i < frame->tags_count; i++, at += 4) {
		set16(bytes + at, (unsigned)frame->tags[i].tpid);
		set16(bytes + at + 2, (unsigned)frame->tags[i].tci);
	}
	set16(bytes + at, value_of(frame->ethertype, frame->family == 4 ? 0x0800 : 0x86dd));
	return at + 2;
}

static size_t build_ipv4(const struct frame *frame, uint8_t *ip)
{
	size_t header = 20 + (size_t)frame->options_length;

	ip[0] = (uint8_t)(value_of(frame->version, 4) << 4 | value_of(frame->ihl, header / 4));
	ip[1] = (uint8_t)frame->tos;
	set16(ip + 4, (unsigned)frame->id);
	set16(ip + 6, (unsigned)frame->fragment);
	ip[8] = (uint8_t)frame->ttl;
	ip[9] = (uint8_t)value_of(frame->protocol, 17);
	set16(ip + 10, 0);
	memcpy(ip + 12, frame->source, 4);
	memcpy(ip + 16, frame->destination, 4);
	memset(ip + 20, 1, (size_t)frame->options_length);
	return header;
}

static size_t build_ipv6(const struct frame *frame, uint8_t *ip)
{
	static const uint8_t padding[8] = {17, 0, 1, 4, 0, 0, 0, 0}; /* PadN */
	uint8_t *next = ip + 6;
	size_t at = 40;

	set32(ip, (uint32_t)value_of(frame->version, 6) << 28 | (uint32_t)frame->tos << 20 |
			  (uint32_t)frame->flow_label);
	ip[7] = (uint8_t)frame->ttl;
	memcpy(ip + 8, frame->source, 16);
	memcpy(ip + 24, frame->destination, 16);
	for (int i = 0; i < frame->extensions_count; i++, at += 8) {
		*next = (uint8_t)frame->extensions[i];
		memcpy(ip + at, padding, 8);
		if (frame->extensions[i] == 44) {
			set16(ip + at + 2, (unsigned)frame->fragment);
			set32(ip + at + 4, (uint32_t)frame->id);
		}
		next = ip + at;
	}
	*next = 17;
	ip[6] = (uint8_t)value_of(frame->protocol, ip[6]);
	return at;
}

static size_t build_payload(const struct frame *frame, uint8_t *payload)
{
	memcpy(payload, frame->payload, frame->payload_length);
	if (frame->stun && frame->payload_length >= 20) {
		set16(payload + 2, value_of(frame->stun_length, frame->payload_length - 20) +
					   (unsigned)frame->stun_length_delta);
	}
	return frame->payload_length;
}

/* Lengths and checksums, right unless the frame says otherwise. */
static void build_sums(const struct frame *frame, uint8_t *ip, size_t header, size_t ip_length)
{
	uint8_t *udp = ip + header;
	size_t udp_length = 8 + frame->payload_length;

	udp_length = value_of(frame->udp_length, udp_length + (size_t)frame->udp_length_delta);
	set16(udp + 4, (unsigned)udp_length);
	if (frame->family == 6)
		ip_length -= 40;
	set16(ip + (frame->family == 4 ? 2 : 4),
	      value_of(frame->ip_length, ip_length + (size_t)frame->ip_length_delta));

	if (udp_length > 8 + frame->payload_length + (size_t)frame->udp_trailer)
		udp_length = 8 + frame->payload_length;
	set16(udp + 6, 0);
	set16(udp + 6,
	      value_of(frame->udp_checksum, udp_checksum(ip, frame->family, udp, udp_length)));
	if (frame->udp_partial)
		set16(udp + 6, ~fold(pseudo_sum(ip, frame->family, udp_length)) & 0xffffu);
	set16(udp + 6, get16(udp + 6) ^ (unsigned)frame->udp_checksum_xor);
	if (frame->family == 4) {
		set16(ip + 10, value_of(frame->ip_checksum, fold(sum_words(0, ip, header))));
		set16(ip + 10, get16(ip + 10) ^ (unsigned)frame->ip_checksum_xor);
	}
}

size_t frame_build(const struct frame *frame, uint8_t *bytes, size_t capacity)
{
	uint8_t all[14 + 4 * FRAME_TAGS_MAX + 80 + 8 + FRAME_PAYLOAD_MAX + 2 * 1500];
	size_t ip, header, end, trailers;
	uint8_t *udp;

	ip = build_link(frame, all);
	header = frame->family == 4 ? build_ipv4(frame, all + ip) : build_ipv6(frame, all + ip);
	udp = all + ip + header;
	set16(udp, (unsigned)frame->source_port);
	set16(udp + 2, (unsigned)frame->destination_port);
	end = ip + header + 8 + build_payload(frame, udp + 8);
	trailers = (size_t)frame->udp_trailer + (size_t)frame->ip_trailer;
	memset(all + end, frame->trailer_byte, trailers);
	end += (size_t)frame->udp_trailer;
	build_sums(frame, all + ip, header, end - ip);
	end += (size_t)frame->ip_trailer;

	if (frame->end != FRAME_AUTO && (size_t)frame->end < end)
		end = (size_t)frame->end;
	if (frame->end_behind_ip != FRAME_AUTO && ip + (size_t)frame->end_behind_ip < end)
		end = ip + (size_t)frame->end_behind_ip;
	if (end > capacity)
		end = capacity;
	memcpy(bytes, all, end);
	return end;
}

bool frame_locate(const uint8_t *bytes, size_t length, struct frame_layout *layout)
{
	size_t at = 12, header, udp_length;
	unsigned type, protocol;

	while (at < 20 && at + 2 <= length &&
	       (get16(bytes + at) == 0x8100 || get16(bytes + at) == 0x88a8))
		at += 4;
	if (at + 2 > length)
		return false;
	type = get16(bytes + at);
	at += 2;
	if (type == 0x0800 && at + 20 <= length) {
		header = (bytes[at] & 15) * 4u;
		protocol = bytes[at + 9];
	} else if (type == 0x86dd && at + 40 <= length) {
		header = 40;
		protocol = bytes[at + 6];
	} else {
		return false;
	}
	if (header < 20 || protocol != 17 || at + header + 8 > length)
		return false;
	layout->family = type == 0x0800 ? 4 : 6;
	layout->ip = at;
	layout->udp = at + header;
	layout->payload = layout->udp + 8;
	udp_length = get16(bytes + layout->udp + 4);
	layout->end = layout->udp + udp_length;
	if (udp_length < 8 || layout->end > length)
		layout->end = length;
	return true;
}

static void fix_fingerprint(uint8_t *payload, size_t length)
{
	static const uint8_t head[4] = {0x80, 0x28, 0, 4};

	if (length >= 28 && memcmp(payload + length - 8, head, 4) == 0)
		set32(payload + length - 4, fingerprint(payload, length - 8));
}

void frame_fix_stun(uint8_t *message, size_t length, unsigned what)
{
	if (what & FRAME_FIX_STUN_LENGTH && length >= 20)
		set16(message + 2, (unsigned)(length - 20));
	if (what & FRAME_FIX_FINGERPRINT)
		fix_fingerprint(message, length);
}

void frame_fix(uint8_t *bytes, size_t length, unsigned what)
{
	struct frame_layout layout;
	uint8_t *ip, *udp;

	if (!frame_locate(bytes, length, &layout))
		return;
	ip = bytes + layout.ip;
	udp = bytes + layout.udp;
	if (what & FRAME_FIX_LENGTHS) {
		size_t behind = layout.family == 4 ? layout.ip : layout.ip + 40;

		set16(ip + (layout.family == 4 ? 2 : 4), (unsigned)(length - behind));
		set16(udp + 4, (unsigned)(length - layout.udp));
		layout.end = length;
	}
	frame_fix_stun(bytes + layout.payload, layout.end - layout.payload, what);
	if (what & FRAME_FIX_CHECKSUMS) {
		set16(udp + 6, 0);
		set16(udp + 6, udp_checksum(ip, layout.family, udp, layout.end - layout.udp));
		if (layout.family == 4) {
			set16(ip + 10, 0);
			set16(ip + 10, fold(sum_words(0, ip, layout.udp - layout.ip)));
		}
	}
}

void frame_fix_checksums(uint8_t *bytes, size_t length, bool with_fingerprint)
{
	frame_fix(bytes, length,
		  FRAME_FIX_CHECKSUMS | (with_fingerprint ? FRAME_FIX_FINGERPRINT : 0));
}

/* As far as the IP length lies within the frame. */
static void fix_icmp(uint8_t *icmp, uint32_t pseudo_header, size_t claimed, size_t left)
{
	size_t length = claimed < left ? claimed : left;

	if (length < 4)
		return;
	set16(icmp + 2, 0);
	set16(icmp + 2, fold(sum_words(pseudo_header, icmp, length)));
}

void frame_fix_icmp(uint8_t *bytes, size_t length)
{
	size_t at = 12;
	uint8_t *ip;

	while (at < 20 && at + 2 <= length &&
	       (get16(bytes + at) == 0x8100 || get16(bytes + at) == 0x88a8))
		at += 4;
	ip = bytes + at + 2;
	if (at + 2 + 20 <= length && get16(bytes + at) == 0x0800) {
		set16(ip + 10, 0);
		set16(ip + 10, fold(sum_words(0, ip, 20)));
		if (get16(ip + 2) >= 20)
			fix_icmp(ip + 20, 0, get16(ip + 2) - 20u, length - at - 22);
	} else if (at + 2 + 40 <= length && get16(bytes + at) == 0x86dd) {
		fix_icmp(ip + 40, sum_words(58 + get16(ip + 4), ip + 8, 32), get16(ip + 4),
			 length - at - 42);
	}
}

static void swap_bytes(uint8_t *one, uint8_t *other, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		uint8_t kept = one[i];

		one[i] = other[i];
		other[i] = kept;
	}
}

void frame_reflect(uint8_t *bytes, size_t length)
{
	struct frame_layout layout;

	if (!frame_locate(bytes, length, &layout))
		return;
	swap_bytes(bytes, bytes + 6, 6);
	if (layout.family == 4)
		swap_bytes(bytes + layout.ip + 12, bytes + layout.ip + 16, 4);
	else
		swap_bytes(bytes + layout.ip + 8, bytes + layout.ip + 24, 16);
	swap_bytes(bytes + layout.udp, bytes + layout.udp + 2, 2);
}
