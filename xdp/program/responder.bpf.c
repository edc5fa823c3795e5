// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The XDP carrier: has the core examine and answer each frame, counts, and says where it goes. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

/* A BPF function apart costs a return, and with it the CPU's mitigations: 8 ns seen. */
#define inline inline __attribute__((always_inline))

#include "xdp_state.h"

struct xdp_state state; /* mapped by the loader, which writes it */

/* The counters. It keeps the name of its pin, or an upgrade would lose them. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, STATE_SLOTS);
	__type(key, __u32);
	__type(value, struct xdp_slot);
} lanes SEC(".maps");

/* Whose slot is whose, for a later start to go on counting. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, STATE_SLOTS);
	__type(key, __u32);
	__type(value, char[STATE_NAME_MAX]);
} names SEC(".maps");

static inline struct xdp_slot *find_slot(const struct xdp_buffer *buffer, __u32 interface)
{
	const struct xdp_interface *entry;
	__u32 key = 0;

	entry = &buffer->interface[xdp_state_hash(interface, buffer->multiplier)];
	if (entry->index == interface)
		key = entry->slot;
	return bpf_map_lookup_elem(&lanes, &key);
}

/*
 * Every driver leaves room at the head for encapsulation, some none at the tail.
 *
 * Return: how many bytes the frame's start moved before the request's first byte; negative: no
 * room.
 */
static inline int resize(struct xdp_md *ctx, int growth)
{
	if (!growth)
		return 0;
	if (!bpf_xdp_adjust_head(ctx, -growth))
		return growth < 0 ? 0 : growth;
	return bpf_xdp_adjust_tail(ctx, growth) ? -1 : 0;
}

static inline int pass(struct xdp_slot *slot, const struct policy *policy, enum family family,
		       enum verdict verdict, __u32 received)
{
	const struct counters_event event = {
		.family = family, .verdict = verdict, .received = received};

	counters_record(&slot->counters, &event, 1);
	return verdict_action(verdict) == ACTION_REFUSE && !policy->pass_refused ? XDP_DROP
										 : XDP_PASS;
}

static inline int answer(struct xdp_md *ctx, struct xdp_slot *slot, const struct policy *policy,
			 enum verdict verdict, enum family fast, __u32 received,
			 struct link_header *link)
{
	const struct packet *packet = &slot->packet;
	__u32 link_length = responder_link_length(packet, fast);
	const struct counters_event event = {
		.family = responder_family(packet, fast),
		.verdict = verdict,
		.received = received,
		.sent = link_length + responder_reply_length(packet, fast),
		.private_client = packet->binding.private_client,
	};
	__u8 *frame, *end;
	int moved;

	if (!fast) { /* before the frame may become shorter */
		frame = (__u8 *)(long)ctx->data;
		if (!verifier_has(frame, (__u8 *)(long)ctx->data_end, WIRE_LINK_MAX))
			return XDP_ABORTED;
		ethernet_swap_tagged(frame, link_length, link);
	}
	moved = resize(ctx, event.sent - received);
	if (moved < 0)
		return pass(slot, policy, event.family, VERDICT_NO_ROOM, received);
	counters_record(&slot->counters, &event, 1);
	frame = (__u8 *)(long)ctx->data;
	end = (__u8 *)(long)ctx->data_end;
	/* Never aborted: the frame has the reply's length. */
	if (fast) {
		if (!verifier_has(frame + moved, end, received))
			return XDP_ABORTED;
		ethernet_swap(frame + moved, link);
	} else {
		verifier_forget();
	}
	return responder_emit(frame, end, frame + moved, link, policy, packet, fast) ? XDP_TX
										     : XDP_ABORTED;
}

static inline int finish(struct xdp_md *ctx, struct xdp_slot *slot, const struct policy *policy,
			 enum verdict verdict, enum family fast, __u32 received,
			 struct link_header *link)
{
	if (verdict_action(verdict) != ACTION_ANSWER)
		return pass(slot, policy, responder_family(&slot->packet, fast), verdict, received);
	return answer(ctx, slot, policy, verdict, fast, received, link);
}

SEC("xdp")
int responder(struct xdp_md *ctx)
{
	__u8 *frame = (__u8 *)(long)ctx->data, *end = (__u8 *)(long)ctx->data_end;
	const struct xdp_buffer *buffer = &state.buffer[state.active & 1];
	const struct policy *policy;
	__u32 received = verifier_room(frame, end);
	struct xdp_slot *slot = find_slot(buffer, ctx->ingress_ifindex);
	struct link_header untagged;
	enum verdict verdict;
	enum family fast;

	if (!slot)
		return XDP_PASS; /* never: the loader gives out no other slots */
	VERIFIER_PIN(buffer);
	policy = &buffer->policy;
	verdict = responder_examine(frame, end, policy, 0, &slot->packet, &fast);
	/* Once for each, so that all lengths of the fast path are constants. */
	if (fast == FAMILY_IPV4)
		return finish(ctx, slot, policy, verdict, FAMILY_IPV4, FAST_PATH_IPV4, &untagged);
	if (fast == FAMILY_IPV6)
		return finish(ctx, slot, policy, verdict, FAMILY_IPV6, FAST_PATH_IPV6, &untagged);
	return finish(ctx, slot, policy, verdict, FAMILY_OTHER, received, &slot->link);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
