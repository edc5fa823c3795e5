/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The responder: examine a frame, resize it, emit the reply (RFC 8489 section 6.3.1; ../README.md
 * has the order of checks). The carrier does the resizing in its own way.
 */
#ifndef REFLEX_CORE_RESPONDER_H
#define REFLEX_CORE_RESPONDER_H

#include <stdbool.h>
#include <stdint.h>

#include "checksum.h"
#include "counters.h"
#include "policy.h"
#include "stun.h"
#include "verdict.h"
#include "wire.h"

/* What a reply is made of, once the request is gone. */
struct binding {
	struct be16 link[WIRE_LINK_MAX / 2]; /* of the reply, and what follows where shorter */
	uint8_t link_length;		     /* Ethernet header and tags */
	uint8_t udp_offset;		     /* of the UDP header in the frame */
	uint16_t udp_length;		     /* of the request, without trailer */
	uint16_t request_length;	     /* STUN attributes */
	uint32_t header;	    /* first word of the STUN header, as it lies in memory */
	uint16_t reply_length;	    /* whole frame */
	uint16_t attributes_length; /* of the reply */
	uint8_t software_offset;    /* of SOFTWARE within them */
	uint8_t family;		    /* enum family, always set */
	uint8_t legacy;		    /* the request has no magic cookie */
	uint16_t port;		    /* of the client, in host byte order */
	uint32_t ports;		    /* of the reply, as they lie in memory */
	struct wire_ipv6_address source, destination; /* of the request; IPv4 uses one word */
	struct be32 id[4];
	uint64_t address_sum; /* of both addresses */
	uint64_t fixed_sum;   /* of all that is the same in request and reply */
	uint32_t crc;	      /* state after the request's STUN header */
	struct stun_attributes found;
};

static inline bool responder_is_tag(uint16_t type)
{
	return type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ;
}

/* Checks 1: the family, and where the IP header is; NULL: not IP. */
static inline const uint8_t *responder_examine_link(const uint8_t *frame, const uint8_t *end,
						    struct binding *binding)
{
	const struct wire_ethernet *ethernet = (const struct wire_ethernet *)frame;
	const uint8_t *pos = frame + sizeof(*ethernet);
	uint16_t type;

	binding->family = FAMILY_OTHER;
	if (!wire_has(frame, end, sizeof(*ethernet)))
		return NULL;
	type = be16_to(&ethernet->type);
	for (int i = 0; i < WIRE_TAGS_MAX && responder_is_tag(type); i++) {
		const struct wire_tag *tag = (const struct wire_tag *)pos;

		if (!wire_has(pos, end, sizeof(*tag)))
			return NULL;
		pos += sizeof(*tag);
		type = be16_to(&tag->type);
	}
	binding->link_length = (uint8_t)wire_room(frame, pos);
	if (type == ETHERTYPE_IPV4)
		binding->family = FAMILY_IPV4;
	else if (type == ETHERTYPE_IPV6)
		binding->family = FAMILY_IPV6;
	else
		return NULL;
	return pos;
}

/* Check 10: the group bit of either MAC address. */
static inline bool responder_is_group(const uint8_t *frame)
{
	const struct wire_ethernet *ethernet = (const struct wire_ethernet *)frame;

	return (ethernet->destination[0].raw | ethernet->source[0].raw) & be16_from(0x0100).raw;
}

/* Checks 11: sources that no client can have (RFC 6890, RFC 1122 section 3.2.1.3). */
static inline bool responder_is_bogon_ipv4(const struct be32 *source)
{
	uint32_t address = be32_to(source), net = address >> 24;

	return net == 0 || net == 127 || net >= 224 || address >> 16 == 0xa9fe;
}

static inline bool responder_is_bogon_ipv6(const struct wire_ipv6_address *source)
{
	if ((be32_to(&source->word[0]) >> 24) == 0xff)
		return true;
	return !(source->word[0].raw | source->word[1].raw | source->word[2].raw) &&
	       be32_to(&source->word[3]) <= 1;
}

