// SPDX-License-Identifier: BSD-2-Clause
#include "frame.h"

#include <string.h>

#include "checksum.h"
#include "crc32.h"
#include "protocols.h"

/* --- requests --- */

static size_t put_link(uint8_t *to, const struct frame_link *link, uint16_t type)
{
	static const uint16_t outer[] = {ETHERTYPE_VLAN, ETHERTYPE_QINQ};
	size_t length = sizeof(struct wire_ethernet);
	struct be16 next;

	memcpy(to, link->destination, 6);
	memcpy(to + 6, link->source, 6);
	next = be16_from(link->tags_count ? outer[link->tags_count - 1] : type);
	memcpy(to + 12, &next, sizeof(next));
	for (size_t i = 0; i < link->tags_count; i++) {
		const struct wire_tag tag = {
			be16_from(link->tags[i]),
			be16_from(i + 1 < link->tags_count ? ETHERTYPE_VLAN : type)};

		memcpy(to + length, &tag, sizeof(tag));
		length += sizeof(tag);
	}
	return length;
}

/* Source and checksum are left out. */
static size_t put_ip(uint8_t *to, const struct address *target, size_t payload)
{
	if (target->family == AF_INET6) {
		struct wire_ipv6 ip = {
			.version_class_flow = be32_from(6u << 28),
			.payload_length = be16_from((uint16_t)payload),
			.next_header = IP_PROTOCOL_UDP,
			.hop_limit = WIRE_TTL,
		};

		memcpy(&ip.destination, target->bytes, sizeof(ip.destination));
		memcpy(to, &ip, sizeof(ip));
		return sizeof(ip);
	}
	struct wire_ipv4 ip = {
		.version_length = IPV4_VERSION_LENGTH,
		.total_length = be16_from((uint16_t)(sizeof(ip) + payload)),
		.fragment = be16_from(IPV4_DONT_FRAGMENT),
		.time_to_live = WIRE_TTL,
		.protocol = IP_PROTOCOL_UDP,
	};

	memcpy(&ip.destination, target->bytes, sizeof(ip.destination));
	memcpy(to, &ip, sizeof(ip));
	return sizeof(ip);
}

/* Whole 32-bit words, and what is left over. */
static uint64_t sum_bytes(const uint8_t *bytes, size_t length)
{
	uint64_t sum = 0;
	uint32_t rest = 0;

	for (; length >= 4; length -= 4, bytes += 4)
		sum += bytes_load32(bytes);
	memcpy(&rest, bytes, length);
	return sum + rest;
}

/* The pseudo-header: both addresses, which are adjacent, protocol and length. */
static uint64_t sum_pseudo(const uint8_t *ip, bool v6, size_t udp_length)
{
	uint64_t sum = v6 ? sum_bytes(ip + 8, 32) : sum_bytes(ip + 12, 8);

	return sum + checksum_word(IP_PROTOCOL_UDP) + checksum_word((uint16_t)udp_length);
}

void frame_template(struct frame_template *template, const struct load_profile *profile,
		    const struct frame_link *link, const struct endpoint *target)
{
	uint8_t message[PROFILE_MESSAGE_MAX];
	size_t message_length = profile_message(message, profile);
	size_t udp_length = sizeof(struct wire_udp) + message_length;
	bool v6 = target->address.family == AF_INET6;
	const struct wire_udp udp = {.destination = be16_from(target->port),
				     .length = be16_from((uint16_t)udp_length)};
	uint8_t *bytes = template->bytes;

	memset(template, 0, sizeof(*template));
	template->profile = profile;
	template->ip = put_link(bytes, link, v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4);
	template->udp = template->ip + put_ip(bytes + template->ip, &target->address, udp_length);
	template->stun = template->udp + sizeof(udp);
	template->length = template->stun + message_length;
	memcpy(bytes + template->udp, &udp, sizeof(udp));
	memcpy(bytes + template->stun, message, message_length);
	template->ip_sum = sum_bytes(bytes + template->ip, sizeof(struct wire_ipv4));
	template->udp_sum = sum_pseudo(bytes + template->ip, v6, udp_length) +
			    sum_bytes(bytes + template->udp, udp_length);
	template->crc = crc32_2(CRC32_START, bytes_load32(message), bytes_load32(message + 4));
}

