// SPDX-License-Identifier: BSD-2-Clause
#include "load_link.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/ethtool.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "load_clock.h"

#define NEIGHBOUR_WAIT (3500 * (uint64_t)CLOCK_MILLISECOND) /* three requests of ARP or ND */

/* --- the interface --- */

static int ask(int fd, unsigned long request, struct ifreq *ifreq)
{
	return ioctl(fd, request, ifreq) < 0 ? -errno : 0;
}

/* How many receive queues there are; 1 where the driver does not say. */
static unsigned int count_queues(int fd, const char *interface)
{
	struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};
	struct ifreq ifreq = {.ifr_data = (char *)&channels};

	snprintf(ifreq.ifr_name, sizeof(ifreq.ifr_name), "%s", interface);
	if (ask(fd, SIOCETHTOOL, &ifreq) < 0 || channels.rx_count + channels.combined_count == 0)
		return 1;
	return channels.rx_count + channels.combined_count;
}

int load_link_read(struct load_link *link, const char *interface, struct error *error)
{
	struct ifreq ifreq = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), r = -errno;

	if (fd < 0)
		return error_set(error, r, "no socket: %s", strerror(-r));
	snprintf(ifreq.ifr_name, sizeof(ifreq.ifr_name), "%s", interface);
	r = ask(fd, SIOCGIFINDEX, &ifreq);
	link->index = (unsigned int)ifreq.ifr_ifindex;
	if (r == 0)
		r = ask(fd, SIOCGIFHWADDR, &ifreq);
	memcpy(link->mac, ifreq.ifr_hwaddr.sa_data, sizeof(link->mac));
	if (r == 0)
		r = ask(fd, SIOCGIFMTU, &ifreq);
	link->mtu = (unsigned int)ifreq.ifr_mtu;
	if (r == 0)
		r = ask(fd, SIOCGIFFLAGS, &ifreq);
	link->up = (ifreq.ifr_flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
	if (r == 0)
		link->queues = count_queues(fd, interface);
	else
		error_say(error, "%s: %s", interface, strerror(-r));
	close(fd);
	return r;
}

bool load_link_virtual(const char *interface)
{
	static const char *const kinds[] = {"veth", "dummy", "tun"};
	struct ethtool_drvinfo driver = {.cmd = ETHTOOL_GDRVINFO};
	struct ifreq ifreq = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool found = false;

	if (fd < 0)
		return false;
	snprintf(ifreq.ifr_name, sizeof(ifreq.ifr_name), "%s", interface);
	if (ask(fd, SIOCGIFFLAGS, &ifreq) == 0)
		found = ifreq.ifr_flags & IFF_LOOPBACK;
	ifreq.ifr_data = (char *)&driver;
	if (ask(fd, SIOCETHTOOL, &ifreq) == 0)
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
			found = found || strcmp(driver.driver, kinds[i]) == 0;
	close(fd);
	return found;
}

/* --- rtnetlink --- */

union buffer {
	struct nlmsghdr header;
	char room[8192];
};

/* Sends one request, and calls @take for each message of the answer. Return: 0 or -errno. */
static int ask_kernel(struct nlmsghdr *header, mnl_cb_t take, void *context)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	union buffer answer;
	ssize_t length;
	int r = 1;

	if (!socket)
		return -errno;
	header->nlmsg_seq = 1;
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(socket, header, header->nlmsg_len) < 0)
		r = -1;
	while (r > 0) {
		length = mnl_socket_recvfrom(socket, &answer, sizeof(answer));
		r = length < 0 ? -1
			       : mnl_cb_run(&answer, (size_t)length, 1,
					    mnl_socket_get_portid(socket), take, context);
	}
	r = r < 0 ? -errno : 0;
	mnl_socket_close(socket);
	return r;
}

static void put_address(struct nlmsghdr *header, uint16_t type, const struct address *address)
{
	mnl_attr_put(header, type, address_bits(address) / 8, address->bytes);
}

static void get_address(struct address *address, const struct nlattr *attribute, sa_family_t family)
{
	*address = (struct address){.family = family};
	memcpy(address->bytes, mnl_attr_get_payload(attribute), address_bits(address) / 8);
}

/* --- the route --- */

struct route_query {
	struct load_route *route;
	unsigned int index;
	bool local;
};

