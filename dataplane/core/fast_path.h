/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The fast path: header prediction, as in TCP (Jacobson 1990, 4BSD TCP Header Prediction). Most
 * clients send a request with cookie and without attributes, in a frame without tags, over IP
 * without options. Two of these differ only in addresses, ports, transaction ID and checksums.
 * Where all else is as predicted, these are sound, and the service adds nothing to replies, the
 * request is answered here. Any other frame is examined from its start by responder.h, which names
 * the verdict. To a request of the fast path it would give the same reply.
 */
#ifndef REFLEX_CORE_FAST_PATH_H
#define REFLEX_CORE_FAST_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "checksum.h"
#include "ethernet.h"
#include "message.h"
#include "packet.h"
#include "policy.h"
#include "protocols.h"
#include "verifier.h"

#define FAST_PATH_ETHERNET ((uint32_t)sizeof(struct wire_ethernet))
#define FAST_PATH_REQUEST  ((uint32_t)(sizeof(struct wire_udp) + sizeof(struct wire_stun)))
#define FAST_PATH_IPV4	   (FAST_PATH_ETHERNET + (uint32_t)sizeof(struct wire_ipv4) + FAST_PATH_REQUEST)
#define FAST_PATH_IPV6	   (FAST_PATH_ETHERNET + (uint32_t)sizeof(struct wire_ipv6) + FAST_PATH_REQUEST)

/* From UDP on. */
static inline bool fast_path_examine_udp(const struct wire_udp *udp, uint64_t addresses,
					 const struct policy *policy, struct packet *packet)
{
	const struct wire_stun *stun = (const struct wire_stun *)(udp + 1);
	struct be16 length = be16_from(FAST_PATH_REQUEST);
	uint64_t header = bytes_words(STUN_BINDING, 0, STUN_COOKIE >> 16, STUN_COOKIE & 0xffff);
	uint64_t fixed = addresses + bytes_load32(udp) + checksum_3((const uint8_t *)&stun->id[1]) +
			 be32_from(STUN_COOKIE).raw + checksum_word(IP_PROTOCOL_UDP);

	if (udp->length.raw != length.raw || bytes_load64(stun) != header ||
	    be16_to(&udp->source) < UDP_PORT_UNPRIVILEGED || !udp->checksum.raw ||
	    !checksum_valid(fixed + 2ull * length.raw + udp->checksum.raw +
			    checksum_word(STUN_BINDING)) ||
	    policy->software_words)
		return false;
	packet->address_sum = addresses;
	packet->fixed_sum = fixed;
	return true;
}

static inline bool fast_path_examine_ipv4(const uint8_t *frame, const struct policy *policy,
					  struct packet *packet)
{
	const struct wire_ethernet *ethernet = (const struct wire_ethernet *)frame;
	const struct wire_ipv4 *ip = (const struct wire_ipv4 *)(ethernet + 1);
	const struct wire_udp *udp = (const struct wire_udp *)(ip + 1);
	uint64_t addresses = (uint64_t)ip->source.raw + ip->destination.raw;
	const struct policy_slot *slot;
	enum message_source source;

	/* EtherType to identification, and flags to checksum. */
	if (((bytes_load64(&ethernet->type) ^ bytes_words(ETHERTYPE_IPV4, IPV4_VERSION_LENGTH << 8,
							  sizeof(*ip) + FAST_PATH_REQUEST, 0)) &
	     bytes_words(0xffff, 0xff00, 0xffff, 0)) |
	    ((bytes_load64(&ip->fragment) ^ bytes_words(0, IP_PROTOCOL_UDP, 0, 0)) &
	     bytes_words(IPV4_FRAGMENT_MASK, 0x00ff, 0, 0)))
		return false;
	if (ethernet_is_group(frame))
		return false;
	slot = policy_find(policy, policy_key_ipv4(ip->destination.raw, udp->destination.raw));
	if (!slot || slot->discovery || ip->source.raw == ip->destination.raw ||
	    !checksum_valid(addresses + checksum_3((const uint8_t *)ip)))
		return false;
	source = message_source_ipv4(&ip->source);
	if (source == MESSAGE_BOGON)
		return false;
	packet->binding.private_client = message_is_private_client_ipv4(source, &ip->destination);
	return fast_path_examine_udp(udp, addresses, policy, packet);
}

