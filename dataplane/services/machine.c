// SPDX-License-Identifier: BSD-2-Clause
#include "machine.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "endpoint.h"
#include "link.h"
#include "netlink.h"

static bool is_configured(const struct machine *machine, unsigned int index)
{
	for (size_t i = 0; i < machine->config->interfaces_count; i++)
		if (machine->interfaces[i] == index)
			return true;
	return false;
}

/* A loopback address only where sockets answer on its interface by name: XDP never sees it, and
 * nobody outside can ask it. */
static bool is_meant(const struct policy_service *service, unsigned int index,
		     const struct machine *machine)
{
	bool sockets = machine->config->dataplane == CONFIG_DATAPLANE_SOCKET;

	if (machine->config->interfaces_count == 0)
		return !endpoint_loopback(service);
	return is_configured(machine, index) && (sockets || !endpoint_loopback(service));
}

/* Whether duplicate address detection still goes on, during which the kernel takes no packets for
 * the address (RFC 4862 section 5.4). An optimistic one is in use meanwhile. */
static bool is_tentative(uint32_t flags)
{
	return (flags & (IFA_F_TENTATIVE | IFA_F_OPTIMISTIC | IFA_F_DADFAILED)) == IFA_F_TENTATIVE;
}

static bool read_own(struct machine_address *own, const struct nlmsghdr *message,
		     const struct machine *machine)
{
	const struct ifaddrmsg *header = NLMSG_DATA(message);
	const struct rtattr *attributes[IFA_FLAGS + 1], *address;
	uint32_t flags = header->ifa_flags;
	size_t length;

	netlink_index(attributes, IFA_FLAGS, IFA_RTA(header), (int)IFA_PAYLOAD(message));
	/* IFA_ADDRESS is the peer's, where there is one. */
	address = attributes[IFA_LOCAL] ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS];
	memset(own, 0, sizeof(*own));
	if (!address)
		return false;
	if (header->ifa_family == AF_INET)
		own->service.family = FAMILY_IPV4;
	else if (header->ifa_family == AF_INET6)
		own->service.family = FAMILY_IPV6;
	else
		return false;
	length = own->service.family == FAMILY_IPV4 ? 4 : 16;
	if (RTA_PAYLOAD(address) < length)
		return false;
	memcpy(own->service.address, RTA_DATA(address), length);
	if (attributes[IFA_FLAGS])
		memcpy(&flags, RTA_DATA(attributes[IFA_FLAGS]), sizeof(flags));
	if (endpoint_link_local(&own->service))
		own->scope = header->ifa_index;
	own->duplicate = flags & IFA_F_DADFAILED;
	own->meant = !is_tentative(flags) && is_meant(&own->service, header->ifa_index, machine);
	return true;
}

static void take_own(const struct nlmsghdr *message, void *context)
{
	struct machine *machine = context;

	if (message->nlmsg_type != RTM_NEWADDR)
		return;
	if (machine->count == machine->room) {
		size_t more = machine->room ? machine->room * 2 : 16;
		struct machine_address *list =
			reallocarray(machine->list, more, sizeof(machine->list[0]));

		machine->exhausted |= !list;
		if (!list)
			return;
		machine->list = list;
		machine->room = more;
	}
	if (read_own(&machine->list[machine->count], message, machine))
		machine->count++;
}

static int find_interfaces(struct machine *machine)
{
	for (size_t i = 0; i < machine->config->interfaces_count; i++) {
		int r = link_index(machine->config->interfaces[i].name);

		if (r < 0 && r != -ENODEV)
			return r;
		machine->interfaces[i] = r < 0 ? 0 : r;
	}
	return 0;
}

/* By rtnetlink, since getifaddrs does not tell flags. */
int machine_read(struct machine *machine, const struct config *config)
{
	struct {
		struct nlmsghdr header;
		struct ifaddrmsg address;
	} request = {.header = {.nlmsg_len = sizeof(request),
				.nlmsg_type = RTM_GETADDR,
				.nlmsg_flags = NLM_F_DUMP}};
	int fd, r;

	*machine = (struct machine){.config = config};
	r = find_interfaces(machine);
	if (r < 0)
		return r;
	fd = netlink_open();
	if (fd < 0)
		return fd;
	r = netlink_ask(fd, &request.header, take_own, machine);
	close(fd);
	return r == 0 && machine->exhausted ? -ENOMEM : r;
}

void machine_free(struct machine *machine)
{
	free(machine->list);
}

/* All of 127/8 is, though only one address of it is listed. */
bool machine_has(const struct machine *machine, const struct policy_service *service)
{
	if (machine->unknown || endpoint_loopback(service))
		return true;
	for (size_t i = 0; i < machine->count; i++)
		if (endpoint_same_address(&machine->list[i].service, service))
			return true;
	return false;
}

bool machine_shares(const struct machine *machine, const struct policy_service *service,
		    unsigned int scope)
{
	bool duplicate = false;

	for (size_t i = 0; i < machine->count; i++) {
		const struct machine_address *own = &machine->list[i];

		if (!endpoint_same_address(&own->service, service) || own->scope != scope)
			continue;
		if (!own->duplicate)
			return false;
		duplicate = true;
	}
	return duplicate;
}
