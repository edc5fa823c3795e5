/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The link header: what stands in a frame before the IP header. The carrier chooses that of the
 * reply. To send it back to where the request came from, it uses the helpers below.
 */
#ifndef REFLEX_CORE_ETHERNET_H
#define REFLEX_CORE_ETHERNET_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "protocols.h"
#include "verifier.h"

/* A reply's link header, as the carrier hands it to responder_emit. */
struct link_header {
	struct be16 bytes[WIRE_LINK_MAX / 2] VERIFIER_ALIGNED; /* MAC addresses, tags, EtherType */
	uint8_t length;					       /* of it, in bytes */
};

/** ethernet_is_group - whether either MAC address is a group's. */
static inline bool ethernet_is_group(const uint8_t *frame)
{
	const struct wire_ethernet *ethernet = (const struct wire_ethernet *)frame;

	return (ethernet->destination[0].raw | ethernet->source[0].raw) & be16_from(0x0100).raw;
}

/**
 * ethernet_swap - the link header that sends an untagged frame back: MAC addresses swapped.
 * @frame: the request, at least its Ethernet header
 * @link: the reply's link header
 */
static inline void ethernet_swap(const uint8_t *frame, struct link_header *link)
{
	const struct wire_ethernet *ethernet = (const struct wire_ethernet *)frame;

	wire_copy_mac(&link->bytes[0], ethernet->source);
	wire_copy_mac(&link->bytes[3], ethernet->destination);
	bytes_copy16(&link->bytes[6], &ethernet->type);
	link->length = sizeof(*ethernet);
}

/**
 * ethernet_swap_tagged - the same with whatever tags the frame has.
 * @frame: the request, at least WIRE_LINK_MAX bytes
 * @length: bytes of its link header
 * @link: the reply's link header
 */
static inline void ethernet_swap_tagged(const uint8_t *frame, uint32_t length,
					struct link_header *link)
{
	ethernet_swap(frame, link);
	bytes_store64(&link->bytes[7], bytes_load64(frame + sizeof(struct wire_ethernet)));
	link->length = (uint8_t)length;
}

/* The link header of a frame without tags. */
static inline void ethernet_put(uint8_t *frame, const struct link_header *link)
{
	struct be16 *to = (struct be16 *)frame;

	wire_copy_mac(to, &link->bytes[0]);
	wire_copy_mac(to + 3, &link->bytes[3]);
	bytes_copy16(to + 6, &link->bytes[6]);
}

/* WIRE_LINK_MAX bytes; the IP header covers those that are too many. */
static inline void ethernet_put_tagged(uint8_t *frame, const struct link_header *link)
{
	ethernet_put(frame, link);
	bytes_store64(frame + sizeof(struct wire_ethernet), bytes_load64(&link->bytes[7]));
}

#endif
