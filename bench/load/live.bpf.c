// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Sends the frames of the ring by BPF_F_TEST_XDP_LIVE_FRAMES. It is called again and again with
 * frames of any content and length, and replaces each by the next one of the ring. Each worker
 * loads a program of its own: the context does not tell which worker it runs for.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "protocols.h"
#include "redirect.h"
#include "verifier.h"

struct live_ring ring; /* with an initializer, clang writes a wrong section into BTF */

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
	    bpf_xdp_adjust_tail(ctx, (int)length - (int)verifier_room(data, end)) ||
	    bpf_xdp_store_bytes(ctx, 0, frame->bytes, length))
		length = 0; /* never */
	__sync_fetch_and_add(&ring.taken, 1);
	return length ? XDP_TX : XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