/* Writes FINGERPRINT. Return: what it adds to the sum. */
static uint64_t put_fingerprint(uint8_t *stun, const struct frame_template *template,
				const struct ticket *ticket)
{
	uint8_t *end = stun + (template->length - template->stun) - 8;
	uint32_t state = crc32_3(template->crc, ticket->word[0], ticket->word[1], ticket->word[2]);

	for (const uint8_t *at = stun + sizeof(struct wire_stun); at < end; at += 4)
		state = crc32_1(state, bytes_load32(at));
	state = be32_from(~state ^ STUN_FINGERPRINT_XOR ^ template->profile->fingerprint_wrong).raw;
	bytes_store32(end + 4, state);
	return state;
}

/* Applies what the profile has wrong on purpose in the headers. */
static struct endpoint twist_source(const struct frame_template *template,
				    const struct endpoint *source)
{
	struct endpoint twisted = *source;
	bool v6 = source->address.family == AF_INET6;
	size_t size = v6 ? 16 : 4;

	switch (template->profile->twist) {
	case PROFILE_LAND:
		memcpy(twisted.address.bytes, template->bytes + template->ip + (v6 ? 24 : 16),
		       size);
		break;
	case PROFILE_BOGON:
		twisted.address.bytes[0] |= v6 ? 0xff : 0xf0;
		break;
	case PROFILE_PORT_0:
		twisted.port = 0;
		break;
	default:
		break;
	}
	return twisted;
}

static uint16_t udp_checksum(uint64_t sum, enum profile_twist twist)
{
	uint16_t checksum = (uint16_t)~checksum_fold(sum);

	if (twist == PROFILE_NO_CHECKSUM)
		return 0;
	if (twist == PROFILE_UDP_CHECKSUM)
		checksum ^= 0x0101;
	return checksum ? checksum : 0xffff;
}

size_t frame_write(uint8_t *frame, const struct frame_template *template,
		   const struct endpoint *source, const struct ticket *ticket)
{
	enum profile_twist twist = template->profile->twist;
	struct endpoint from = twist == PROFILE_PLAIN ? *source : twist_source(template, source);
	struct wire_udp *udp = (struct wire_udp *)(frame + template->udp);
	uint8_t *ip = frame + template->ip, *stun = frame + template->stun;
	uint64_t addresses, sum = template->udp_sum;

	memcpy(frame, template->bytes, template->length);
	if (from.address.family == AF_INET6) {
		memcpy(ip + 8, from.address.bytes, 16);
		addresses = checksum_4(from.address.bytes);
	} else {
		struct wire_ipv4 *ipv4 = (struct wire_ipv4 *)ip;

		memcpy(ip + 12, from.address.bytes, 4);
		addresses = bytes_load32(from.address.bytes);
		ipv4->checksum.raw = (uint16_t)~checksum_fold(template->ip_sum + addresses);
		ipv4->checksum.raw ^= twist == PROFILE_IP_CHECKSUM ? 0x0101 : 0;
	}
	memcpy(stun + 8, ticket, sizeof(*ticket));
	udp->source = be16_from(from.port);
	sum += addresses + udp->source.raw + ticket->word[0] + ticket->word[1] + ticket->word[2];
	if (template->profile->fingerprint)
		sum += put_fingerprint(stun, template, ticket);
	udp->checksum.raw = udp_checksum(sum, twist);
	return template->length;
}

/* --- replies --- */

/* Skips Ethernet and tags. Return: where IP begins, or 0. */
static size_t skip_link(const uint8_t *frame, size_t length, uint16_t *type)
{
	size_t at = sizeof(struct wire_ethernet);

	for (size_t tags = 0; length >= at; tags++, at += sizeof(struct wire_tag)) {
		*type = (uint16_t)(frame[at - 2] << 8 | frame[at - 1]);
		if (tags == WIRE_TAGS_MAX || (*type != ETHERTYPE_VLAN && *type != ETHERTYPE_QINQ))
			return at;
	}
	return 0;
}

