// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A driver with little room: each program takes the room around the frame away, then goes on into
 * the responder. The frame itself stays as it is; only its place in the buffer changes.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define LINK_MIN 14
#define SCRATCH	 2048

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} responder SEC(".maps");

struct scratch {
	__u8 frame[SCRATCH];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratch SEC(".maps");

int spare;		  /* bytes to leave at an end that has no room */
int head_room, tail_room; /* what was left of the last frame's room */

/* All the room at one end becomes part of the frame. Returns how much it was. */
static int take_head(struct xdp_md *ctx)
{
	int taken = 0;

	for (__u32 piece = 2048; piece; piece >>= 1)
		if (!bpf_xdp_adjust_head(ctx, -(int)piece))
			taken += piece;
	return taken;
}

static int take_tail(struct xdp_md *ctx)
{
	int taken = 0;

	for (__u32 piece = 2048; piece; piece >>= 1)
		if (!bpf_xdp_adjust_tail(ctx, (int)piece))
			taken += piece;
	return taken;
}

/* Metadata stands in front of the frame and moves with it: what it takes is lost to the head. */
static void take_metadata(struct xdp_md *ctx)
{
	for (__u32 piece = 128; piece >= 4; piece >>= 1)
		(void)bpf_xdp_adjust_meta(ctx, -(int)piece);
}

static void measure(struct xdp_md *ctx)
{
	int head = take_head(ctx), tail;

	bpf_xdp_adjust_head(ctx, head);
	tail = take_tail(ctx);
	bpf_xdp_adjust_tail(ctx, -tail);
	head_room = head;
	tail_room = tail;
}

static int copy(struct xdp_md *ctx, struct scratch *to)
{
	__u64 length = ctx->data_end - ctx->data;

	if (length < LINK_MIN || length > SCRATCH || bpf_xdp_load_bytes(ctx, 0, to->frame, length))
		return 0;
	return length;
}

static int paste(struct xdp_md *ctx, int offset, struct scratch *from, __u64 length)
{
	if (length < LINK_MIN || length > SCRATCH)
		return -1;
	return bpf_xdp_store_bytes(ctx, offset, from->frame, length);
}

/* The frame moves to the front: all room but the spare bytes is at the tail. */
static int move_to_front(struct xdp_md *ctx)
{
	__u32 key = 0;
	struct scratch *frame = bpf_map_lookup_elem(&scratch, &key);
	int length, taken, left;

	if (!frame)
		return -1;
	length = copy(ctx, frame);
	taken = take_head(ctx);
	left = spare < taken ? spare : taken;
	if (paste(ctx, left, frame, length) || bpf_xdp_adjust_head(ctx, left))
		return -1;
	return bpf_xdp_adjust_tail(ctx, left - taken);
}

/* To the end: all room but the spare bytes is at the head. */
static int move_to_end(struct xdp_md *ctx)
{
	__u32 key = 0;
	struct scratch *frame = bpf_map_lookup_elem(&scratch, &key);
	int length, taken, left;

	if (!frame)
		return -1;
	length = copy(ctx, frame);
	taken = take_tail(ctx);
	left = spare < taken ? spare : taken;
	if (paste(ctx, taken - left, frame, length) || bpf_xdp_adjust_tail(ctx, -left))
		return -1;
	return bpf_xdp_adjust_head(ctx, taken - left);
}

/* In line: else its callers return the constant that it returns where the tail call fails. */
static __always_inline int go_on(struct xdp_md *ctx, int error)
{
	if (error)
		return XDP_ABORTED;
	measure(ctx);
	bpf_tail_call(ctx, &responder, 0);
	return XDP_ABORTED;
}

SEC("xdp")
int no_head(struct xdp_md *ctx)
{
	return go_on(ctx, move_to_front(ctx));
}

SEC("xdp")
int no_tail(struct xdp_md *ctx)
{
	return go_on(ctx, move_to_end(ctx));
}

SEC("xdp")
int no_room(struct xdp_md *ctx)
{
	int error = move_to_end(ctx);

	take_metadata(ctx);
	return go_on(ctx, error);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