/* Checks 3 to 5 of IPv4, with so many bytes of IP header. */
static inline enum verdict responder_match_ipv4(const uint8_t *pos, const uint8_t *end,
						const struct policy *policy, uint32_t header)
{
	const struct wire_ipv4 *ip = (const struct wire_ipv4 *)pos;
	const struct wire_udp *udp = (const struct wire_udp *)(pos + header);
	uint32_t address = ip->destination.raw;

	if (ip->protocol != IP_PROTOCOL_UDP)
		return VERDICT_NOT_UDP;
	if (ip->fragment.raw & be16_from(IPV4_FRAGMENT_MASK).raw)
		return policy_match(policy, policy_key_ipv4(address, POLICY_ANY_PORT))
			       ? VERDICT_FRAGMENT
			       : VERDICT_NOT_SERVICE;
	if (!wire_has((const uint8_t *)udp, end, sizeof(*udp)) ||
	    be16_to(&ip->total_length) < header + sizeof(*udp))
		return VERDICT_IP_HEADER;
	return policy_match(policy, policy_key_ipv4(address, udp->destination.raw))
		       ? VERDICT_UNDECIDED
		       : VERDICT_NOT_SERVICE;
}

/* Checks 2 to 6 of IPv4, where the header is not the usual 20 bytes of version 4. */
static inline enum verdict responder_examine_options(const uint8_t *pos, const uint8_t *end,
						     const struct policy *policy)
{
	uint32_t header = (*pos & 0xf) * 4u;
	enum verdict verdict;

	if (*pos >> 4 != 4 || header < sizeof(struct wire_ipv4))
		return VERDICT_IP_HEADER;
	verdict = responder_match_ipv4(pos, end, policy, header);
	return verdict == VERDICT_UNDECIDED ? VERDICT_IPV4_OPTIONS : verdict;
}

/* Checks 2 to 12 of IPv4 (RFC 791, RFC 1122). */
static inline enum verdict responder_examine_ipv4(const uint8_t *frame, const uint8_t *pos,
						  const uint8_t *end, const struct policy *policy,
						  struct binding *binding)
{
	const struct wire_ipv4 *ip = (const struct wire_ipv4 *)pos;
	const struct wire_udp *udp = (const struct wire_udp *)(ip + 1);
	uint32_t total, length;
	enum verdict verdict;
	uint64_t sum;

	if (!wire_has(pos, end, sizeof(*ip)))
		return VERDICT_IP_HEADER;
	if (ip->version_length != IPV4_VERSION_LENGTH)
		return responder_examine_options(pos, end, policy);
	verdict = responder_match_ipv4(pos, end, policy, sizeof(*ip));
	if (verdict != VERDICT_UNDECIDED)
		return verdict;

	total = be16_to(&ip->total_length);
	if (total > wire_room(pos, end))
		return VERDICT_IP_LENGTH;
	length = be16_to(&udp->length);
	if (length < sizeof(*udp) || length > total - sizeof(*ip))
		return VERDICT_UDP_LENGTH;
	sum = (uint64_t)ip->source.raw + ip->destination.raw;
	if (!checksum_valid(sum + checksum_3(pos)))
		return VERDICT_IP_CHECKSUM;
	if (responder_is_group(frame))
		return VERDICT_LINK_ADDRESS;
	if (responder_is_bogon_ipv4(&ip->source))
		return VERDICT_SOURCE_ADDRESS;
	if (ip->source.raw == ip->destination.raw)
		return VERDICT_LAND;
	binding->source.word[0] = ip->source;
	binding->destination.word[0] = ip->destination;
	binding->address_sum = sum;
	binding->udp_offset = (uint8_t)(binding->link_length + sizeof(*ip));
	binding->udp_length = (uint16_t)length;
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

/* Checks 3 of IPv6, where the next header is not UDP. */
static inline enum verdict responder_examine_next_header(uint8_t next_header, uint64_t high,
							 uint64_t low, const struct policy *policy)
{
	if (!responder_is_extension(next_header))
		return VERDICT_NOT_UDP;
	if (!policy_match(policy, policy_key_ipv6(high, low, POLICY_ANY_PORT)))
		return VERDICT_NOT_SERVICE;
	return next_header == IP_PROTOCOL_FRAGMENT ? VERDICT_FRAGMENT : VERDICT_IPV6_EXTENSION;
}

/* Checks 2 to 12 of IPv6 (RFC 8200). */
static inline enum verdict responder_examine_ipv6(const uint8_t *frame, const uint8_t *pos,
						  const uint8_t *end, const struct policy *policy,
						  struct binding *binding)
{
	const struct wire_ipv6 *ip = (const struct wire_ipv6 *)pos;
	const struct wire_udp *udp = (const struct wire_udp *)(ip + 1);
	uint64_t high, low;
	uint32_t payload, length;