static inline bool fast_path_examine_ipv6(const uint8_t *frame, const struct policy *policy,
					  struct packet *packet)
{
	const struct wire_ethernet *ethernet = (const struct wire_ethernet *)frame;
	const struct wire_ipv6 *ip = (const struct wire_ipv6 *)(ethernet + 1);
	const struct wire_udp *udp = (const struct wire_udp *)(ip + 1);
	uint64_t high = bytes_load64(&ip->destination.word[0]);
	uint64_t low = bytes_load64(&ip->destination.word[2]);
	const struct policy_slot *slot;
	enum message_source source;

	/* EtherType to payload length. */
	if ((bytes_load64(&ethernet->type) ^
	     bytes_words(ETHERTYPE_IPV6, 6 << 12, 0, FAST_PATH_REQUEST)) &
	    bytes_words(0xffff, 0xf000, 0, 0xffff))
		return false;
	if (ip->next_header != IP_PROTOCOL_UDP || ethernet_is_group(frame))
		return false;
	slot = policy_find(policy, policy_key_ipv6(high, low, udp->destination.raw));
	if (!slot || slot->discovery ||
	    (bytes_load64(&ip->source.word[0]) == high && bytes_load64(&ip->source.word[2]) == low))
		return false;
	source = message_source_ipv6(&ip->source);
	if (source == MESSAGE_BOGON)
		return false;
	packet->binding.private_client = message_is_private_client_ipv6(source, &ip->destination);
	return fast_path_examine_udp(udp,
				     checksum_4((const uint8_t *)&ip->source) +
					     checksum_4((const uint8_t *)&ip->destination),
				     policy, packet);
}

/**
 * fast_path_examine - whether a frame is as predicted.
 * @frame, @end, @policy: as for responder_examine
 * @packet: where it is, filled for fast_path_emit; else unspecified
 *
 * Return: the family of a frame that is, FAMILY_OTHER for one that is not. The verdict is
 * VERDICT_SUCCESS.
 */
static inline enum family fast_path_examine(const uint8_t *frame, const uint8_t *end,
					    const struct policy *policy, struct packet *packet)
{
	uint64_t length = verifier_room(frame, end);

	if (length == FAST_PATH_IPV4 && verifier_has(frame, end, FAST_PATH_IPV4) &&
	    fast_path_examine_ipv4(frame, policy, packet))
		return FAMILY_IPV4;
	if (length == FAST_PATH_IPV6 && verifier_has(frame, end, FAST_PATH_IPV6) &&
	    fast_path_examine_ipv6(frame, policy, packet))
		return FAMILY_IPV6;
	return FAMILY_OTHER;
}

/* Bytes of the frame. */
static inline uint32_t fast_path_request_length(enum family family)
{
	return family == FAMILY_IPV4 ? FAST_PATH_IPV4 : FAST_PATH_IPV6;
}

/* Bytes from the IP header on. */
static inline uint32_t fast_path_reply_length(enum family family)
{
	return family == FAMILY_IPV4 ? FAST_PATH_IPV4 - FAST_PATH_ETHERNET + STUN_MAPPED_IPV4
				     : FAST_PATH_IPV6 - FAST_PATH_ETHERNET + STUN_MAPPED_IPV6;
}

/* The client's address. */
static inline const struct be32 *fast_path_client(const uint8_t *frame, enum family family)
{
	const uint8_t *ip = frame + FAST_PATH_ETHERNET;

	return family == FAMILY_IPV4 ? &((const struct wire_ipv4 *)ip)->source
				     : ((const struct wire_ipv6 *)ip)->source.word;
}

