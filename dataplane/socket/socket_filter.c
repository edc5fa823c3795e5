// SPDX-License-Identifier: BSD-2-Clause
#include "socket_filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "protocols.h"

#define LOOPBACK 1 /* its index, in every network namespace */

#define AT(protocol, field) (SKF_NET_OFF + (uint32_t)offsetof(struct protocol, field))
#define SOURCE4		    AT(wire_ipv4, source)
#define DESTINATION4	    AT(wire_ipv4, destination)
#define SOURCE6		    AT(wire_ipv6, source)
#define DESTINATION6	    AT(wire_ipv6, destination)

#define LOAD(at) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (at))

/* Four instructions: go on where both words are the same; else skip so many more. */
#define IF_SAME(a, b, skip)                                                                        \
	LOAD(a), BPF_STMT(BPF_MISC | BPF_TAX, 0), LOAD(b),                                         \
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, (skip))

/* Four more: keep the UDP header alone, unless it came by the loopback interface. Else keep all. */
#define SHORTEN_OTHERS                                                                             \
	LOAD(SKF_AD_OFF + SKF_AD_IFINDEX), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, LOOPBACK, 1, 0),    \
		BPF_STMT(BPF_RET | BPF_K, sizeof(struct wire_udp)),                                \
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX)

static struct sock_filter ipv4[] = {
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, SOURCE4),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 127, 4, 0),
	IF_SAME(SOURCE4, DESTINATION4, 3),
	SHORTEN_OTHERS,
};

static struct sock_filter ipv6[] = {
	IF_SAME(SOURCE6, DESTINATION6, 15),
	IF_SAME(SOURCE6 + 4, DESTINATION6 + 4, 11),
	IF_SAME(SOURCE6 + 8, DESTINATION6 + 8, 7),
	IF_SAME(SOURCE6 + 12, DESTINATION6 + 12, 3),
	SHORTEN_OTHERS,
};

int socket_filter_attach(int fd, int family)
{
	const struct sock_fprog program = {
		.len = (family == AF_INET6 ? sizeof(ipv6) : sizeof(ipv4)) / sizeof(ipv4[0]),
		.filter = family == AF_INET6 ? ipv6 : ipv4,
	};
	int r = setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));

	return r < 0 ? -errno : 0;
}