/* Whether the tags are those that were sent. Their priorities may have changed. */
static bool same_tags(const uint8_t *frame, size_t ip, const struct frame_link *link)
{
	uint8_t wanted[WIRE_LINK_MAX];

	if (put_link(wanted, link, 0) != ip)
		return false;
	for (size_t i = 12; i + 2 < ip; i++)
		if ((frame[i] ^ wanted[i]) & (i % 4 == 2 ? 0x0f : 0xff))
			return false;
	return true;
}

static void note(struct load_reply *reply, enum fault fault)
{
	if (reply->fault == FAULT_NONE)
		reply->fault = fault;
}

/* Return: the length of what is behind the header, 0 if that is not UDP. */
static size_t read_ipv4(struct load_reply *reply, const uint8_t *ip, size_t length)
{
	const struct wire_ipv4 *ipv4 = (const struct wire_ipv4 *)ip;
	size_t total;

	if (length < sizeof(*ipv4) || ipv4->version_length != IPV4_VERSION_LENGTH ||
	    ipv4->protocol != IP_PROTOCOL_UDP)
		return 0;
	total = be16_to(&ipv4->total_length);
	reply->source.address.family = reply->destination.address.family = AF_INET;
	memcpy(reply->source.address.bytes, &ipv4->source, 4);
	memcpy(reply->destination.address.bytes, &ipv4->destination, 4);
	if (!checksum_valid(sum_bytes(ip, sizeof(*ipv4))))
		note(reply, FAULT_CHECKSUM);
	if (total <= length && total >= sizeof(*ipv4) &&
	    !(be16_to(&ipv4->fragment) & IPV4_FRAGMENT_MASK))
		return total - sizeof(*ipv4);
	note(reply, FAULT_FRAME);
	return length - sizeof(*ipv4);
}

static size_t read_ipv6(struct load_reply *reply, const uint8_t *ip, size_t length)
{
	const struct wire_ipv6 *ipv6 = (const struct wire_ipv6 *)ip;

	if (length < sizeof(*ipv6) || ip[0] >> 4 != 6 || ipv6->next_header != IP_PROTOCOL_UDP)
		return 0;
	reply->source.address.family = reply->destination.address.family = AF_INET6;
	memcpy(reply->source.address.bytes, &ipv6->source, 16);
	memcpy(reply->destination.address.bytes, &ipv6->destination, 16);
	if (be16_to(&ipv6->payload_length) <= length - sizeof(*ipv6))
		return be16_to(&ipv6->payload_length);
	note(reply, FAULT_FRAME);
	return length - sizeof(*ipv6);
}

static void read_udp(struct load_reply *reply, const uint8_t *ip, const uint8_t *bytes,
		     size_t length, bool v6)
{
	const struct wire_udp *udp = (const struct wire_udp *)bytes;

	if (length < sizeof(*udp))
		return;
	reply->message = bytes + sizeof(*udp);
	reply->length = length - sizeof(*udp);
	reply->source.port = be16_to(&udp->source);
	reply->destination.port = be16_to(&udp->destination);
	if (be16_to(&udp->length) != length)
		note(reply, FAULT_FRAME);
	else if (!udp->checksum.raw ||
		 !checksum_valid(sum_pseudo(ip, v6, length) + sum_bytes(bytes, length)))
		note(reply, FAULT_CHECKSUM);
}

void frame_read(struct load_reply *reply, const uint8_t *frame, size_t length,
		const struct frame_link *link)
{
	uint16_t type = 0;
	size_t ip = skip_link(frame, length, &type), udp_length;
	bool v6 = type == ETHERTYPE_IPV6;

	*reply = (struct load_reply){.framed = true, .fault = FAULT_NONE};
	if (ip == 0)
		return;
	if (!same_tags(frame, ip, link))
		note(reply, FAULT_FRAME);
	frame += ip;
	udp_length =
		v6 ? read_ipv6(reply, frame, length - ip) : read_ipv4(reply, frame, length - ip);
	if (udp_length)
		read_udp(reply, frame,
			 frame + (v6 ? sizeof(struct wire_ipv6) : sizeof(struct wire_ipv4)),
			 udp_length, v6);
}
