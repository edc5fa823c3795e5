/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The responder: examines a frame and emits the reply (RFC 8489 section 6.3.1; ../README.md has the
 * order of checks). In between, the carrier resizes the frame in its own way.
 */
#ifndef REFLEX_CORE_RESPONDER_H
#define REFLEX_CORE_RESPONDER_H

#include <stdbool.h>
#include <stdint.h>

#include "admit.h"
#include "bytes.h"
#include "checksum.h"
#include "counters.h"
#include "ethernet.h"
#include "fast_path.h"
#include "message.h"
#include "packet.h"
#include "policy.h"
#include "protocols.h"
#include "verdict.h"
#include "verifier.h"

/* What a carrier asks for beyond what XDP can give. */
enum responder_option {
	/* The device says that the UDP checksum is right, or will be where the sender left it to
	 * devices: it is not looked at, unless it is 0. */
	RESPONDER_VERIFIED = 1,
	/* A request is read however long it is, as by sockets. Not for BPF. */
	RESPONDER_LONG = 2,
	/* Two calls instead of one, so that a carrier has the full path outside of its loop: the
	 * first says VERDICT_UNDECIDED where the frame is not for the fast path. */
	RESPONDER_FAST_ONLY = 4,
	RESPONDER_FULL_ONLY = 8,
};

static inline bool responder_is_tag(uint16_t type)
{
	return type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ;
}

/* The Ethernet header and tags. Return: where the IP header is; NULL: not IP. */
static inline const uint8_t *responder_examine_link(const uint8_t *frame, const uint8_t *end,
						    struct packet *packet)
{
	const struct wire_ethernet *ethernet = (const struct wire_ethernet *)frame;
	const uint8_t *pos = frame + sizeof(*ethernet);
	uint16_t type;

	packet->binding.family = FAMILY_OTHER;
	if (!verifier_has(frame, end, sizeof(*ethernet)))
		return NULL;
	type = be16_to(&ethernet->type);
	for (int i = 0; i < WIRE_TAGS_MAX && responder_is_tag(type); i++) {
		const struct wire_tag *tag = (const struct wire_tag *)pos;

		if (!verifier_has(pos, end, sizeof(*tag)))
			return NULL;
		pos += sizeof(*tag);
		type = be16_to(&tag->type);
	}
	packet->link_length = (uint8_t)verifier_room(frame, pos);
	if (type == ETHERTYPE_IPV4)
		packet->binding.family = FAMILY_IPV4;
	else if (type == ETHERTYPE_IPV6)
		packet->binding.family = FAMILY_IPV6;
	else
		return NULL;
	return pos;
}

/* IPv4, behind @header bytes of IP header: whether it is a whole UDP packet to a service. */
static inline enum verdict responder_match_ipv4(const uint8_t *pos, const uint8_t *end,
						const struct policy *policy, uint32_t header,
						struct packet *packet)
{
	const struct wire_ipv4 *ip = (const struct wire_ipv4 *)pos;
	const struct wire_udp *udp = (const struct wire_udp *)(pos + header);
	uint32_t address = ip->destination.raw;
	const struct policy_slot *slot;

	if (ip->protocol != IP_PROTOCOL_UDP)
		return verdict_own_exit(VERDICT_NOT_UDP);
	if (ip->fragment.raw & be16_from(IPV4_FRAGMENT_MASK).raw)
		return policy_find(policy, policy_key_ipv4(address, POLICY_ANY_PORT))
			       ? VERDICT_FRAGMENT
			       : VERDICT_NOT_SERVICE;
	if (!verifier_has((const uint8_t *)udp, end, sizeof(*udp)) ||
	    be16_to(&ip->total_length) < header + sizeof(*udp))
		return verdict_own_exit(VERDICT_IP_HEADER);
	slot = policy_find(policy, policy_key_ipv4(address, udp->destination.raw));
	if (!slot)
		return verdict_own_exit(VERDICT_NOT_SERVICE);
	packet->binding.discovery = slot->discovery;
	return VERDICT_UNDECIDED;
}

