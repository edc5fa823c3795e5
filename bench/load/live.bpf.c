// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Sends by BPF_F_TEST_XDP_LIVE_FRAMES what the ring holds: called again and again with frames of
 * any content and length, it makes each the next one. Each lane loads a program of its own: no
 * context would tell it which lane calls.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "redirect.h"
#include "wire.h"

struct live_ring
	ring; /* no initializer, by which clang would tell another section than it lies in */

SEC("xdp")
int live(struct xdp_md *ctx)
{
	const uint8_t *data = (const uint8_t *)(long)ctx->data;
	const uint8_t *end = (const uint8_t *)(long)ctx->data_end;
	struct live_frame *frame = &ring.frames[ring.taken & (LIVE_RING - 1)];
	uint32_t length;

	if (ring.taken == *(volatile uint64_t *)&ring.put)
		return XDP_DROP;
	length = *(volatile uint32_t *)&frame->length;
	if (length < sizeof(struct wire_ethernet) || length > LIVE_BYTES ||
	    bpf_xdp_adjust_tail(ctx, (int)length - (int)wire_room(data, end)) ||
	    bpf_xdp_store_bytes(ctx, 0, frame->bytes, length))
		length = 0; /* never */
	__sync_fetch_and_add(&ring.taken, 1);
	return length ? XDP_TX : XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
