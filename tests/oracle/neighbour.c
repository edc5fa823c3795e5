/* SPDX-License-Identifier: BSD-2-Clause */
#include "neighbour.h"

#include <string.h>

/* What has been understood of a frame so far; offsets are from its first byte. */
struct look {
	const struct oracle_config *config;
	const uint8_t *mac;
	const uint8_t *frame;
	size_t length;
	size_t room;
	unsigned type;
	size_t packet; /* behind Ethernet header and tags */
	size_t icmp;
	size_t icmp_length;
};

static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const uint8_t unspecified[16];

static unsigned read16(const uint8_t *bytes)
{
	return bytes[0] * 256u + bytes[1];
}

static void write16(uint8_t *bytes, unsigned value)
{
	bytes[0] = (uint8_t)(value / 256);
	bytes[1] = (uint8_t)(value % 256);
}

static bool same(const uint8_t *one, const uint8_t *other, size_t length)
{
	return memcmp(one, other, length) == 0;
}

/* Whatever the port, and at whichever pair. */
static bool is_served(const struct look *look, int family, const uint8_t *address)
{
	size_t size = family == 4 ? 4 : 16;

	for (size_t i = 0; i < look->config->services_count; i++) {
		const struct oracle_service *service = &look->config->services[i];

		if (service->family != family)
			continue;
		if (same(service->address, address, size))
			return true;
		if (service->discovery && same(service->alternate_address, address, size))
			return true;
	}
	return false;
}

static bool read_link(struct look *look)
{
	look->packet = 14;
	if (look->length < look->packet)
		return false;
	look->type = read16(look->frame + 12);
	while ((look->type == 0x8100 || look->type == 0x88a8) && look->packet < 14 + 2 * 4) {
		if (look->length < look->packet + 4)
			return false;
		look->type = read16(look->frame + look->packet + 2);
		look->packet += 4;
	}
	return (look->frame[6] & 1) == 0;
}

static bool sent_to_us(const struct look *look)
{
	return same(look->frame, look->mac, 6);
}

/* The link header of every reply. The rest of the answer is still the request. */
static uint8_t *begin(const struct look *look, struct oracle_neighbour *answer,
		      const char *protocol, size_t length)
{
	memset(answer->reply, 0, sizeof(answer->reply));
	memcpy(answer->reply, look->frame, look->length);
	memcpy(answer->reply, look->frame + 6, 6);
	memcpy(answer->reply + 6, look->mac, 6);
	answer->protocol = protocol;
	answer->reply_length = length;
	return answer->reply + look->packet;
}

/* RFC 826, "Packet Reception", and RFC 5227 */
static void decide_arp(const struct look *look, struct oracle_neighbour *answer)
{
	const uint8_t *arp = look->frame + look->packet;
	uint8_t *reply;

	if (!sent_to_us(look) && !same(look->frame, broadcast, 6))
		return;
	if (look->length - look->packet < 28)
		return;
	if (read16(arp) != 1 || read16(arp + 2) != 0x0800 || arp[4] != 6 || arp[5] != 4)
		return;
	if (read16(arp + 6) != 1) /* ares_op$REQUEST */
		return;
	if (!is_served(look, 4, arp + 24) || same(arp + 14, arp + 24, 4))
		return;
	reply = begin(look, answer, "arp", look->length);
	write16(reply + 6, 2);
	memcpy(reply + 18, arp + 8, 10);
	memcpy(reply + 8, look->mac, 6);
	memcpy(reply + 14, arp + 24, 4);
}

static bool is_icmp_sound(const struct look *look, int family)
{
	const uint8_t *ip = look->frame + look->packet;
	unsigned sum = 0;
	uint8_t rest[4] = {0, 58};

	if (family == 6) {
		write16(rest + 2, (unsigned)look->icmp_length);
		sum = oracle_add_words(oracle_add_words(0, ip + 8, 32), rest, 4);
	}
	return oracle_add_words(sum, look->frame + look->icmp, look->icmp_length) == 0xffff;
}

