// SPDX-License-Identifier: BSD-2-Clause
#include "neighbour.h"

#include <string.h>

#include "responder.h"

#define FRAME_MIN	   60 /* IEEE 802.3 section 3.2.8, without FCS */
#define ETHERTYPE_ARP	   0x0806
#define IP_PROTOCOL_ICMP   1
#define IP_PROTOCOL_ICMPV6 58

/* RFC 826, of IPv4 over Ethernet */
struct wire_arp {
	uint8_t head[8]; /* hardware, protocol, the lengths of their addresses, operation */
	struct be16 sender_mac[3];
	struct be32 sender;
	struct be16 target_mac[3];
	struct be32 target;
} WIRE;
WIRE_SIZE(struct wire_arp, 28);

static const uint8_t arp_request[8] = {0, 1, 8, 0, 6, 4, 0, 1};
static const uint8_t arp_reply[8] = {0, 1, 8, 0, 6, 4, 0, 2};

enum icmp_type {
	ICMP_ECHO_REPLY = 0,
	ICMP_ECHO = 8,
	ICMPV6_ECHO = 128,
	ICMPV6_ECHO_REPLY = 129,
	ICMPV6_SOLICITATION = 135,
	ICMPV6_ADVERTISEMENT = 136,
};

/* RFC 792, RFC 4443 section 2.1 */
struct wire_icmp {
	uint8_t type;
	uint8_t code;
	struct be16 checksum;
	struct be32 rest; /* of an echo: identifier, sequence number; of an advertisement: flags */
} WIRE;
WIRE_SIZE(struct wire_icmp, 8);

#define ADVERTISEMENT_SOLICITED 0x40000000u
#define ADVERTISEMENT_OVERRIDE	0x20000000u
#define DISCOVERY_HOP_LIMIT	255

/* RFC 4861 section 4.6.1 */
struct wire_option {
	uint8_t type;
	uint8_t length; /* in units of 8 bytes */
	struct be16 mac[3];
} WIRE;
WIRE_SIZE(struct wire_option, 8);

#define OPTION_SOURCE_LINK 1
#define OPTION_TARGET_LINK 2

/* RFC 4861 section 4.3, 4.4 */
struct wire_discovery {
	struct wire_icmp icmp;
	struct wire_ipv6_address target;
	struct wire_option option; /* of an advertisement; a solicitation has any, or none */
} WIRE;
WIRE_SIZE(struct wire_discovery, 32);

#define SOLICITATION_MIN offsetof(struct wire_discovery, option)

/* RFC 4291 section 2.7.1, RFC 2464 section 7 */
static const struct wire_ipv6_address all_nodes = {
	{{BYTES_SWAP32(0xff020000u)}, {0}, {0}, {BYTES_SWAP32(1u)}}};
static const struct be16 all_nodes_mac[3] = {{BYTES_SWAP16(0x3333)}, {0}, {BYTES_SWAP16(1)}};

/* A frame, and where its reply goes. */
struct exchange {
	struct wire_ethernet *ethernet;
	uint8_t *packet;     /* behind the tags */
	const uint8_t *end;  /* of the frame; of the reply, once it is answered */
	const uint8_t *room; /* end of what may be written */
	const struct policy *policy;
	const struct be16 *mac; /* the port's own */
	const struct be16 *to;	/* whoever asked */
	bool unicast;		/* sent to the port alone */
};

static bool is_broadcast(const struct be16 *mac)
{
	return bytes_load32(mac) == 0xffffffff && mac[2].raw == 0xffff;
}

static bool is_group(const struct be16 *mac)
{
	return mac->raw & be16_from(0x0100).raw;
}

static bool is_service_ipv4(const struct policy *policy, const struct be32 *address)
{
	return policy_find(policy, policy_key_ipv4(address->raw, POLICY_ANY_PORT));
}

static bool is_service_ipv6(const struct policy *policy, const struct wire_ipv6_address *address)
{
	return policy_find(policy,
			   policy_key_ipv6(bytes_load64(&address->word[0]),
					   bytes_load64(&address->word[2]), POLICY_ANY_PORT));
}