	if (!wire_has(pos, end, sizeof(*ip)) || be32_to(&ip->version_class_flow) >> 28 != 6)
		return VERDICT_IP_HEADER;
	high = wire_load64(&ip->destination.word[0]);
	low = wire_load64(&ip->destination.word[2]);
	if (ip->next_header != IP_PROTOCOL_UDP)
		return responder_examine_next_header(ip->next_header, high, low, policy);
	payload = be16_to(&ip->payload_length);
	if (!wire_has((const uint8_t *)udp, end, sizeof(*udp)) || payload < sizeof(*udp))
		return VERDICT_IP_HEADER;
	if (!policy_match(policy, policy_key_ipv6(high, low, udp->destination.raw)))
		return VERDICT_NOT_SERVICE;

	if (payload + sizeof(*ip) > wire_room(pos, end))
		return VERDICT_IP_LENGTH;
	length = be16_to(&udp->length);
	if (length < sizeof(*udp) || length > payload)
		return VERDICT_UDP_LENGTH;
	if (responder_is_group(frame))
		return VERDICT_LINK_ADDRESS;
	if (responder_is_bogon_ipv6(&ip->source))
		return VERDICT_SOURCE_ADDRESS;
	if (wire_load64(&ip->source.word[0]) == high && wire_load64(&ip->source.word[2]) == low)
		return VERDICT_LAND;
	wire_copy128(&binding->source, &ip->source);
	wire_copy128(&binding->destination, &ip->destination);
	binding->address_sum = checksum_4((const uint8_t *)&ip->source) +
			       checksum_4((const uint8_t *)&ip->destination);
	binding->udp_offset = (uint8_t)(binding->link_length + sizeof(*ip));
	binding->udp_length = (uint16_t)length;
	return VERDICT_UNDECIDED;
}

/* Checks 17: the type of a message whose first two bits are zero (RFC 8489 section 5). */
static inline enum verdict responder_examine_type(uint16_t type)
{
	if (type == (STUN_BINDING | STUN_REQUEST))
		return VERDICT_UNDECIDED;
	switch (type & STUN_CLASS_MASK) {
	case STUN_SUCCESS:
	case STUN_ERROR:
		return VERDICT_RESPONSE;
	case STUN_INDICATION:
		return VERDICT_INDICATION;
	default:
		return VERDICT_UNKNOWN_METHOD;
	}
}

/* The sum of attributes: whole words, at most STUN_MESSAGE_MAX bytes. */
static inline uint64_t responder_sum(const uint8_t *pos, const uint8_t *end, uint32_t length)
{
	uint64_t sum = 0;

	for (int i = 0; i < STUN_MESSAGE_MAX / 32 && length >= 32; i++, pos += 32, length -= 32) {
		if (!wire_has(pos, end, 32))
			return 0; /* never; the verifier asks, here and below */
		sum += checksum_4(pos) + checksum_4(pos + 16);
	}
	if (length & 16) {
		if (!wire_has(pos, end, 16))
			return 0;
		sum += checksum_4(pos);
		pos += 16;
	}
	if (length & 8) {
		if (!wire_has(pos, end, 8))
			return 0;
		sum += (uint64_t)wire_load32(pos) + wire_load32(pos + 4);
		pos += 8;
	}
	if (length & 4) {
		if (!wire_has(pos, end, 4))
			return 0;
		sum += wire_load32(pos);
	}
	return sum;
}

/* Checks 20. Leaves in fixed_sum what the reply's checksum can go on from. */
static inline enum verdict responder_examine_checksum(const struct wire_udp *udp,
						      const uint8_t *end, struct binding *binding)
{
	const struct wire_stun *stun = (const struct wire_stun *)(udp + 1);
	const uint8_t *header = (const uint8_t *)udp;
	uint32_t attributes = binding->request_length;
	uint64_t sum;

	binding->fixed_sum = binding->address_sum + wire_load32(header) +
			     checksum_4((const uint8_t *)stun->id) + checksum_word(IP_PROTOCOL_UDP);
	if (!udp->checksum.raw)
		return binding->family == FAMILY_IPV4 ? VERDICT_UNDECIDED
						      : VERDICT_UDP_CHECKSUM_MISSING;
	sum = binding->fixed_sum + udp->length.raw + wire_load32(header + 4) + binding->header;
	if (attributes)
		sum += responder_sum((const uint8_t *)(stun + 1), end, attributes);
	return checksum_valid(sum) ? VERDICT_UNDECIDED : VERDICT_UDP_CHECKSUM;
}

/* Checks 13 to 20: from the ports to a Binding Request of sound shape. */
static inline enum verdict responder_examine_request(const uint8_t *pos, const uint8_t *end,
						     const struct policy *policy,
						     struct binding *binding)
{
	const struct wire_udp *udp = (const struct wire_udp *)pos;
	const struct wire_stun *stun = (const struct wire_stun *)(udp + 1);
	uint32_t payload = binding->udp_length - sizeof(*udp);
	uint16_t type, port;
	enum verdict verdict;
	uint32_t ports;