static void set_checksum(uint8_t *field, unsigned sum)
{
	write16(field, 0xffff - sum);
}

static void set_icmpv6_checksum(uint8_t *ip, size_t length)
{
	uint8_t rest[4] = {0, 58};
	unsigned sum;

	write16(rest + 2, (unsigned)length);
	write16(ip + 42, 0);
	sum = oracle_add_words(oracle_add_words(0, ip + 8, 32), rest, 4);
	set_checksum(ip + 42, oracle_add_words(sum, ip + 40, length));
}

/* A shorter frame than 60 bytes comes of a shorter one only; what was there fills it. */
static size_t padded(const struct look *look, size_t length)
{
	if (length >= 60)
		return length;
	return look->length < 60 ? look->length : 60;
}

static bool is_ipv4_sound(const struct look *look, const uint8_t *ip, size_t left)
{
	size_t total;

	if (left < 28 || ip[0] != 0x45)
		return false;
	total = read16(ip + 2);
	if (total > left || total < 28)
		return false;
	if (ip[6] & 0x20 || read16(ip + 6) & 0x1fff) /* MF, offset */
		return false;
	if (ip[9] != 1 || oracle_add_words(0, ip, 20) != 0xffff)
		return false;
	return !oracle_is_bogon(ip + 12, 4) && !same(ip + 12, ip + 16, 4) &&
	       is_served(look, 4, ip + 16);
}

/* RFC 792, RFC 1122 section 3.2.2.6 */
static void decide_ipv4(struct look *look, struct oracle_neighbour *answer)
{
	static const uint8_t head[] = {0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 1, 0, 0};
	const uint8_t *ip = look->frame + look->packet;
	size_t total;
	uint8_t *reply;

	if (!sent_to_us(look) || !is_ipv4_sound(look, ip, look->length - look->packet))
		return;
	total = read16(ip + 2);
	look->icmp = look->packet + 20;
	look->icmp_length = total - 20;
	if (ip[20] != 8 || ip[21] != 0 || !is_icmp_sound(look, 4))
		return;
	reply = begin(look, answer, "echo", padded(look, look->packet + total));
	memcpy(reply, head, sizeof(head));
	write16(reply + 2, (unsigned)total);
	memcpy(reply + 12, ip + 16, 4);
	memcpy(reply + 16, ip + 12, 4);
	set_checksum(reply + 10, oracle_add_words(0, reply, 20));
	reply[20] = 0;
	write16(reply + 22, 0);
	set_checksum(reply + 22, oracle_add_words(0, reply + 20, total - 20));
}

/* RFC 8200; the addresses are the caller's. */
static void set_ipv6(uint8_t *ip, size_t length, uint8_t hop_limit)
{
	ip[0] = 0x60;
	memset(ip + 1, 0, 3);
	write16(ip + 4, (unsigned)length);
	ip[6] = 58;
	ip[7] = hop_limit;
}

/* RFC 4443 section 4.2 */
static void decide_echo_ipv6(const struct look *look, struct oracle_neighbour *answer)
{
	const uint8_t *ip = look->frame + look->packet;
	uint8_t *reply;

	if (!sent_to_us(look) || oracle_is_bogon(ip + 8, 6) || same(ip + 8, ip + 24, 16))
		return;
	if (!is_served(look, 6, ip + 24) || !is_icmp_sound(look, 6))
		return;
	reply = begin(look, answer, "echo", look->icmp + look->icmp_length);
	set_ipv6(reply, look->icmp_length, 64);
	memcpy(reply + 8, ip + 24, 16);
	memcpy(reply + 24, ip + 8, 16);
	reply[40] = 129;
	set_icmpv6_checksum(reply, look->icmp_length);
}