static int take_route(const struct nlmsghdr *header, void *context)
{
	const struct rtmsg *message = mnl_nlmsg_get_payload(header);
	const struct nlattr *attribute;
	struct route_query *query = context;

	if (header->nlmsg_type != RTM_NEWROUTE)
		return MNL_CB_OK;
	query->local = message->rtm_type == RTN_LOCAL;
	mnl_attr_for_each(attribute, header, sizeof(*message))
	{
		switch (mnl_attr_get_type(attribute)) {
		case RTA_GATEWAY:
			get_address(&query->route->hop, attribute, message->rtm_family);
			break;
		case RTA_PREFSRC:
			get_address(&query->route->source, attribute, message->rtm_family);
			break;
		case RTA_OIF:
			query->index = mnl_attr_get_u32(attribute);
			break;
		default:
			break;
		}
	}
	return MNL_CB_STOP;
}

int load_link_route(struct load_route *route, const struct load_link *link,
		    const struct address *target, struct error *error)
{
	union buffer request;
	struct nlmsghdr *header = mnl_nlmsg_put_header(&request);
	struct rtmsg *message;
	struct route_query query = {.route = route};
	char text[ADDRESS_TEXT_MAX];
	int r;

	*route = (struct load_route){.hop = *target};
	header->nlmsg_type = RTM_GETROUTE;
	header->nlmsg_flags = NLM_F_REQUEST;
	message = mnl_nlmsg_put_extra_header(header, sizeof(*message));
	message->rtm_family = (unsigned char)target->family;
	message->rtm_dst_len = (unsigned char)address_bits(target);
	put_address(header, RTA_DST, target);
	mnl_attr_put_u32(header, RTA_OIF, link->index);
	r = ask_kernel(header, take_route, &query);
	address_print(text, target);
	if (r == 0 && query.local)
		return error_set(error, -EINVAL, "%s is this machine's own: no frame goes there",
				 text);
	if (r == 0 && query.index != link->index)
		r = -ENETUNREACH;
	if (r < 0)
		error_say(error, "no route to %s by this interface: give --mac and --source", text);
	return r;
}

/* --- the neighbour --- */

struct neighbour_query {
	uint8_t *mac;
	bool found;
};

static int take_neighbour(const struct nlmsghdr *header, void *context)
{
	const struct ndmsg *message = mnl_nlmsg_get_payload(header);
	const struct nlattr *attribute;
	struct neighbour_query *neighbour = context;

	if (header->nlmsg_type != RTM_NEWNEIGH ||
	    !(message->ndm_state &
	      (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP)))
		return MNL_CB_STOP;
	mnl_attr_for_each(attribute, header, sizeof(*message))
	{
		if (mnl_attr_get_type(attribute) == NDA_LLADDR &&
		    mnl_attr_get_payload_len(attribute) == 6) {
			memcpy(neighbour->mac, mnl_attr_get_payload(attribute), 6);
			neighbour->found = true;
		}
	}
	return MNL_CB_STOP;
}

static int take_nothing(const struct nlmsghdr *header, void *context)
{
	(void)header;
	(void)context;
	return MNL_CB_OK;
}

/* With NTF_USE the kernel asks for the MAC, and sends nothing else to the neighbour. */
static int ask_neighbour(struct neighbour_query *neighbour, const struct load_link *link,
			 const struct address *hop, bool use)
{
	union buffer request;
	struct nlmsghdr *header = mnl_nlmsg_put_header(&request);
	struct ndmsg *message;

	header->nlmsg_type = use ? RTM_NEWNEIGH : RTM_GETNEIGH;
	header->nlmsg_flags = NLM_F_REQUEST;
	if (use)
		header->nlmsg_flags |= NLM_F_CREATE | NLM_F_ACK;
	message = mnl_nlmsg_put_extra_header(header, sizeof(*message));
	message->ndm_family = (unsigned char)hop->family;
	message->ndm_ifindex = (int)link->index;
	message->ndm_flags = use ? NTF_USE : 0;
	put_address(header, NDA_DST, hop);
	return ask_kernel(header, use ? take_nothing : take_neighbour, neighbour);
}

int load_link_neighbour(uint8_t mac[6], const struct load_link *link, const struct address *hop,
			struct error *error)
{
	const struct timespec pause = {.tv_nsec = 10 * CLOCK_MILLISECOND};
	uint64_t end = clock_now() + NEIGHBOUR_WAIT;
	struct neighbour_query neighbour = {.mac = mac};
	char text[ADDRESS_TEXT_MAX];

	while (!neighbour.found && clock_now() < end) {
		int r = ask_neighbour(&neighbour, link, hop, false);

		if (r < 0 && r != -ENOENT)
			return error_set(error, r, "the neighbour table cannot be read: %s",
					 strerror(-r));
		if (neighbour.found)
			break;
		ask_neighbour(&neighbour, link, hop, true);
		nanosleep(&pause, NULL);
	}
	if (neighbour.found)
		return 0;
	return error_set(error, -EHOSTUNREACH, "%s does not tell its MAC: give --mac",
			 address_print(text, hop));
}
