// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What the responder is measured against, and the program that lays the request out before each
 * run. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define FRAME_MIN 62
#define FRAME_MAX 1514

/* Set by the bench. */
__u8 request[FRAME_MAX];
__u32 request_length = FRAME_MIN;

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} target SEC(".maps");

/* BPF_PROG_TEST_RUN runs the next packet on what the last one became, so it is put back here. */
SEC("xdp")
int reset(struct xdp_md *ctx)
{
	__u64 now = (__u64)(ctx->data_end - (__u64)ctx->data);
	__u32 length = request_length;

	__asm__ volatile("" : "+r"(now)); /* the verifier allows this in 64 bits only */
	if (length < FRAME_MIN || length > FRAME_MAX)
		return XDP_ABORTED;
	if (bpf_xdp_adjust_head(ctx, (int)now - (int)length) ||
	    bpf_xdp_store_bytes(ctx, 0, request, length))
		return XDP_ABORTED;
	bpf_tail_call(ctx, &target, 0);
	return XDP_ABORTED;
}

SEC("xdp")
int empty(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_TX;
}

/* Ethernet, IPv4 and UDP without looking: swap both ends' addresses and ports. */
static __always_inline int swap(struct xdp_md *ctx)
{
	__u8 *frame = (__u8 *)(long)ctx->data, *end = (__u8 *)(long)ctx->data_end;
	__u16 *mac = (__u16 *)frame, port;
	__u32 *ip = (__u32 *)(frame + 26), address;

	if (frame + 62 > end)
		return XDP_ABORTED;
	for (int i = 0; i < 3; i++) {
		__u16 half = mac[i];

		mac[i] = mac[i + 3];
		mac[i + 3] = half;
	}
	address = ip[0];
	ip[0] = ip[1];
	ip[1] = address;
	port = mac[17];
	mac[17] = mac[18];
	mac[18] = port;
	return XDP_TX;
}

SEC("xdp")
int reflector(struct xdp_md *ctx)
{
	return swap(ctx);
}

SEC("xdp")
int growing_reflector(struct xdp_md *ctx)
{
	if (bpf_xdp_adjust_head(ctx, -12))
		return XDP_ABORTED;
	return swap(ctx);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