/* An IPv4 header that is not the usual 20 bytes of version 4: unsound, or with options. */
static inline enum verdict responder_examine_options(const uint8_t *pos, const uint8_t *end,
						     const struct policy *policy,
						     struct packet *packet)
{
	uint32_t header = (*pos & 0xf) * 4u;
	enum verdict verdict;

	if (*pos >> 4 != 4 || header < sizeof(struct wire_ipv4))
		return verdict_own_exit(VERDICT_IP_HEADER);
	verdict = responder_match_ipv4(pos, end, policy, header, packet);
	return verdict == VERDICT_UNDECIDED ? VERDICT_IPV4_OPTIONS : verdict;
}

/* The IPv4 and UDP headers, service, lengths, header checksum, source (RFC 791, RFC 1122). */
static inline enum verdict responder_examine_ipv4(const uint8_t *frame, const uint8_t *pos,
						  const uint8_t *end, const struct policy *policy,
						  struct packet *packet)
{
	const struct wire_ipv4 *ip = (const struct wire_ipv4 *)pos;
	const struct wire_udp *udp = (const struct wire_udp *)(ip + 1);
	uint32_t total, length;
	enum message_source source;
	enum verdict verdict;
	uint64_t sum;

	if (!verifier_has(pos, end, sizeof(*ip)))
		return verdict_own_exit(VERDICT_IP_HEADER);
	if (ip->version_length != IPV4_VERSION_LENGTH)
		return responder_examine_options(pos, end, policy, packet);
	verdict = responder_match_ipv4(pos, end, policy, sizeof(*ip), packet);
	if (verdict != VERDICT_UNDECIDED)
		return verdict;

	total = be16_to(&ip->total_length);
	if (total > verifier_room(pos, end))
		return verdict_own_exit(VERDICT_IP_LENGTH);
	length = be16_to(&udp->length);
	if (length < sizeof(*udp) || length > total - sizeof(*ip))
		return verdict_own_exit(VERDICT_UDP_LENGTH);
	sum = (uint64_t)ip->source.raw + ip->destination.raw;
	if (!checksum_valid(sum + checksum_3(pos)))
		return verdict_own_exit(VERDICT_IP_CHECKSUM);
	if (ethernet_is_group(frame))
		return verdict_own_exit(VERDICT_LINK_ADDRESS);
	source = message_source_ipv4(&ip->source);
	if (source == MESSAGE_BOGON)
		return verdict_own_exit(VERDICT_SOURCE_ADDRESS);
	packet->binding.private_client = message_is_private_client_ipv4(source, &ip->destination);
	if (ip->source.raw == ip->destination.raw)
		return verdict_own_exit(VERDICT_LAND);
	packet->binding.source.word[0] = ip->source;
	packet->binding.destination.word[0] = ip->destination;
	packet->address_sum = sum;
	packet->ip_length = sizeof(*ip);
	packet->udp_length = (uint16_t)length;
	return VERDICT_UNDECIDED;
}

/* IPv6 next headers that stand before the transport (RFC 8200 section 4, RFC 7045). */
static inline bool responder_is_extension(uint8_t next_header)
{
	switch (next_header) {
	case IP_PROTOCOL_HOP_BY_HOP:
	case IP_PROTOCOL_ROUTING:
	case IP_PROTOCOL_FRAGMENT:
	case IP_PROTOCOL_AUTHENTICATION:
	case IP_PROTOCOL_DESTINATION_OPTIONS:
	case IP_PROTOCOL_MOBILITY:
	case IP_PROTOCOL_HOST_IDENTITY:
	case IP_PROTOCOL_SHIM6:
		return true;
	default:
		return false;
	}
}

