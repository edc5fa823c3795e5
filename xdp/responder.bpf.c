// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The XDP carrier: the core between a frame and its way out. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

/* A BPF function apart costs a return, and with it the CPU's mitigations: 8 ns seen. */
#define inline inline __attribute__((always_inline))

#include "xdp_state.h"

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

static inline struct lane *find_lane(const struct generation *generation, __u32 interface)
{
	const struct state_interface *entry;
	__u32 key = 0;

	entry = &generation->interface[state_hash(interface, generation->multiplier)];
	if (entry->index == interface)
		key = entry->lane;
	return bpf_map_lookup_elem(&lanes, &key);
}

/*
 * Every driver leaves room at the head for encapsulation, some none at the tail. Return: by how
 * much the request's first byte is behind the frame's now; negative: no room.
 */
static inline int resize(struct xdp_md *ctx, int growth)
{
	if (!growth)
		return 0;
	if (!bpf_xdp_adjust_head(ctx, -growth))
		return growth < 0 ? 0 : growth;
	return bpf_xdp_adjust_tail(ctx, growth);
}

static inline int pass(struct lane *lane, enum family family, enum verdict verdict,
		       const struct policy *policy, __u32 received)
{
	counters_count(&lane->counters, family, verdict, received, 0);
	return verdict_action(verdict) == ACTION_REFUSE && !policy->pass_refused ? XDP_DROP
										 : XDP_PASS;
}

static inline void count_answer(struct lane *lane, enum family family, enum verdict verdict,
				__u32 received, __u32 sent)
{
	counters_count(&lane->counters, family, verdict, received, sent);
	if (lane->packet.binding.private_client && message_is_success(verdict))
		lane->counters.packets[COUNTERS_EXTRA][COUNTERS_PRIVATE_CLIENTS]++;
}

static inline int answer(struct xdp_md *ctx, struct lane *lane, const struct policy *policy,
			 __u32 received)
{
	const struct packet *packet = &lane->packet;
	enum family family = packet->binding.family;
	__u32 sent = packet->reply_length;

	if (resize(ctx, sent - received) < 0)
		return pass(lane, family, VERDICT_NO_ROOM, policy, received);
	count_answer(lane, family, packet->binding.verdict, received, sent);
	/* Never aborted: the frame has the reply's length. */
	return responder_emit((__u8 *)(long)ctx->data, (__u8 *)(long)ctx->data_end, policy, packet)
		       ? XDP_TX
		       : XDP_ABORTED;
}

static inline int answer_bare(struct xdp_md *ctx, struct lane *lane, enum family family,
			      const struct policy *policy, __u32 received)
{
	__u32 sent = bare_reply_length(family);
	int moved = resize(ctx, sent - received);

	if (moved < 0)
		return pass(lane, family, VERDICT_NO_ROOM, policy, received);
	count_answer(lane, family, VERDICT_SUCCESS, received, sent);
	return bare_emit((__u8 *)(long)ctx->data, (__u8 *)(long)ctx->data_end, moved, family,
			 &lane->packet)
		       ? XDP_TX
		       : XDP_ABORTED;
}

SEC("xdp")
int responder(struct xdp_md *ctx)
{
	__u8 *frame = (__u8 *)(long)ctx->data, *end = (__u8 *)(long)ctx->data_end;
	const struct generation *generation = &state.generation[state.active & 1];
	const struct policy *policy;
	__u32 received = wire_room(frame, end);
	struct lane *lane = find_lane(generation, ctx->ingress_ifindex);
	enum verdict verdict;
	enum family family;

	if (!lane)
		return XDP_PASS; /* never: the loader gives out no other lanes */
	WIRE_KEEP(generation);
	policy = &generation->policy;
	family = bare_examine(frame, end, policy, &lane->packet);
	if (family == FAMILY_IPV4) /* once for each, so that all lengths are constant */
		return answer_bare(ctx, lane, FAMILY_IPV4, policy, received);
	if (family == FAMILY_IPV6)
		return answer_bare(ctx, lane, FAMILY_IPV6, policy, received);
	verdict = responder_examine(frame, end, policy, &lane->packet);
	if (verdict_action(verdict) == ACTION_ANSWER)
		return answer(ctx, lane, policy, received);
	return pass(lane, lane->packet.binding.family, verdict, policy, received);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
