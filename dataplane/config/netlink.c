// SPDX-License-Identifier: BSD-2-Clause
#include "netlink.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_SIZE 32768 /* the kernel sends no longer parts of an answer */

/* Return: 1 where more is to come, 0 at the end, or -errno. */
static int take_part(const struct nlmsghdr *message, int length,
		     void (*take)(const struct nlmsghdr *message, void *context), void *context)
{
	bool more = false;

	for (; NLMSG_OK(message, (unsigned int)length); message = NLMSG_NEXT(message, length)) {
		if (message->nlmsg_type == NLMSG_DONE)
			return 0;
		if (message->nlmsg_type == NLMSG_ERROR)
			return ((const struct nlmsgerr *)NLMSG_DATA(message))->error;
		take(message, context);
		more = message->nlmsg_flags & NLM_F_MULTI;
	}
	return more;
}

int netlink_ask(struct nlmsghdr *request,
		void (*take)(const struct nlmsghdr *message, void *context), void *context)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), r = 1;
	void *buffer = malloc(BUFFER_SIZE);
	ssize_t length;

	request->nlmsg_flags |= NLM_F_REQUEST;
	if (fd < 0 || (buffer && send(fd, request, request->nlmsg_len, 0) < 0))
		r = -errno;
	else if (!buffer)
		r = -ENOMEM;
	while (r > 0) {
		length = recv(fd, buffer, BUFFER_SIZE, 0);
		if (length >= 0)
			r = take_part(buffer, (int)length, take, context);
		else if (errno != EINTR)
			r = -errno;
	}
	free(buffer);
	if (fd >= 0)
		close(fd);
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
