// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The receiving program of reflex-load. It redirects replies to its own requests to its sockets,
 * and leaves everything else to the kernel. A veth needs it too: without a program, its end
 * receives nothing that the peer sends by XDP_TX.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "protocols.h"
#include "redirect.h"
#include "ticket.h"
#include "verifier.h"

const volatile struct ticket_key key = {};

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, QUEUES_MAX);
	__type(key, __u32);
	__type(value, __u32);
} sockets SEC(".maps");

/* Skips Ethernet and tags. Return: the type of what follows, 0 if there is nothing. */
static uint16_t read_link(const uint8_t **pos, const uint8_t *end)
{
	const struct wire_ethernet *ethernet = (const struct wire_ethernet *)*pos;
	uint16_t type;

	if (!verifier_has(*pos, end, sizeof(*ethernet)))
		return 0;
	type = be16_to(&ethernet->type);
	*pos += sizeof(*ethernet);
	for (int i = 0; i < WIRE_TAGS_MAX && (type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ);
	     i++) {
		const struct wire_tag *tag = (const struct wire_tag *)*pos;

		if (!verifier_has(*pos, end, sizeof(*tag)))
			return 0;
		type = be16_to(&tag->type);
		*pos += sizeof(*tag);
	}
	return type;
}

static bool read_ip(const uint8_t **pos, const uint8_t *end, uint16_t type)
{
	if (type == ETHERTYPE_IPV4) {
		const struct wire_ipv4 *ip = (const struct wire_ipv4 *)*pos;

		if (!verifier_has(*pos, end, sizeof(*ip)) ||
		    ip->version_length != IPV4_VERSION_LENGTH || ip->protocol != IP_PROTOCOL_UDP)
			return false;
		*pos += sizeof(*ip);
		return true;
	}
	if (type == ETHERTYPE_IPV6) {
		const struct wire_ipv6 *ip = (const struct wire_ipv6 *)*pos;

		if (!verifier_has(*pos, end, sizeof(*ip)) || ip->next_header != IP_PROTOCOL_UDP)
			return false;
		*pos += sizeof(*ip);
		return true;
	}
	return false;
}

static bool is_ours(const uint8_t *pos, const uint8_t *end)
{
	const struct wire_stun *stun = (const struct wire_stun *)(pos + sizeof(struct wire_udp));
	const struct ticket_key own = {key.add, key.multiply};
	struct ticket ticket;

	if (!verifier_has(pos, end, sizeof(struct wire_udp) + sizeof(*stun)) ||
	    !(be16_to(&stun->type) & STUN_SUCCESS))
		return false;
	ticket = (struct ticket){{stun->id[1].raw, stun->id[2].raw, stun->id[3].raw}};
	return ticket_valid(&ticket, &own);
}

SEC("xdp")
int redirect(struct xdp_md *ctx)
{
	const uint8_t *pos = (const uint8_t *)(long)ctx->data;
	const uint8_t *end = (const uint8_t *)(long)ctx->data_end;
	uint16_t type = read_link(&pos, end);

	if (!read_ip(&pos, end, type) || !is_ours(pos, end))
		return XDP_PASS;
	return bpf_redirect_map(&sockets, ctx->rx_queue_index, XDP_PASS);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
