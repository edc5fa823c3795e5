// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The XDP carrier: the core between a frame and its way out. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

/* A BPF function apart costs a return, and with it the CPU's mitigations: 8 ns seen. */
#define inline inline __attribute__((always_inline))

#include "state.h"

struct state state; /* mapped by the loader, which writes it */

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, STATE_LANES);
	__type(key, __u32);
	__type(value, struct lane);
} lanes SEC(".maps");

/* Whose lane is whose, for a later start to go on counting. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, STATE_LANES);
	__type(key, __u32);
	__type(value, char[STATE_NAME_MAX]);
} names SEC(".maps");

static struct lane *find_lane(const struct generation *generation, __u32 interface)
{
	const struct state_interface *entry;
	__u32 key = 0;

	entry = &generation->interface[state_hash(interface, generation->multiplier)];
	if (entry->index == interface)
		key = entry->lane;
	return bpf_map_lookup_elem(&lanes, &key);
}

/*
 * emit writes the whole reply, so either end serves. Every driver leaves room at the head for
 * encapsulation, some none at the tail.
 */
static long resize(struct xdp_md *ctx, int growth)
{
	if (!growth || !bpf_xdp_adjust_head(ctx, -growth))
		return 0;
	return bpf_xdp_adjust_tail(ctx, growth);
}

static int carry_out(enum verdict verdict, const struct policy *policy)
{
	switch (verdict_action(verdict)) {
	case ACTION_ANSWER:
		return XDP_TX;
	case ACTION_REFUSE:
		return policy->pass_refused ? XDP_PASS : XDP_DROP;
	default:
		return XDP_PASS;
	}
}

SEC("xdp")
int responder(struct xdp_md *ctx)
{
	__u8 *frame = (__u8 *)(long)ctx->data, *end = (__u8 *)(long)ctx->data_end;
	const struct generation *generation = &state.generation[state.active & 1];
	const struct policy *policy;
	__u32 received = wire_room(frame, end), sent = 0;
	struct lane *lane = find_lane(generation, ctx->ingress_ifindex);
	struct packet *packet;
	enum verdict verdict;

	if (!lane)
		return XDP_PASS; /* never: the loader gives out no other lanes */
	__asm__ volatile(""
			 : "+r"(generation)); /* keep the pointer, do not work it out each time */
	policy = &generation->policy;
	packet = &lane->packet;
	verdict = responder_examine(frame, end, policy, packet);
	if (verdict_action(verdict) == ACTION_ANSWER) {
		sent = packet->reply_length;
		if (resize(ctx, sent - received)) {
			verdict = VERDICT_NO_ROOM;
			sent = 0;
		} else {
			frame = (__u8 *)(long)ctx->data;
			end = (__u8 *)(long)ctx->data_end;
			if (!responder_emit(frame, end, policy, packet))
				return XDP_ABORTED; /* never: the frame has the reply's length */
		}
	}
	counters_count(&lane->counters, packet->binding.family, verdict, received, sent);
	return carry_out(verdict, policy);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