	if (!wire_has(pos, end, sizeof(*udp)))
		return VERDICT_IP_HEADER; /* never; the verifier has lost sight of the IP header */
	port = be16_to(&udp->source);
	if (port < 1024 && (!port || !policy->low_source_ports))
		return port ? VERDICT_LOW_SOURCE_PORT : VERDICT_SOURCE_PORT;
	if (payload < sizeof(*stun) || !wire_has(pos, end, sizeof(*udp) + sizeof(*stun)))
		return VERDICT_STUN_RUNT;
	type = be16_to(&stun->type);
	if (type >> 8 > 3)
		return VERDICT_NOT_STUN;
	binding->request_length = be16_to(&stun->length);
	if (binding->request_length & 3 || binding->request_length != payload - sizeof(*stun))
		return VERDICT_STUN_LENGTH;
	verdict = responder_examine_type(type);
	if (verdict != VERDICT_UNDECIDED)
		return verdict;
	binding->legacy = stun->id[0].raw != be32_from(STUN_COOKIE).raw;
	if (binding->legacy && !policy->legacy)
		return VERDICT_NO_COOKIE;
	if (payload > STUN_MESSAGE_MAX)
		return VERDICT_OVERSIZE;
	binding->port = port;
	ports = wire_load32(udp);
	binding->ports = ports << 16 | ports >> 16;
	binding->header = wire_load32(stun);
	wire_copy128(binding->id, stun->id);
	return responder_examine_checksum(udp, end, binding);
}

/* Checks 21 to 28 where there are attributes. */
WIRE_APART enum verdict responder_examine_attributes(const uint8_t *pos, const uint8_t *end,
						     const struct policy *policy,
						     struct binding *binding)
{
	const struct wire_stun *stun = (const struct wire_stun *)pos;
	struct stun_attributes *found = &binding->found;
	enum verdict verdict;

