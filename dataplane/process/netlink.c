// SPDX-License-Identifier: BSD-2-Clause
#include "netlink.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>

#define BUFFER_SIZE 32768 /* the kernel sends no longer parts of an answer */

int netlink_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	return fd < 0 ? -errno : fd;
}

/* What has another number answers a request that failed. Return: 1 where more is to come, 0 at the
 * end, or -errno. */
static int take_part(const struct nlmsghdr *message, int length, uint32_t sequence,
		     void (*take)(const struct nlmsghdr *message, void *context), void *context)
{
	for (; NLMSG_OK(message, (unsigned int)length); message = NLMSG_NEXT(message, length)) {
		if (message->nlmsg_seq != sequence)
			continue;
		if (message->nlmsg_type == NLMSG_DONE)
			return 0;
		if (message->nlmsg_type == NLMSG_ERROR)
			return ((const struct nlmsgerr *)NLMSG_DATA(message))->error;
		take(message, context);
		if (!(message->nlmsg_flags & NLM_F_MULTI))
			return 0;
	}
	return 1;
}

/* The kernel has answered when send() returns, and a dump goes on with each recv(): none waits. */
int netlink_ask(int fd, struct nlmsghdr *request,
		void (*take)(const struct nlmsghdr *message, void *context), void *context)
{
	static uint32_t sequence;
	void *buffer = malloc(BUFFER_SIZE);
	ssize_t length;
	int r = 1;

	if (!buffer)
		return -ENOMEM;
	request->nlmsg_flags |= NLM_F_REQUEST;
	request->nlmsg_seq = ++sequence;
	if (send(fd, request, request->nlmsg_len, 0) < 0)
		r = -errno;
	while (r > 0) {
		length = recv(fd, buffer, BUFFER_SIZE, MSG_DONTWAIT);
		if (length >= 0)
			r = take_part(buffer, (int)length, request->nlmsg_seq, take, context);
		else if (errno != EINTR && errno != ENOBUFS)
			r = -errno;
	}
	free(buffer);
	return r;
}

bool netlink_blocked(int r)
{
	return r == -EAFNOSUPPORT || r == -EPERM || r == -EACCES;
}

const char *netlink_hint(int r)
{
	return netlink_blocked(r) ? " (rtnetlink is not allowed here: a unit needs AF_NETLINK in "
				    "RestrictAddressFamilies=, a container's seccomp profile the "
				    "same)"
				  : "";
}

void netlink_index(const struct rtattr *attributes[], unsigned int max, const struct rtattr *first,
		   int length)
{
	for (unsigned int i = 0; i <= max; i++)
		attributes[i] = NULL;
	for (; RTA_OK(first, length); first = RTA_NEXT(first, length))
		if ((first->rta_type & NLA_TYPE_MASK) <= max)
			attributes[first->rta_type & NLA_TYPE_MASK] = first;
}
