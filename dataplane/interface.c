// SPDX-License-Identifier: BSD-2-Clause
#include "interface.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ALTERNATIVE_NAME_SIZE 128 /* ALTIFNAMSIZ, which <linux/if.h> would bring into conflict */

struct request {
	struct nlmsghdr header;
	struct ifinfomsg message;
	struct rtattr mask;
	uint32_t mask_value;
	struct rtattr name; /* where the index is 0 */
	char name_value[ALTERNATIVE_NAME_SIZE];
};

/* XDP is told before what may be too long for it. */
struct reply {
	struct nlmsghdr header;
	union {
		struct {
			struct ifinfomsg message;
			char attributes[8192];
		};
		struct nlmsgerr error;
	};
};

int interface_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	return fd < 0 ? -errno : fd;
}

/* The kernel has replied when send() returns. What else waits answers requests that failed. */
static int ask(int fd, struct request *request, struct reply *reply)
{
	static uint32_t sequence;
	ssize_t length;

	request->header.nlmsg_type = RTM_GETLINK;
	request->header.nlmsg_flags = NLM_F_REQUEST;
	request->header.nlmsg_seq = ++sequence;
	if (send(fd, request, request->header.nlmsg_len, 0) < 0)
		return -errno;
	do {
		length = recv(fd, reply, sizeof(*reply), MSG_DONTWAIT);
		if (length < 0 && errno != EINTR && errno != ENOBUFS)
			return -errno;
	} while (length < (ssize_t)NLMSG_LENGTH(sizeof(reply->message)) ||
		 reply->header.nlmsg_seq != request->header.nlmsg_seq);
	if (reply->header.nlmsg_type == NLMSG_ERROR)
		return reply->error.error ? reply->error.error : -EPROTO;
	if (reply->header.nlmsg_type != RTM_NEWLINK)
		return -EPROTO;
	if (reply->header.nlmsg_len > (size_t)length)
		reply->header.nlmsg_len = (uint32_t)length;
	return 0;
}

static uint32_t number(const struct rtattr *attribute)
{
	uint32_t value = 0;

	if (RTA_PAYLOAD(attribute) >= sizeof(value))
		memcpy(&value, RTA_DATA(attribute), sizeof(value));
	return value;
}

/* A program of the NIC itself may run besides, and is none of ours. */
static void read_xdp(struct interface *interface, const struct rtattr *nested)
{
	const struct rtattr *attribute = RTA_DATA(nested);
	int length = (int)RTA_PAYLOAD(nested);
	uint32_t any = 0;

	for (; RTA_OK(attribute, length); attribute = RTA_NEXT(attribute, length)) {
		switch (attribute->rta_type) {
		case IFLA_XDP_SKB_PROG_ID:
			interface->generic = true;
			interface->program = number(attribute);
			break;
		case IFLA_XDP_DRV_PROG_ID:
			interface->program = number(attribute);
			break;
		case IFLA_XDP_PROG_ID:
			any = number(attribute);
			break;
		default:
			break;
		}
	}
	if (!interface->program)
		interface->program = any;
}

static int get(int fd, struct request *request, struct interface *interface)
{
	const struct rtattr *attribute;
	struct reply reply;
	int length, r;

	request->header.nlmsg_len +=
		NLMSG_LENGTH(sizeof(request->message)) + RTA_LENGTH(sizeof(request->mask_value));
	request->mask.rta_type = IFLA_EXT_MASK;
	request->mask.rta_len = RTA_LENGTH(sizeof(request->mask_value));
	request->mask_value = RTEXT_FILTER_SKIP_STATS;
	memset(&reply, 0, sizeof(reply)); /* the analyzer does not see that recv() fills it */
	r = ask(fd, request, &reply);
	if (r < 0)
		return r;
	memset(interface, 0, sizeof(*interface));
	interface->index = (unsigned int)reply.message.ifi_index;
	interface->ethernet = reply.message.ifi_type == ARPHRD_ETHER;
	attribute = IFLA_RTA(&reply.message);
	length = (int)IFLA_PAYLOAD(&reply.header);
	for (; RTA_OK(attribute, length); attribute = RTA_NEXT(attribute, length)) {
		/* Nested ones may be marked as such. */
		switch (attribute->rta_type & NLA_TYPE_MASK) {
		case IFLA_IFNAME:
			snprintf(interface->name, sizeof(interface->name), "%s",
				 (const char *)RTA_DATA(attribute));
			break;
		case IFLA_XDP:
			read_xdp(interface, attribute);
			break;
		default:
			break;
		}
	}
	return 0;
}

int interface_by_index(int fd, unsigned int index, struct interface *interface)
{
	struct request request = {.message.ifi_index = (int)index};

	/* The kernel takes no index for a question by name, or for one of nothing. */
	return index ? get(fd, &request, interface) : -ENODEV;
}

int interface_by_name(int fd, const char *name, struct interface *interface)
{
	struct request request = {0};
	size_t length = strlen(name);

	if (length == 0 || length >= sizeof(request.name_value))
		return -ENODEV;
	memcpy(request.name_value, name, length);
	request.name.rta_type = IFLA_ALT_IFNAME;
	request.name.rta_len = RTA_LENGTH(length + 1);
	request.header.nlmsg_len = RTA_ALIGN(request.name.rta_len);
	return get(fd, &request, interface);
}
