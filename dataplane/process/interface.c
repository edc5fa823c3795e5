// SPDX-License-Identifier: BSD-2-Clause
#include "interface.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "netlink.h"

#define ALTERNATIVE_NAME_SIZE 128 /* ALTIFNAMSIZ, which <linux/if.h> would bring into conflict */

struct request {
	struct nlmsghdr header;
	struct ifinfomsg message;
	struct rtattr mask;
	uint32_t mask_value;
	struct rtattr name; /* where the index is 0 */
	char name_value[ALTERNATIVE_NAME_SIZE];
};

static uint32_t number(const struct rtattr *attribute)
{
	uint32_t value = 0;

	if (attribute && RTA_PAYLOAD(attribute) >= sizeof(value))
		memcpy(&value, RTA_DATA(attribute), sizeof(value));
	return value;
}

/* A program of the NIC itself may run besides, and is none of ours. */
static void read_xdp(struct interface *interface, const struct rtattr *nested)
{
	const struct rtattr *xdp[IFLA_XDP_SKB_PROG_ID + 1];

	netlink_index(xdp, IFLA_XDP_SKB_PROG_ID, RTA_DATA(nested), (int)RTA_PAYLOAD(nested));
	interface->generic = xdp[IFLA_XDP_SKB_PROG_ID];
	interface->program = number(interface->generic		? xdp[IFLA_XDP_SKB_PROG_ID]
				    : xdp[IFLA_XDP_DRV_PROG_ID] ? xdp[IFLA_XDP_DRV_PROG_ID]
								: xdp[IFLA_XDP_PROG_ID]);
}

static bool is_veth(const struct rtattr *nested)
{
	const struct rtattr *info[IFLA_INFO_KIND + 1];

	netlink_index(info, IFLA_INFO_KIND, RTA_DATA(nested), (int)RTA_PAYLOAD(nested));
	return info[IFLA_INFO_KIND] && !strcmp(RTA_DATA(info[IFLA_INFO_KIND]), "veth");
}

static void take(const struct nlmsghdr *message, void *context)
{
	const struct rtattr *attributes[IFLA_MAX_MTU + 1];
	const struct ifinfomsg *link = NLMSG_DATA(message);
	struct interface *interface = context;

	if (message->nlmsg_type != RTM_NEWLINK)
		return;
	netlink_index(attributes, IFLA_MAX_MTU, IFLA_RTA(link), (int)IFLA_PAYLOAD(message));
	interface->index = (unsigned int)link->ifi_index;
	interface->ethernet = link->ifi_type == ARPHRD_ETHER;
	interface->loopback = link->ifi_flags & IFF_LOOPBACK;
	interface->mtu = number(attributes[IFLA_MTU]);
	interface->mtu_max = number(attributes[IFLA_MAX_MTU]);
	if (attributes[IFLA_IFNAME])
		snprintf(interface->name, sizeof(interface->name), "%s",
			 (const char *)RTA_DATA(attributes[IFLA_IFNAME]));
	if (attributes[IFLA_XDP])
		read_xdp(interface, attributes[IFLA_XDP]);
	if (attributes[IFLA_LINKINFO])
		interface->veth = is_veth(attributes[IFLA_LINKINFO]);
}

static int get(int fd, struct request *request, struct interface *interface)
{
	int r;

	request->header.nlmsg_type = RTM_GETLINK;
	request->header.nlmsg_len +=
		NLMSG_LENGTH(sizeof(request->message)) + RTA_LENGTH(sizeof(request->mask_value));
	request->mask.rta_type = IFLA_EXT_MASK;
	request->mask.rta_len = RTA_LENGTH(sizeof(request->mask_value));
	request->mask_value = RTEXT_FILTER_SKIP_STATS;
	memset(interface, 0, sizeof(*interface));
	r = netlink_ask(fd, &request->header, take, interface);
	return r == 0 && !interface->index ? -EPROTO : r;
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

/* Return: 0; else there is none that is known. */
static int find_own_name(const char *name, char own[IF_NAMESIZE])
{
	struct interface interface;
	int fd, r;

	if (strlen(name) < IF_NAMESIZE) /* works without rtnetlink, where that is not allowed */
		return if_indextoname(if_nametoindex(name), own) ? 0 : -errno;
	fd = netlink_open();
	if (fd < 0)
		return fd;
	r = interface_by_name(fd, name, &interface);
	close(fd);
	if (r == 0)
		memcpy(own, interface.name, IF_NAMESIZE);
	return r;
}

bool interface_is_alias(const char *name, struct error *reason)
{
	char own[IF_NAMESIZE];

	if (find_own_name(name, own) < 0 || strcmp(own, name) == 0)
		return false;
	error_say(reason, "is another name of %s: use that", own);
	return true;
}
