// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Passes every frame to the kernel. A veth end without a program does not receive what its peer
 * sends by XDP_TX. It takes frames in fragments too, or the peer's MTU would be bounded.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp.frags")
int pass(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