/* IPv6, where the next header is not UDP: an extension header, or another transport. */
static inline enum verdict responder_examine_next_header(uint8_t next_header, uint64_t high,
							 uint64_t low, const struct policy *policy)
{
	if (!responder_is_extension(next_header))
		return verdict_own_exit(VERDICT_NOT_UDP);
	if (!policy_find(policy, policy_key_ipv6(high, low, POLICY_ANY_PORT)))
		return verdict_own_exit(VERDICT_NOT_SERVICE);
	return next_header == IP_PROTOCOL_FRAGMENT ? VERDICT_FRAGMENT : VERDICT_IPV6_EXTENSION;
}

/* The IPv6 and UDP headers, service, lengths, source (RFC 8200). */
static inline enum verdict responder_examine_ipv6(const uint8_t *frame, const uint8_t *pos,
						  const uint8_t *end, const struct policy *policy,
						  struct packet *packet)
{
	const struct wire_ipv6 *ip = (const struct wire_ipv6 *)pos;
	const struct wire_udp *udp = (const struct wire_udp *)(ip + 1);
	const struct policy_slot *slot;
	enum message_source source;
	uint64_t high, low;
	uint32_t payload, length;

	if (!verifier_has(pos, end, sizeof(*ip)) || be32_to(&ip->version_class_flow) >> 28 != 6)
		return verdict_own_exit(VERDICT_IP_HEADER);
	high = bytes_load64(&ip->destination.word[0]);
	low = bytes_load64(&ip->destination.word[2]);
	if (ip->next_header != IP_PROTOCOL_UDP)
		return responder_examine_next_header(ip->next_header, high, low, policy);
	payload = be16_to(&ip->payload_length);
	if (!verifier_has((const uint8_t *)udp, end, sizeof(*udp)) || payload < sizeof(*udp))
		return verdict_own_exit(VERDICT_IP_HEADER);
	slot = policy_find(policy, policy_key_ipv6(high, low, udp->destination.raw));
	if (!slot)
		return verdict_own_exit(VERDICT_NOT_SERVICE);
	packet->binding.discovery = slot->discovery;

	if (payload + sizeof(*ip) > verifier_room(pos, end))
		return verdict_own_exit(VERDICT_IP_LENGTH);
	length = be16_to(&udp->length);
	if (length < sizeof(*udp) || length > payload)
		return verdict_own_exit(VERDICT_UDP_LENGTH);
	if (ethernet_is_group(frame))
		return verdict_own_exit(VERDICT_LINK_ADDRESS);
	source = message_source_ipv6(&ip->source);
	if (source == MESSAGE_BOGON)
		return verdict_own_exit(VERDICT_SOURCE_ADDRESS);
	packet->binding.private_client = message_is_private_client_ipv6(source, &ip->destination);
	if (bytes_load64(&ip->source.word[0]) == high && bytes_load64(&ip->source.word[2]) == low)
		return verdict_own_exit(VERDICT_LAND);
	bytes_copy128(&packet->binding.source, &ip->source);
	bytes_copy128(&packet->binding.destination, &ip->destination);
	packet->address_sum = checksum_4((const uint8_t *)&ip->source) +
			      checksum_4((const uint8_t *)&ip->destination);
	packet->ip_length = sizeof(*ip);
	packet->udp_length = (uint16_t)length;
	return VERDICT_UNDECIDED;
}

/* The sum of attributes: whole words, at most STUN_LENGTH_MAX bytes. */
static inline uint64_t responder_sum(const uint8_t *pos, const uint8_t *end, uint32_t length)
{
	uint64_t sum = 0;

	for (int i = 0; i < STUN_LENGTH_MAX / 32 && length >= 32; i++, pos += 32, length -= 32) {
		if (!verifier_has(pos, end, 32))
			return 0; /* never; the verifier asks, here and below */
		sum += checksum_4(pos) + checksum_4(pos + 16);
	}
	if (length & 16) {
		if (!verifier_has(pos, end, 16))
			return 0;
		sum += checksum_4(pos);
		pos += 16;
	}
	if (length & 8) {
		if (!verifier_has(pos, end, 8))
			return 0;
		sum += (uint64_t)bytes_load32(pos) + bytes_load32(pos + 4);
		pos += 8;
	}
	if (length & 4) {
		if (!verifier_has(pos, end, 4))
			return 0;
		sum += bytes_load32(pos);
	}
	return sum;
}

