// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What the responder is measured against, and the program that lays the request out before each
 * run. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include <stdbool.h>

#define FRAME_MIN 62
#define FRAME_MAX 1514
#define GROWTH	  12

/* Set by the bench. */
__u8 request[FRAME_MAX + 6];
__u32 request_length = FRAME_MIN;

/*
 * One address of the request takes so many values, one after the other in no order, from that in
 * `base` on. The checksums stay as they are: what the address adds, two other fields take away.
 */
__u32 addresses = 1;
__u32 base;
__u16 address_at, balance_at[2];
__u32 turn;

/* Not a constant for the kernel to turn into a jump: it takes milliseconds to turn that elsewhere.
 */
__u32 which;

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u32);
} targets SEC(".maps");

static __always_inline void put(__u16 at, const void *bytes, __u32 size)
{
	__builtin_memcpy(&request[at & 0x3ff], bytes, size);
}

static __always_inline void vary(void)
{
	__u32 address = __builtin_bswap32(base + turn++ * 2654435761u % addresses);
	__u32 sum = (address >> 16) + (address & 0xffff);
	__u16 balance = (__u16) ~(sum + (sum >> 16));

	put(address_at, &address, 4);
	put(balance_at[0], &balance, 2);
	put(balance_at[1], &balance, 2);
}

static __always_inline bool lay_out(struct xdp_md *ctx)
{
	__u64 now = (__u64)(ctx->data_end - (__u64)ctx->data);
	__u32 length = request_length;

	__asm__ volatile("" : "+r"(now)); /* the verifier allows this in 64 bits only */
	if (length < FRAME_MIN || length > FRAME_MAX)
		return false;
	if (addresses > 1)
		vary();
	return !bpf_xdp_adjust_head(ctx, (int)now - (int)length) &&
	       !bpf_xdp_store_bytes(ctx, 0, request, length);
}

/* BPF_PROG_TEST_RUN runs the next packet on what the last one became, so it is put back here. */
SEC("xdp")
int reset(struct xdp_md *ctx)
{
	if (lay_out(ctx))
		bpf_tail_call(ctx, &targets, which);
	return XDP_ABORTED;
}

/* A load: BPF_PROG_TEST_RUN sends live frames, whose pages come back as the server left them. */
SEC("xdp")
int generate(struct xdp_md *ctx)
{
	return lay_out(ctx) ? XDP_TX : XDP_ABORTED;
}

/* At the load's end of the wire: responses over IPv4. */
__u64 responses;

SEC("xdp")
int count(struct xdp_md *ctx)
{
	__u8 *frame = (__u8 *)(long)ctx->data, *end = (__u8 *)(long)ctx->data_end;

	if (frame + FRAME_MIN > end || *(__u16 *)(frame + 12) != 0x8 || frame[42] != 1 ||
	    frame[43] != 1)
		return XDP_PASS;
	responses++;
	return XDP_DROP;
}

SEC("xdp")
int empty(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_TX;
}

/* Ethernet, IPv4 and UDP without looking: swap both ends' addresses and ports, and make the request
 * a response, so that a client counts it, if only as wrong. */
static __always_inline int swap(struct xdp_md *ctx)
{
	__u8 *frame = (__u8 *)(long)ctx->data, *end = (__u8 *)(long)ctx->data_end;
	__u16 *mac = (__u16 *)frame, port;
	__u32 *ip = (__u32 *)(frame + 26), address;

	if (frame + FRAME_MIN > end)
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
	frame[42] = 1;
	return XDP_TX;
}

SEC("xdp")
int reflector(struct xdp_md *ctx)
{
	return swap(ctx);
}

/* Makes room for an IPv4 address attribute, and moves a bare request to the new start. */
SEC("xdp")
int growing_reflector(struct xdp_md *ctx)
{
	__u8 *frame, *end;

	if (bpf_xdp_adjust_head(ctx, -GROWTH))
		return XDP_ABORTED;
	frame = (__u8 *)(long)ctx->data;
	end = (__u8 *)(long)ctx->data_end;
	if (frame + FRAME_MIN + GROWTH > end)
		return XDP_ABORTED;
	for (int i = 0; i < 56; i += 8)
		*(__u64 *)(frame + i) = *(__u64 *)(frame + i + GROWTH);
	*(__u32 *)(frame + 56) = *(__u32 *)(frame + 56 + GROWTH);
	*(__u16 *)(frame + 60) = *(__u16 *)(frame + 60 + GROWTH);
	return swap(ctx);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