/* RFC 4861 section 4.6: the types that a solicitation has, or false. */
static bool read_options(const struct look *look, bool *source_link)
{
	size_t at = 24;

	*source_link = false;
	while (at < look->icmp_length) {
		const uint8_t *option = look->frame + look->icmp + at;
		size_t left = look->icmp_length - at;

		if (left < 2 || option[1] == 0 || option[1] * 8u > left)
			return false;
		if (option[0] == 1)
			*source_link = true;
		at += option[1] * 8u;
	}
	return true;
}

/* RFC 4861 section 7.1.1, in its order */
static bool is_valid_solicitation(const struct look *look, bool solicited_node)
{
	const uint8_t *ip = look->frame + look->packet, *target = ip + 48;
	bool source_link;

	if (ip[7] != 255 || !is_icmp_sound(look, 6) || look->icmp_length < 24)
		return false;
	if (target[0] == 0xff || !read_options(look, &source_link))
		return false;
	if (same(ip + 8, unspecified, 16))
		return solicited_node && !source_link;
	return !oracle_is_bogon(ip + 8, 6) && !same(ip + 8, target, 16);
}

/* RFC 4861 section 7.2.4 */
static void advertise(const struct look *look, struct oracle_neighbour *answer)
{
	static const uint8_t all_nodes_mac[6] = {0x33, 0x33, 0, 0, 0, 1};
	static const uint8_t all_nodes[16] = {0xff, 0x02, [15] = 1};
	const uint8_t *ip = look->frame + look->packet;
	bool probe = same(ip + 8, unspecified, 16);
	uint8_t *reply = begin(look, answer, "advertisement", look->packet + 72);

	if (probe)
		memcpy(answer->reply, all_nodes_mac, 6);
	set_ipv6(reply, 32, 255);
	memcpy(reply + 8, ip + 48, 16);
	memcpy(reply + 24, probe ? all_nodes : ip + 8, 16);
	reply[40] = 136;
	memset(reply + 44, 0, 4);
	reply[44] = probe ? 0x20 : 0x60;
	memcpy(reply + 48, ip + 48, 16);
	reply[64] = 2;
	reply[65] = 1;
	memcpy(reply + 66, look->mac, 6);
	set_icmpv6_checksum(reply, 32);
}

static void decide_solicitation(const struct look *look, struct oracle_neighbour *answer)
{
	static const uint8_t prefix[13] = {0xff, 0x02, [11] = 1, 0xff};
	const uint8_t *ip = look->frame + look->packet, *target = ip + 48;
	bool solicited_node;

	if (!sent_to_us(look) && !(look->frame[0] & 1))
		return;
	if (look->icmp_length < 24 || !is_served(look, 6, target))
		return;
	solicited_node = same(ip + 24, prefix, 13) && same(ip + 37, target + 13, 3);
	if (!solicited_node && !same(ip + 24, target, 16))
		return;
	if (is_valid_solicitation(look, solicited_node) && look->room >= look->packet + 72)
		advertise(look, answer);
}

static void decide_ipv6(struct look *look, struct oracle_neighbour *answer)
{
	const uint8_t *ip = look->frame + look->packet;
	size_t left = look->length - look->packet;

	if (left < 48 || ip[0] >> 4 != 6 || ip[6] != 58)
		return;
	look->icmp = look->packet + 40;
	look->icmp_length = read16(ip + 4);
	if (look->icmp_length > left - 40 || look->icmp_length < 8 || ip[41] != 0)
		return;
	if (ip[40] == 128)
		decide_echo_ipv6(look, answer);
	if (ip[40] == 135)
		decide_solicitation(look, answer);
}

void oracle_neighbour(const struct oracle_config *config, const uint8_t *mac, const uint8_t *frame,
		      size_t length, size_t room, struct oracle_neighbour *answer)
{
	struct look look = {config, mac, frame, length, room};

	answer->protocol = "none";
	answer->reply_length = 0;
	if (!read_link(&look))
		return;
	if (look.type == 0x0806)
		decide_arp(&look, answer);
	if (look.type == 0x0800)
		decide_ipv4(&look, answer);
	if (look.type == 0x86dd)
		decide_ipv6(&look, answer);
}