/*
 * A wrong checksum that is just the sum of the pseudo-header is what a sender beside this machine's
 * kernel leaves for a device to finish (CHECKSUM_PARTIAL), or, one in 65,535, was damaged on a
 * wire.
 */
static inline enum verdict responder_blame_checksum(const struct wire_udp *udp,
						    const struct packet *packet)
{
	uint64_t pseudo_header =
		packet->address_sum + udp->length.raw + checksum_word(IP_PROTOCOL_UDP);

	return checksum_fold(pseudo_header) == udp->checksum.raw ? VERDICT_PARTIAL_CHECKSUM
								 : VERDICT_UDP_CHECKSUM;
}

/* The UDP checksum. Leaves in fixed_sum what the reply's checksum can go on from. */
static inline enum verdict responder_examine_checksum(const struct wire_udp *udp,
						      const uint8_t *end, uint32_t options,
						      struct packet *packet)
{
	const struct wire_stun *stun = (const struct wire_stun *)(udp + 1);
	const uint8_t *header = (const uint8_t *)udp;
	uint32_t attributes = packet->binding.request_length;
	uint64_t sum;

	packet->fixed_sum = packet->address_sum + bytes_load32(header) +
			    checksum_4((const uint8_t *)stun->id) + checksum_word(IP_PROTOCOL_UDP);
	if (!udp->checksum.raw)
		return packet->binding.family == FAMILY_IPV4 ? VERDICT_UNDECIDED
							     : VERDICT_UDP_CHECKSUM_MISSING;
	if (options & RESPONDER_VERIFIED)
		return VERDICT_UNDECIDED;
	sum = packet->fixed_sum + udp->length.raw + bytes_load32(header + 4) +
	      packet->binding.header;
	if (attributes)
		sum += responder_sum((const uint8_t *)(stun + 1), end, attributes);
	return checksum_valid(sum) ? VERDICT_UNDECIDED : responder_blame_checksum(udp, packet);
}

/* From the source port to the UDP checksum: whether it is a Binding Request of sound shape. */
static inline enum verdict responder_examine_request(const uint8_t *pos, const uint8_t *end,
						     const struct policy *policy, uint32_t options,
						     struct packet *packet)
{
	const struct wire_udp *udp = (const struct wire_udp *)pos;
	uint32_t payload = packet->udp_length - sizeof(*udp);
	struct binding *binding = &packet->binding;
	enum verdict verdict;

	/* Never: the UDP header is there, but the verifier has lost sight of the IP header. */
	if (!verifier_has(pos, end, sizeof(*udp)))
		return verdict_own_exit(VERDICT_IP_HEADER);
	binding->port = be16_to(&udp->source);
	verdict = message_examine_port(binding->port, policy);
	if (verdict != VERDICT_UNDECIDED)
		return verdict;
	binding->ports = bytes_swap_halves(bytes_load32(udp));
	verdict = message_examine_header(pos + sizeof(*udp), end, payload, policy, binding);
	if (verdict != VERDICT_UNDECIDED)
		return verdict;
	if (payload > STUN_FRAME_MAX && !(options & RESPONDER_LONG))
		return verdict_own_exit(VERDICT_OVERSIZE);
	return responder_examine_checksum(udp, end, options, packet);
}

static inline uint64_t responder_sum_addresses(const struct binding *binding)
{
	if (binding->family == FAMILY_IPV4)
		return (uint64_t)binding->source.word[0].raw + binding->destination.word[0].raw;
	return checksum_4((const uint8_t *)&binding->source) +
	       checksum_4((const uint8_t *)&binding->destination);
}

