/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The parts of a request's headers that those of its reply are made of. */
#ifndef REFLEX_CORE_PACKET_H
#define REFLEX_CORE_PACKET_H

#include <stdint.h>

#include "bytes.h"
#include "checksum.h"
#include "message.h"
#include "protocols.h"

/* One packet: what the reply's headers are made of, and its message. */
struct packet {
	uint8_t link_length;   /* of the request: Ethernet header and tags */
	uint8_t ip_length;     /* of the IP header, in request and reply */
	uint16_t udp_length;   /* of the request, without trailer */
	uint16_t reply_length; /* from the IP header on */
	uint64_t address_sum;  /* of both addresses */
	uint64_t fixed_sum;    /* of all that is the same in request and reply */
	struct binding binding;
};

/* The UDP checksum of the reply, never 0 (RFC 768, RFC 8200 section 8.1). */
static inline uint16_t packet_finish_sum(uint64_t sum)
{
	uint16_t checksum = (uint16_t)~checksum_fold(sum);

	return checksum ? checksum : 0xffff;
}

/*
 * RFC 791; @length: bytes of IP header and payload. Here and below the addresses may be those of
 * the header that is overwritten.
 */
static inline void packet_put_ipv4(struct wire_ipv4 *ip, const struct be32 *source,
				   const struct be32 *destination, uint64_t address_sum,
				   uint16_t length)
{
	uint32_t from = source->raw, to = destination->raw;

	ip->version_length = IPV4_VERSION_LENGTH;
	ip->type_of_service = 0;
	ip->total_length = be16_from(length);
	ip->identification = be16_from(0);
	ip->fragment = be16_from(IPV4_DONT_FRAGMENT);
	ip->time_to_live = WIRE_TTL;
	ip->protocol = IP_PROTOCOL_UDP;
	ip->checksum.raw = (uint16_t)~checksum_fold(
		address_sum + checksum_word(0x4500) + checksum_word(length) +
		checksum_word(IPV4_DONT_FRAGMENT) + checksum_word(WIRE_TTL << 8 | IP_PROTOCOL_UDP));
	ip->source.raw = from;
	ip->destination.raw = to;
}

/* RFC 8200; @length: bytes of payload. */
static inline void packet_put_ipv6(struct wire_ipv6 *ip, const struct wire_ipv6_address *source,
				   const struct wire_ipv6_address *destination, uint16_t length)
{
	uint64_t from[2] = {bytes_load64(&source->word[0]), bytes_load64(&source->word[2])};
	uint64_t to[2] = {bytes_load64(&destination->word[0]), bytes_load64(&destination->word[2])};

	ip->version_class_flow = be32_from(6u << 28);
	ip->payload_length = be16_from(length);
	ip->next_header = IP_PROTOCOL_UDP;
	ip->hop_limit = WIRE_TTL;
	bytes_store64(&ip->source.word[0], from[0]);
	bytes_store64(&ip->source.word[2], from[1]);
	bytes_store64(&ip->destination.word[0], to[0]);
	bytes_store64(&ip->destination.word[2], to[1]);
}

#endif