	if (!wire_has(pos, end, sizeof(*stun)))
		return VERDICT_STUN_RUNT; /* never; the verifier asks anew */
	verdict = stun_walk((const uint8_t *)(stun + 1), end, binding->request_length,
			    binding->legacy, found);
	if (verdict != VERDICT_UNDECIDED)
		return verdict;
	wire_forget();
	if (found->unknown_count) {
		stun_unique_unknown(found);
		stun_pad_unknown(found, binding->legacy);
	}
	if (!found->fingerprint)
		return VERDICT_UNDECIDED;
	found->fingerprint = policy->mirror_fingerprint;
	if (!stun_check_fingerprint(stun, end, found->length, &binding->crc) &&
	    !policy->ignore_wrong_fingerprint)
		return VERDICT_WRONG_FINGERPRINT;
	return VERDICT_UNDECIDED;
}

/* How long the reply will be. */
static inline void responder_measure(const struct policy *policy, struct binding *binding)
{
	uint32_t attributes = binding->family == FAMILY_IPV4 ? 12 : 24;

	if (binding->found.unknown_count)
		attributes = 12 + ((binding->found.unknown_count + 1) & ~1u) * 2;
	binding->software_offset = (uint8_t)attributes;
	attributes += policy->software_words * 4u;
	if (binding->found.fingerprint)
		attributes += 8;
	binding->attributes_length = (uint16_t)attributes;
	binding->reply_length = (uint16_t)(binding->udp_offset + sizeof(struct wire_udp) +
					   sizeof(struct wire_stun) + attributes);
}

/* The reply's link header: MAC addresses swapped, and 10 bytes, which hold type and tags if there
 * are any. */
static inline void responder_keep_link(const uint8_t *frame, struct binding *binding)
{
	const struct wire_ethernet *ethernet = (const struct wire_ethernet *)frame;

	wire_copy_mac(&binding->link[0], ethernet->source);
	wire_copy_mac(&binding->link[3], ethernet->destination);
	wire_store64(&binding->link[6], wire_load64(&ethernet->type));
	wire_copy16(&binding->link[10], frame + 20);
}

/**
 * responder_examine - decide what becomes of a frame.
 * @frame: the frame, from its Ethernet header on; not written
 * @end: behind its last byte
 * @policy: what is configured
 * @binding: family is set always; the rest is for responder_emit, where the action is ANSWER
 *
 * Return: the verdict, below VERDICTS. Where its action is ACTION_ANSWER, resize the frame to
 * binding->reply_length and call responder_emit.
 */
static inline enum verdict responder_examine(const uint8_t *frame, const uint8_t *end,
					     const struct policy *policy, struct binding *binding)
{
	const uint8_t *pos = responder_examine_link(frame, end, binding);
	enum verdict verdict;

	if (!pos)
		return VERDICT_NOT_IP;
	if (binding->family == FAMILY_IPV4)
		verdict = responder_examine_ipv4(frame, pos, end, policy, binding);
	else
		verdict = responder_examine_ipv6(frame, pos, end, policy, binding);
	if (verdict != VERDICT_UNDECIDED)
		return verdict;
	responder_keep_link(frame, binding);
	wire_forget();
	pos = frame + binding->udp_offset;
	verdict = responder_examine_request(pos, end, policy, binding);
	if (verdict != VERDICT_UNDECIDED)
		return verdict;
	binding->found.unknown_count = 0;
	binding->found.fingerprint = false;
	if (binding->request_length) {
		verdict = responder_examine_attributes(pos + sizeof(struct wire_udp), end, policy,
						       binding);
		if (verdict != VERDICT_UNDECIDED)
			return verdict;
	}
	responder_measure(policy, binding);
	if (binding->found.unknown_count)
		return VERDICT_UNKNOWN_ATTRIBUTE;
	return binding->legacy ? VERDICT_LEGACY_SUCCESS : VERDICT_SUCCESS;
}

/* The UDP checksum of the reply, never 0 (RFC 768, RFC 8200 section 8.1). */
static inline uint16_t responder_finish_sum(uint64_t sum)
{
	uint16_t checksum = (uint16_t)~checksum_fold(sum);

	return checksum ? checksum : 0xffff;
}

static inline void responder_emit_ipv4(struct wire_ipv4 *ip, const struct binding *binding)
{
	uint16_t length = (uint16_t)(binding->reply_length - binding->link_length);

	ip->version_length = IPV4_VERSION_LENGTH;
	ip->type_of_service = 0;
	ip->total_length = be16_from(length);
	ip->identification = be16_from(0);
	ip->fragment = be16_from(IPV4_DONT_FRAGMENT);
	ip->time_to_live = WIRE_TTL;
	ip->protocol = IP_PROTOCOL_UDP;
	ip->checksum.raw = (uint16_t)~checksum_fold(
		binding->address_sum + checksum_word(0x4500) + checksum_word(length) +
		checksum_word(IPV4_DONT_FRAGMENT) + checksum_word(WIRE_TTL << 8 | IP_PROTOCOL_UDP));
	ip->source = binding->destination.word[0];
	ip->destination = binding->source.word[0];
}

static inline void responder_emit_ipv6(struct wire_ipv6 *ip, const struct binding *binding)
{
	ip->version_class_flow = be32_from(6u << 28);
	ip->payload_length =
		be16_from((uint16_t)(sizeof(struct wire_udp) + sizeof(struct wire_stun) +
				     binding->attributes_length));
	ip->next_header = IP_PROTOCOL_UDP;
	ip->hop_limit = WIRE_TTL;
	wire_copy128(&ip->source, &binding->destination);
	wire_copy128(&ip->destination, &binding->source);
}

/* (XOR-)MAPPED-ADDRESS: RFC 8489 section 14.1, 14.2; RFC 3489 section 11.2.1. */
static inline bool responder_put_address(struct stun_writer *writer, const struct binding *binding)
{
	const struct be32 *address = binding->source.word, *id = binding->id;
	uint16_t type = binding->legacy ? STUN_MAPPED_ADDRESS : STUN_XOR_MAPPED_ADDRESS;
	uint32_t mask = binding->legacy ? 0 : 0xffffffff;
	uint32_t port = binding->port ^ (STUN_COOKIE >> 16 & mask);

	if (binding->family == FAMILY_IPV4)
		return stun_put_3(writer, stun_attribute(type, 8),
				  be32_from(STUN_FAMILY_IPV4 << 16 | port).raw,
				  address[0].raw ^ (be32_from(STUN_COOKIE).raw & mask));
	return stun_put_3(writer, stun_attribute(type, 20),
			  be32_from(STUN_FAMILY_IPV6 << 16 | port).raw,
			  address[0].raw ^ (id[0].raw & mask)) &&
	       stun_put_3(writer, address[1].raw ^ (id[1].raw & mask),
			  address[2].raw ^ (id[2].raw & mask), address[3].raw ^ (id[3].raw & mask));
}

/*
 * SOFTWARE. The writer stands there already; but by this the verifier forgets how it came there,
 * and checks what follows once, not for each number of words.
 */
static inline bool responder_put_software(struct stun_writer *writer, struct wire_stun *stun,
					  const struct policy *policy,
					  const struct binding *binding)
{
	wire_forget();
	writer->pos = (uint8_t *)(stun + 1) + binding->software_offset;
	for (uint32_t i = 0; i < 1 + POLICY_SOFTWARE_MAX / 4 && i < policy->software_words; i++) {
		if (!stun_put_1(writer, policy->software[i]))
			return false;
	}
	return true;
}

/* UDP header, STUN header and attributes. */
static inline bool responder_emit_message(uint8_t *pos, const uint8_t *end,
					  const struct policy *policy,
					  const struct binding *binding)
{
	struct wire_udp *udp = (struct wire_udp *)pos;
	struct wire_stun *stun = (struct wire_stun *)(udp + 1);
	uint16_t attributes = binding->attributes_length;
	struct be16 length = be16_from((uint16_t)(sizeof(*udp) + sizeof(*stun) + attributes));
	bool error = binding->found.unknown_count;
	uint16_t type = STUN_BINDING | (error ? STUN_ERROR : STUN_SUCCESS);
	uint32_t header = be32_from((uint32_t)type << 16 | attributes).raw;
	struct stun_writer writer = {(uint8_t *)(stun + 1), end, binding->fixed_sum, 0,
				     binding->found.fingerprint};

	if (!wire_has(pos, end, sizeof(*udp) + sizeof(*stun)))
		return false;
	wire_store32(udp, binding->ports);
	udp->length = length;
	wire_store32(stun, header); /* type, length */
	wire_copy128(stun->id, binding->id);
	writer.sum += header + 2ull * length.raw;
	if (writer.fingerprint)
		writer.crc = binding->crc ^ crc32_difference(header ^ binding->header);
	if (!(error ? stun_put_error(&writer, &binding->found)
		    : responder_put_address(&writer, binding)))
		return false;
	if (policy->software_words && !responder_put_software(&writer, stun, policy, binding))
		return false;
	if (writer.fingerprint) {
		writer.pos = (uint8_t *)(stun + 1) + (uint8_t)(attributes - 8);
		if (!stun_put_fingerprint(&writer))
			return false;
	}
	udp->checksum.raw = responder_finish_sum(writer.sum);
	return true;
}

/**
 * responder_emit - write the whole reply; nothing of the request needs to be in the frame any more.
 * @frame: the resized frame
 * @end: behind its last byte; @frame + binding->reply_length
 * @policy: as given to responder_examine
 * @binding: as filled by responder_examine
 *
 * Return: false, and the frame is spoilt, when it is too short.
 */
static inline bool responder_emit(uint8_t *frame, const uint8_t *end, const struct policy *policy,
				  const struct binding *binding)
{
	uint32_t link_length = binding->link_length;
	struct be16 *link = (struct be16 *)frame;
	uint8_t *pos = frame + link_length;

	if (link_length > WIRE_LINK_MAX || !wire_has(frame, end, WIRE_LINK_MAX))
		return false;
	wire_copy_mac(link, &binding->link[0]);
	wire_copy_mac(link + 3, &binding->link[3]);
	/* Type and tags; where there are fewer, the IP header covers the excess. */
	wire_store64(link + 6, wire_load64(&binding->link[6]));
	wire_copy16(link + 10, &binding->link[10]);

	if (binding->family == FAMILY_IPV4) {
		if (!wire_has(pos, end, sizeof(struct wire_ipv4)))
			return false;
		responder_emit_ipv4((struct wire_ipv4 *)pos, binding);
	} else {
		if (!wire_has(pos, end, sizeof(struct wire_ipv6)))
			return false;
		responder_emit_ipv6((struct wire_ipv6 *)pos, binding);
	}
	wire_forget();
	return responder_emit_message(frame + binding->udp_offset, end, policy, binding);
}

#endif