/* The reply comes from another address or port, or goes to another port: the sums follow. */
VERIFIER_NOINLINE void responder_redirect(const struct policy *policy, struct packet *packet)
{
	struct binding *binding = &packet->binding;

	/* As the sum was made of the request's ports, so that it stays above 0. */
	packet->fixed_sum -= packet->address_sum + bytes_swap_halves(binding->ports);
	message_redirect(policy, binding);
	packet->address_sum = responder_sum_addresses(binding);
	packet->fixed_sum += packet->address_sum + bytes_swap_halves(binding->ports);
}

/* All behind the IP header: the request, its attributes, and what is answered. */
static inline enum verdict responder_examine_message(const uint8_t *pos, const uint8_t *end,
						     const struct policy *policy, uint32_t options,
						     struct packet *packet)
{
	struct binding *binding = &packet->binding;
	enum verdict verdict;

	if (binding->discovery && message_is_alternate(policy, binding))
		return verdict_own_exit(VERDICT_LAND);
	verdict = responder_examine_request(pos, end, policy, options, packet);
	if (verdict != VERDICT_UNDECIDED)
		return verdict;
	verdict = message_examine_attributes(pos + sizeof(struct wire_udp), end, policy, binding,
					     false);
	if (verdict != VERDICT_UNDECIDED)
		return verdict;
	verdict = message_conclude(policy, binding);
	packet->reply_length = (uint16_t)(packet->ip_length + sizeof(struct wire_udp) +
					  sizeof(struct wire_stun) + binding->attributes_length);
	if (binding->discovery && verdict_is_success(verdict))
		responder_redirect(policy, packet);
	return verdict;
}

/* What the fast path does not know. */
static inline enum verdict responder_examine_full(const uint8_t *frame, const uint8_t *end,
						  const struct policy *policy, uint32_t options,
						  struct packet *packet)
{
	const uint8_t *pos = responder_examine_link(frame, end, packet);
	enum verdict verdict;

	if (!pos)
		return verdict_own_exit(VERDICT_NOT_IP);
	if (packet->binding.family == FAMILY_IPV4)
		verdict = responder_examine_ipv4(frame, pos, end, policy, packet);
	else
		verdict = responder_examine_ipv6(frame, pos, end, policy, packet);
	if (verdict != VERDICT_UNDECIDED)
		return verdict;
	verifier_forget();
	pos = frame + packet->link_length + packet->ip_length;
	VERIFIER_PIN(pos);
	return responder_examine_message(pos, end, policy, options, packet);
}

/**
 * responder_examine - decide what becomes of a frame.
 * @frame: the frame, from its Ethernet header on; not written
 * @end: behind its last byte
 * @policy: what is configured
 * @options: of enum responder_option, 0: none
 * @packet: for responder_emit, where the verdict's action is ACTION_ANSWER
 * @fast: the family of a frame that took the fast path; FAMILY_OTHER: it took the full one
 *
 * A carrier that forks by @fast, and hands the constants on, has all lengths of the fast path as
 * constants.
 *
 * Return: the verdict, below VERDICTS. Where its action is ACTION_ANSWER, resize the frame to the
 * length of its new link header and responder_reply_length(), and call responder_emit.
 */
static inline enum verdict responder_examine(const uint8_t *frame, const uint8_t *end,
					     const struct policy *policy, uint32_t options,
					     struct packet *packet, enum family *fast)
{
	struct admission admission = {policy, FAMILY_OTHER, NULL};

	*fast = FAMILY_OTHER;
	if (options & RESPONDER_FULL_ONLY)
		return responder_examine_full(frame, end, policy, options, packet);
	*fast = fast_path_examine(frame, end, policy, packet);
	if (*fast == FAMILY_OTHER && options & RESPONDER_FAST_ONLY)
		return VERDICT_UNDECIDED;
	if (*fast == FAMILY_OTHER)
		return responder_examine_full(frame, end, policy, options, packet);
	admission.family = *fast;
	admission.client = fast_path_client(frame, *fast);
	return admit(&admission, VERDICT_SUCCESS);
}