/* From UDP on, to a client of that address; @size is that of XOR-MAPPED-ADDRESS. */
static inline bool fast_path_emit_udp(struct wire_udp *udp, const uint8_t *end,
				      const struct wire_udp *request, uint8_t family, uint16_t size,
				      const struct be32 *client, const struct packet *packet)
{
	const struct wire_stun *asked = (const struct wire_stun *)(request + 1);
	struct wire_stun *stun = (struct wire_stun *)(udp + 1);
	struct be16 length = be16_from((uint16_t)(FAST_PATH_REQUEST + size));
	uint32_t header = be32_from((uint32_t)(STUN_BINDING | STUN_SUCCESS) << 16 | size).raw;
	struct stun_writer writer = {(uint8_t *)(stun + 1), end,
				     packet->fixed_sum + 2ull * length.raw + header, 0, false};

	bytes_store32(udp, bytes_swap_halves(bytes_load32(request)));
	udp->length = length;
	bytes_store32(stun, header);
	bytes_copy128(stun->id, asked->id);
	if (!message_put_mapped_address(&writer, family, false, be16_to(&udp->destination), client,
					stun->id))
		return false;
	udp->checksum.raw = packet_finish_sum(writer.sum);
	return true;
}

/* Here and below all is read before it may be overwritten. */
static inline bool fast_path_emit_ipv4(uint8_t *frame, const uint8_t *end, const uint8_t *request,
				       const struct link_header *link, const struct packet *packet)
{
	const struct wire_ipv4 *asked = (const struct wire_ipv4 *)(request + FAST_PATH_ETHERNET);
	struct wire_ipv4 *ip = (struct wire_ipv4 *)(frame + FAST_PATH_ETHERNET);

	if (!verifier_has(frame, end, FAST_PATH_IPV4 + STUN_MAPPED_IPV4))
		return false;
	ethernet_put(frame, link);
	packet_put_ipv4(ip, &asked->destination, &asked->source, packet->address_sum,
			FAST_PATH_IPV4 - FAST_PATH_ETHERNET + STUN_MAPPED_IPV4);
	return fast_path_emit_udp((struct wire_udp *)(ip + 1), end,
				  (const struct wire_udp *)(asked + 1), FAMILY_IPV4,
				  STUN_MAPPED_IPV4, &ip->destination, packet);
}

static inline bool fast_path_emit_ipv6(uint8_t *frame, const uint8_t *end, const uint8_t *request,
				       const struct link_header *link, const struct packet *packet)
{
	const struct wire_ipv6 *asked = (const struct wire_ipv6 *)(request + FAST_PATH_ETHERNET);
	struct wire_ipv6 *ip = (struct wire_ipv6 *)(frame + FAST_PATH_ETHERNET);

	if (!verifier_has(frame, end, FAST_PATH_IPV6 + STUN_MAPPED_IPV6))
		return false;
	ethernet_put(frame, link);
	packet_put_ipv6(ip, &asked->destination, &asked->source,
			FAST_PATH_REQUEST + STUN_MAPPED_IPV6);
	return fast_path_emit_udp((struct wire_udp *)(ip + 1), end,
				  (const struct wire_udp *)(asked + 1), FAMILY_IPV6,
				  STUN_MAPPED_IPV6, ip->destination.word, packet);
}

/**
 * fast_path_emit - write the whole reply to a frame that is as predicted.
 * @frame, @end, @request, @link: as for responder_emit
 * @family: as fast_path_examine said
 * @packet: as filled by fast_path_examine
 *
 * Return: as responder_emit.
 */
static inline bool fast_path_emit(uint8_t *frame, const uint8_t *end, const uint8_t *request,
				  const struct link_header *link, enum family family,
				  const struct packet *packet)
{
	if (family == FAMILY_IPV4)
		return fast_path_emit_ipv4(frame, end, request, link, packet);
	return fast_path_emit_ipv6(frame, end, request, link, packet);
}

#endif
