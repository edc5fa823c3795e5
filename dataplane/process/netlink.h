/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions to the kernel's rtnetlink. */
#ifndef REFLEX_NETLINK_H
#define REFLEX_NETLINK_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>

/**
 * netlink_open - open a socket to ask by. It goes on asking in the namespace it was opened in.
 *
 * Return: a file descriptor or -errno.
 */
int netlink_open(void);

/**
 * netlink_ask - ask a question and take each message of the answer.
 * @request: a number and NLM_F_REQUEST are added; with NLM_F_DUMP the answer has any number of
 * messages, else one
 *
 * The messages of a dump during which something changed may be inconsistent; the kernel reports the
 * change by an event. Needs no capability, opens nothing.
 *
 * Return: 0 or -errno.
 */
int netlink_ask(int fd, struct nlmsghdr *request,
		void (*take)(const struct nlmsghdr *message, void *context), void *context);

/** netlink_blocked - whether an error is that of a process that may not have such sockets. */
bool netlink_blocked(int r);

/** netlink_hint - what to do about an error, to be put behind it; "": nothing in particular. */
const char *netlink_hint(int r);

/** netlink_index - sort attributes by their type, from 0 to @max; NULL: there is none. */
void netlink_index(const struct rtattr *attributes[], unsigned int max, const struct rtattr *first,
		   int length);

#endif