/** responder_family - of an examined frame, whatever its verdict. */
static inline enum family responder_family(const struct packet *packet, enum family fast)
{
	return fast == FAMILY_OTHER ? (enum family)packet->binding.family : fast;
}

/** responder_link_length - bytes of an examined frame's link header, where it is answered. */
static inline uint32_t responder_link_length(const struct packet *packet, enum family fast)
{
	return fast == FAMILY_OTHER ? packet->link_length : FAST_PATH_ETHERNET;
}

/** responder_reply_length - bytes of the reply from the IP header on, where there is one. */
static inline uint32_t responder_reply_length(const struct packet *packet, enum family fast)
{
	return fast == FAMILY_OTHER ? packet->reply_length : fast_path_reply_length(fast);
}

/* UDP header, STUN header and attributes. */
static inline bool responder_emit_message(uint8_t *pos, const uint8_t *end,
					  const struct policy *policy, const struct packet *packet)
{
	struct wire_udp *udp = (struct wire_udp *)pos;
	struct wire_stun *stun = (struct wire_stun *)(udp + 1);
	uint32_t size = sizeof(*udp) + sizeof(*stun) + packet->binding.attributes_length;
	struct be16 length = be16_from((uint16_t)size);
	struct stun_writer writer = {NULL, end, packet->fixed_sum + 2ull * length.raw, 0, false};

	if (!verifier_has(pos, end, sizeof(*udp) + sizeof(*stun)))
		return false;
	bytes_store32(udp, packet->binding.ports);
	udp->length = length;
	if (!message_write(&writer, stun, policy, &packet->binding))
		return false;
	udp->checksum.raw = packet_finish_sum(writer.sum);
	return true;
}

/* Nothing of the request needs to be in the frame any more. */
static inline bool responder_emit_full(uint8_t *frame, const uint8_t *end,
				       const struct link_header *link, const struct policy *policy,
				       const struct packet *packet)
{
	uint8_t *pos = frame + link->length;

	if (link->length > WIRE_LINK_MAX || !verifier_has(frame, end, WIRE_LINK_MAX))
		return false;
	ethernet_put_tagged(frame, link);
	if (packet->binding.family == FAMILY_IPV4) {
		if (!verifier_has(pos, end, sizeof(struct wire_ipv4)))
			return false;
		packet_put_ipv4((struct wire_ipv4 *)pos, packet->binding.destination.word,
				packet->binding.source.word, packet->address_sum,
				packet->reply_length);
	} else {
		if (!verifier_has(pos, end, sizeof(struct wire_ipv6)))
			return false;
		packet_put_ipv6((struct wire_ipv6 *)pos, &packet->binding.destination,
				&packet->binding.source,
				(uint16_t)(packet->reply_length - sizeof(struct wire_ipv6)));
	}
	verifier_forget();
	pos = frame + link->length + packet->ip_length;
	VERIFIER_PIN(pos);
	return responder_emit_message(pos, end, policy, packet);
}

/**
 * responder_emit - write the whole reply.
 * @frame: the resized frame
 * @end: behind its last byte
 * @request: where the request begins now, on the fast path; at @frame or where its frame began
 *           before it grew by its head. Unused on the full path.
 * @link: the reply's link header
 * @policy, @packet: as given to responder_examine
 * @fast: as responder_examine said
 *
 * Return: false, and the frame is spoilt, when it is too short.
 */
static inline bool responder_emit(uint8_t *frame, const uint8_t *end, const uint8_t *request,
				  const struct link_header *link, const struct policy *policy,
				  const struct packet *packet, enum family fast)
{
	if (fast != FAMILY_OTHER)
		return fast_path_emit(frame, end, request, link, fast, packet);
	return responder_emit_full(frame, end, link, policy, packet);
}

#endif