static bool is_same_ipv6(const struct wire_ipv6_address *a, const struct wire_ipv6_address *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* --- ARP --- */

/* Probes, which have no sender address, are answered too (RFC 5227 section 2.1.1). */
static enum neighbour answer_arp(struct exchange *exchange)
{
	struct wire_arp *arp = (struct wire_arp *)exchange->packet;
	uint32_t target;

	if (!exchange->unicast && !is_broadcast(exchange->ethernet->destination))
		return NEIGHBOUR_NONE;
	if (!verifier_has(exchange->packet, exchange->end, sizeof(*arp)) ||
	    memcmp(arp->head, arp_request, sizeof(arp_request)) != 0)
		return NEIGHBOUR_NONE;
	/* A sender that claims the address itself asks nothing: an announcement, or a conflict. */
	if (arp->sender.raw == arp->target.raw || !is_service_ipv4(exchange->policy, &arp->target))
		return NEIGHBOUR_NONE;

	target = arp->target.raw;
	memcpy(arp->head, arp_reply, sizeof(arp_reply));
	wire_copy_mac(arp->target_mac, arp->sender_mac);
	arp->target = arp->sender;
	wire_copy_mac(arp->sender_mac, exchange->mac);
	arp->sender.raw = target;
	return NEIGHBOUR_ARP;
}

/* --- ping --- */

/* RFC 1071; the last word is filled up with zeros (section 4.1). */
static uint64_t sum_bytes(const uint8_t *bytes, uint32_t length)
{
	uint32_t last = 0;
	uint64_t sum = 0;

	for (; length >= 4; bytes += 4, length -= 4)
		sum += bytes_load32(bytes);
	memcpy(&last, bytes, length);
	return sum + last;
}

/* A message of so many bytes, with its pseudo-header (RFC 8200 section 8.1). */
static uint64_t sum_ipv6(const struct wire_ipv6 *ip, uint16_t length)
{
	return checksum_4((const uint8_t *)&ip->source) +
	       checksum_4((const uint8_t *)&ip->destination) + checksum_word(length) +
	       checksum_word(IP_PROTOCOL_ICMPV6) + sum_bytes((const uint8_t *)(ip + 1), length);
}

/* Of the request's sum all but the first word, which has type and checksum, goes for the reply. */
static void put_echo(struct wire_icmp *icmp, enum icmp_type type, uint64_t sum)
{
	sum -= bytes_load32(icmp);
	icmp->type = (uint8_t)type;
	icmp->checksum.raw =
		(uint16_t)~checksum_fold(sum + checksum_word((uint16_t)((unsigned int)type << 8)));
}

static void put_ipv4(struct wire_ipv4 *ip, uint64_t addresses, uint16_t total)
{
	packet_put_ipv4(ip, &ip->destination, &ip->source, addresses, total);
	ip->protocol = IP_PROTOCOL_ICMP;
	ip->checksum.raw = 0;
	ip->checksum.raw = (uint16_t)~checksum_fold(addresses + checksum_3((const uint8_t *)ip));
}

static void put_ipv6(struct wire_ipv6 *ip, const struct wire_ipv6_address *source,
		     const struct wire_ipv6_address *destination, uint16_t length)
{
	packet_put_ipv6(ip, source, destination, length);
	ip->next_header = IP_PROTOCOL_ICMPV6;
}

/* RFC 791, RFC 792; the header is whole, so are the 8 bytes of ICMP behind it. */
static bool is_echo_ipv4(const struct exchange *exchange, const struct wire_ipv4 *ip)
{
	const struct wire_icmp *icmp = (const struct wire_icmp *)(ip + 1);
	uint16_t total = be16_to(&ip->total_length);

	return ip->version_length == IPV4_VERSION_LENGTH && ip->protocol == IP_PROTOCOL_ICMP &&
	       !(ip->fragment.raw & be16_from(IPV4_FRAGMENT_MASK).raw) &&
	       total >= sizeof(*ip) + sizeof(*icmp) &&
	       verifier_has(exchange->packet, exchange->end, total) && icmp->type == ICMP_ECHO &&
	       !icmp->code && !message_is_bogon_ipv4(&ip->source) &&
	       ip->source.raw != ip->destination.raw &&
	       is_service_ipv4(exchange->policy, &ip->destination);
}

static enum neighbour answer_ipv4(struct exchange *exchange)
{
	struct wire_ipv4 *ip = (struct wire_ipv4 *)exchange->packet;
	struct wire_icmp *icmp = (struct wire_icmp *)(ip + 1);
	uint64_t addresses, sum;
	uint16_t total;

	if (!exchange->unicast ||
	    !verifier_has(exchange->packet, exchange->end, sizeof(*ip) + sizeof(*icmp)) ||
	    !is_echo_ipv4(exchange, ip))
		return NEIGHBOUR_NONE;
	addresses = (uint64_t)ip->source.raw + ip->destination.raw;
	if (!checksum_valid(addresses + checksum_3(exchange->packet)))
		return NEIGHBOUR_NONE;
	total = be16_to(&ip->total_length);
	sum = sum_bytes((const uint8_t *)icmp, total - (uint32_t)sizeof(*ip));
	if (!checksum_valid(sum))
		return NEIGHBOUR_NONE;
	put_ipv4(ip, addresses, total);
	put_echo(icmp, ICMP_ECHO_REPLY, sum);
	exchange->end = exchange->packet + total;
	return NEIGHBOUR_ECHO;
}

/* Here and below all of the message, of so many bytes, is there. */
static enum neighbour answer_echo_ipv6(struct exchange *exchange, uint16_t length)
{
	struct wire_ipv6 *ip = (struct wire_ipv6 *)exchange->packet;
	uint64_t sum;

	if (!exchange->unicast || message_is_bogon_ipv6(&ip->source) ||
	    is_same_ipv6(&ip->source, &ip->destination) ||
	    !is_service_ipv6(exchange->policy, &ip->destination))
		return NEIGHBOUR_NONE;
	sum = sum_ipv6(ip, length);
	if (!checksum_valid(sum))
		return NEIGHBOUR_NONE;
	put_ipv6(ip, &ip->destination, &ip->source, length);
	put_echo((struct wire_icmp *)(ip + 1), ICMPV6_ECHO_REPLY, sum);
	exchange->end = exchange->packet + sizeof(*ip) + length;
	return NEIGHBOUR_ECHO;
}

/* --- Neighbour Discovery --- */

static bool is_unspecified(const struct wire_ipv6_address *address)
{
	return !(bytes_load64(&address->word[0]) | bytes_load64(&address->word[2]));
}

/* RFC 4291 section 2.7.1 */
static bool is_solicited_node(const struct wire_ipv6_address *group,
			      const struct wire_ipv6_address *address)
{
	return group->word[0].raw == be32_from(0xff020000).raw && !group->word[1].raw &&
	       group->word[2].raw == be32_from(1).raw &&
	       be32_to(&group->word[3]) == (0xff000000 | be32_to(&address->word[3]));
}

/* RFC 4861 section 7.1.1. A probe, from ::, has no link-layer address to give. */
static bool are_options_sound(const uint8_t *pos, const uint8_t *end, bool probe)
{
	while (pos < end) {
		const struct wire_option *option = (const struct wire_option *)pos;

		if (!verifier_has(pos, end, sizeof(*option)) || !option->length ||
		    !verifier_has(pos, end, option->length * 8u))
			return false;
		if (probe && option->type == OPTION_SOURCE_LINK)
			return false;
		pos += option->length * 8u;
	}
	return true;
}

/* Whether it goes where a solicitation for its target goes, and comes from a neighbour. */
static bool are_addresses_sound(const struct wire_ipv6 *ip, const struct wire_ipv6_address *target)
{
	bool group = is_solicited_node(&ip->destination, target);

	if (is_unspecified(&ip->source))
		return group;
	return (group || is_same_ipv6(&ip->destination, target)) &&
	       !message_is_bogon_ipv6(&ip->source) && !is_same_ipv6(&ip->source, target);
}

/* RFC 4861 section 7.1.1; that the target is not multicast needs no look, as no service is. */
static bool is_solicitation(const struct exchange *exchange, uint16_t length)
{
	const struct wire_ipv6 *ip = (const struct wire_ipv6 *)exchange->packet;
	const struct wire_discovery *discovery = (const struct wire_discovery *)(ip + 1);
	const uint8_t *message = (const uint8_t *)discovery;

	return (exchange->unicast || is_group(exchange->ethernet->destination)) &&
	       ip->hop_limit == DISCOVERY_HOP_LIMIT && length >= SOLICITATION_MIN &&
	       is_service_ipv6(exchange->policy, &discovery->target) &&
	       are_addresses_sound(ip, &discovery->target) &&
	       are_options_sound(message + SOLICITATION_MIN, message + length,
				 is_unspecified(&ip->source)) &&
	       checksum_valid(sum_ipv6(ip, length));
}

/* RFC 4861 section 7.2.4; the target stays in its place. */
static enum neighbour answer_solicitation(struct exchange *exchange, uint16_t length)
{
	struct wire_ipv6 *ip = (struct wire_ipv6 *)exchange->packet;
	struct wire_discovery *discovery = (struct wire_discovery *)(ip + 1);
	uint32_t flags = ADVERTISEMENT_OVERRIDE | ADVERTISEMENT_SOLICITED;
	const struct wire_ipv6_address *to = &ip->source;

	if (!is_solicitation(exchange, length) ||
	    !verifier_has(exchange->packet, exchange->room, sizeof(*ip) + sizeof(*discovery)))
		return NEIGHBOUR_NONE;
	if (is_unspecified(to)) {
		to = &all_nodes;
		exchange->to = all_nodes_mac;
		flags = ADVERTISEMENT_OVERRIDE;
	}
	put_ipv6(ip, &discovery->target, to, sizeof(*discovery));
	ip->hop_limit = DISCOVERY_HOP_LIMIT;
	discovery->icmp.type = ICMPV6_ADVERTISEMENT;
	discovery->icmp.checksum.raw = 0;
	discovery->icmp.rest = be32_from(flags);
	discovery->option.type = OPTION_TARGET_LINK;
	discovery->option.length = 1;
	wire_copy_mac(discovery->option.mac, exchange->mac);
	discovery->icmp.checksum.raw = (uint16_t)~checksum_fold(sum_ipv6(ip, sizeof(*discovery)));
	exchange->end = (const uint8_t *)(discovery + 1);
	return NEIGHBOUR_ADVERTISEMENT;
}

static enum neighbour answer_ipv6(struct exchange *exchange)
{
	const struct wire_ipv6 *ip = (const struct wire_ipv6 *)exchange->packet;
	const struct wire_icmp *icmp = (const struct wire_icmp *)(ip + 1);
	uint16_t length;

	if (!verifier_has(exchange->packet, exchange->end, sizeof(*ip) + sizeof(*icmp)) ||
	    be32_to(&ip->version_class_flow) >> 28 != 6 || ip->next_header != IP_PROTOCOL_ICMPV6)
		return NEIGHBOUR_NONE;
	length = be16_to(&ip->payload_length);
	if (length < sizeof(*icmp) ||
	    !verifier_has(exchange->packet, exchange->end, (uint32_t)sizeof(*ip) + length) ||
	    icmp->code)
		return NEIGHBOUR_NONE;
	if (icmp->type == ICMPV6_ECHO)
		return answer_echo_ipv6(exchange, length);
	if (icmp->type == ICMPV6_SOLICITATION)
		return answer_solicitation(exchange, length);
	return NEIGHBOUR_NONE;
}

/* --- all of them --- */

/* Where the packet is, behind up to two tags as in the core; NULL: it is cut before that. */
static uint8_t *find_packet(uint8_t *frame, const uint8_t *end, uint16_t *type)
{
	uint8_t *pos = frame + sizeof(struct wire_ethernet);

	if (!verifier_has(frame, end, sizeof(struct wire_ethernet)))
		return NULL;
	*type = be16_to(&((struct wire_ethernet *)frame)->type);
	for (int i = 0; i < WIRE_TAGS_MAX && responder_is_tag(*type); i++) {
		if (!verifier_has(pos, end, sizeof(struct wire_tag)))
			return NULL;
		*type = be16_to(&((struct wire_tag *)pos)->type);
		pos += sizeof(struct wire_tag);
	}
	return pos;
}

static enum neighbour answer_type(struct exchange *exchange, uint16_t type)
{
	switch (type) {
	case ETHERTYPE_ARP:
		return answer_arp(exchange);
	case ETHERTYPE_IPV4:
		return answer_ipv4(exchange);
	case ETHERTYPE_IPV6:
		return answer_ipv6(exchange);
	default:
		return NEIGHBOUR_NONE;
	}
}

enum neighbour neighbour_answer(uint8_t *frame, size_t length, size_t room,
				const struct policy *policy, const uint8_t *mac,
				size_t *reply_length)
{
	struct wire_ethernet *ethernet = (struct wire_ethernet *)frame;
	struct exchange exchange = {
		.ethernet = ethernet,
		.end = frame + length,
		.room = frame + room,
		.policy = policy,
		.mac = (const struct be16 *)mac,
		.to = ethernet->source,
	};
	enum neighbour answered;
	uint16_t type;

	exchange.packet = find_packet(frame, exchange.end, &type);
	if (!exchange.packet || is_group(ethernet->source))
		return NEIGHBOUR_NONE;
	exchange.unicast = !memcmp(ethernet->destination, mac, sizeof(ethernet->destination));
	answered = answer_type(&exchange, type);
	if (answered == NEIGHBOUR_NONE)
		return NEIGHBOUR_NONE;
	wire_copy_mac(ethernet->destination, exchange.to);
	wire_copy_mac(ethernet->source, exchange.mac);
	*reply_length = (size_t)(exchange.end - frame);
	if (*reply_length < FRAME_MIN) /* the padding stays */
		*reply_length = length < FRAME_MIN ? length : FRAME_MIN;
	return answered;
}
