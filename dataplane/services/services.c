// SPDX-License-Identifier: BSD-2-Clause
#include "services.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "endpoint.h"
#include "interface.h"
#include "link.h"
#include "log.h"
#include "netlink.h"

/* One address of the machine. */
struct own {
	struct policy_service service; /* without a port */
	unsigned int scope;
	bool meant;	/* where a service names no address */
	bool duplicate; /* it is another host's too */
};

struct machine {
	const struct config *config;
	unsigned int interfaces[CONFIG_INTERFACES_MAX]; /* indices of the configured ones */
	struct own *list;
	size_t count, room;
	bool exhausted; /* there was no memory for the list */
	bool unknown;	/* it may not be asked: the configured addresses are taken for its own */
};

const char *services_name(char *text, const struct services *services)
{
	char name[ENDPOINT_TEXT_MAX];
	size_t length = 0, i;

	text[0] = '\0';
	for (i = 0; i < services->count && i < SERVICES_NAMED_MAX; i++)
		length += snprintf(
			text + length, SERVICES_NAMED_SIZE - length, "%s%s", i ? ", " : "",
			endpoint_print(name, &services->list[i].service, services->list[i].scope));
	if (i < services->count)
		snprintf(text + length, SERVICES_NAMED_SIZE - length, " and %zu more",
			 services->count - i);
	return text;
}

/* Where all that service_compare sees is the same, one with an alternate comes before one without.
 */
static int compare_whole(const void *a, const void *b)
{
	const struct policy_service *x = &((const struct service *)a)->service;
	const struct policy_service *y = &((const struct service *)b)->service;
	int r = service_compare(a, b);

	if (r == 0)
		r = (int)y->alternate_port - (int)x->alternate_port;
	if (r == 0)
		r = memcmp(x->alternate, y->alternate, sizeof(x->alternate));
	if (r == 0)
		r = (int)x->response_port - (int)y->response_port;
	return r ? r : (int)x->padding - (int)y->padding;
}

bool services_equal(const struct services *a, const struct services *b)
{
	if (a->count != b->count || a->strays != b->strays || a->stray != b->stray ||
	    a->stray_alternate != b->stray_alternate || a->duplicates != b->duplicates ||
	    service_compare(&a->duplicate, &b->duplicate) != 0 || a->excess != b->excess)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (compare_whole(&a->list[i], &b->list[i]) != 0)
			return false;
	return true;
}

void services_free(struct services *services)
{
	free(services->list);
	memset(services, 0, sizeof(*services));
}

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

static bool read_own(struct own *own, const struct nlmsghdr *message, const struct machine *machine)
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
		struct own *list = realloc(machine->list, more * sizeof(*list));

		machine->exhausted |= !list;
		if (!list)
			return;
		machine->list = list;
		machine->room = more;
	}
	if (read_own(&machine->list[machine->count], message, machine))
		machine->count++;
}

/* By rtnetlink, since getifaddrs does not tell flags. */
static int list_own(struct machine *machine)
{
	struct {
		struct nlmsghdr header;
		struct ifaddrmsg address;
	} request = {.header = {.nlmsg_len = sizeof(request),
				.nlmsg_type = RTM_GETADDR,
				.nlmsg_flags = NLM_F_DUMP}};
	int fd, r;

	for (size_t i = 0; i < machine->config->interfaces_count; i++) {
		r = link_index(machine->config->interfaces[i].name);
		if (r < 0 && r != -ENODEV)
			return r;
		machine->interfaces[i] = r < 0 ? 0 : r;
	}
	fd = netlink_open();
	if (fd < 0)
		return fd;
	r = netlink_ask(fd, &request.header, take_own, machine);
	close(fd);
	return r == 0 && machine->exhausted ? -ENOMEM : r;
}

/* All of 127/8 is, though only one address of it is listed. */
static bool is_local(const struct machine *machine, const struct policy_service *service)
{
	if (machine->unknown || endpoint_loopback(service))
		return true;
	for (size_t i = 0; i < machine->count; i++)
		if (endpoint_same_address(&machine->list[i].service, service))
			return true;
	return false;
}

/* Whether it is another host's too, wherever this machine has it. */
static bool is_duplicate(const struct machine *machine, const struct policy_service *service,
			 unsigned int scope)
{
	bool duplicate = false;

	for (size_t i = 0; i < machine->count; i++) {
		const struct own *own = &machine->list[i];

		if (!endpoint_same_address(&own->service, service) || own->scope != scope)
			continue;
		if (!own->duplicate)
			return false;
		duplicate = true;
	}
	return duplicate;
}

/* The same for a named one. Behind a port of DPDK it is reflex-dpdk that has it, and the kernel's
 * interface only as well: the other host may be reflex-dpdk itself. */
static bool is_duplicate_named(const struct machine *machine, const struct policy_service *service,
			       unsigned int scope)
{
	return machine->config->dataplane != CONFIG_DATAPLANE_DPDK &&
	       is_duplicate(machine, service, scope);
}

static void leave_out(struct services *services, const struct policy_service *service,
		      uint16_t port, unsigned int scope, bool named)
{
	struct service left = {.service = *service, .scope = scope};

	left.service.port = port;
	/* The one to speak of is a named one, where there is one. */
	if (!services->duplicates++ || named > services->duplicate_named ||
	    (named == services->duplicate_named &&
	     service_compare(&left, &services->duplicate) < 0))
		services->duplicate = left;
	services->duplicate_named |= named;
}

static int add(struct services *services, size_t *room, const struct policy_service *from,
	       uint16_t port, unsigned int scope)
{
	struct service *service;

	if (services->count == *room) {
		size_t more = *room ? *room * 2 : 16;
		struct service *list = realloc(services->list, more * sizeof(*list));

		if (!list)
			return -ENOMEM;
		services->list = list;
		*room = more;
	}
	service = &services->list[services->count++];
	*service = (struct service){.service = *from, .scope = scope};
	service->service.port = port;
	return 0;
}

static int add_on_link(struct services *services, size_t *room,
		       const struct policy_service *service, int scope,
		       const struct machine *machine)
{
	if (scope <= 0) /* yet to come */
		return 0;
	if (!is_duplicate_named(machine, service, scope))
		return add(services, room, service, service->port, scope);
	leave_out(services, service, service->port, scope, true);
	return 0;
}

/* A link-local address that is named in the configuration is meant on each of the interfaces, or on
 * the one that it names. */
static int add_link_local(struct services *services, size_t *room,
			  const struct config_service *named, const struct config *config,
			  const struct machine *machine)
{
	const struct policy_service *service = &named->service;
	int r = 0;

	if (config->dataplane == CONFIG_DATAPLANE_DPDK) {
		r = config->punt[0] ? link_index(config->punt) : 0;
		return add(services, room, service, service->port, r < 0 ? 0 : r);
	}
	if (named->link[0])
		return add_on_link(services, room, service, link_index(named->link), machine);
	for (size_t i = 0; i < config->interfaces_count && r == 0; i++)
		r = add_on_link(services, room, service, (int)machine->interfaces[i], machine);
	return r;
}

static int add_own(struct services *services, size_t *room, uint16_t port,
		   const struct machine *machine)
{
	int r = 0;

	for (size_t i = 0; i < machine->count && r == 0; i++) {
		const struct own *own = &machine->list[i];

		if (!own->meant)
			continue;
		if (own->duplicate && is_duplicate(machine, &own->service, own->scope)) {
			leave_out(services, &own->service, port, own->scope, false);
			continue;
		}
		services->local = true;
		r = add(services, room, &own->service, port, own->scope);
	}
	return r;
}

static int add_pairs(struct services *services, size_t *room, const struct policy_service *service,
		     const struct machine *machine)
{
	struct policy_service pairs[4];
	size_t count = policy_pairs(service, pairs);
	bool whole = !is_duplicate_named(machine, &pairs[0], 0) &&
		     !is_duplicate_named(machine, &pairs[count - 1], 0);
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		if (!whole && is_duplicate_named(machine, &pairs[i], 0)) {
			leave_out(services, &pairs[i], pairs[i].port, 0, true);
			continue;
		}
		if (!whole) /* half of the corners cannot tell what a NAT does */
			pairs[i].alternate_port = 0;
		services->local |= is_local(machine, &pairs[i]);
		r = add(services, room, &pairs[i], pairs[i].port, 0);
	}
	return r;
}

static int add_configured(struct services *services, size_t *room,
			  const struct config_service *named, const struct config *config,
			  const struct machine *machine)
{
	const struct policy_service *service = &named->service;

	if (service->family == FAMILY_OTHER)
		return add_own(services, room, service->port, machine);
	if (endpoint_link_local(service)) {
		services->local |= is_local(machine, service);
		return add_link_local(services, room, named, config, machine);
	}
	return add_pairs(services, room, service, machine);
}

static void find_strays(struct services *services, const struct config *config,
			const struct machine *machine)
{
	struct policy_service pairs[4];

	for (size_t i = 0; i < config->services_count; i++) {
		bool here, opposite_here;

		if (policy_pairs(&config->services[i].service, pairs) != 4)
			continue;
		here = is_local(machine, &pairs[0]);
		opposite_here = is_local(machine, &pairs[3]);
		if (here == opposite_here || services->strays++)
			continue;
		services->stray = i;
		services->stray_alternate = here;
	}
}

/* An own address that is a corner too yields to it: that one has an alternate, so it comes first.
 */
static void sort(struct services *services)
{
	size_t kept = 0;

	if (services->count == 0)
		return;
	qsort(services->list, services->count, sizeof(*services->list), compare_whole);
	for (size_t i = 1; i < services->count; i++)
		if (service_compare(&services->list[kept], &services->list[i]) != 0)
			services->list[++kept] = services->list[i];
	services->count = kept + 1;
}

bool services_named(const struct config *config)
{
	for (size_t i = 0; i < config->services_count; i++)
		if (config->services[i].service.family == FAMILY_OTHER)
			return false;
	return true;
}

int services_expand(struct services *services, const struct config *config, struct error *error)
{
	struct machine machine = {.config = config};
	size_t room = 0;
	int r;

	memset(services, 0, sizeof(*services));
	r = list_own(&machine);
	if (netlink_blocked(r) && services_named(config)) {
		machine.unknown = true;
		r = 0;
	}
	if (r < 0) {
		error_say(error, "this machine's addresses cannot be listed: %s%s", strerror(-r),
			  netlink_hint(r));
		free(machine.list);
		return r;
	}
	for (size_t i = 0; i < config->services_count && r == 0; i++)
		r = add_configured(services, &room, &config->services[i], config, &machine);
	find_strays(services, config, &machine);
	free(machine.list);
	if (r < 0) {
		error_say(error, "out of memory");
		services_free(services);
		return r;
	}
	sort(services);
	return 0;
}

void services_limit(struct services *services, const struct services *current)
{
	size_t kept = 0;

	if (services->count <= POLICY_SERVICES_MAX)
		return;
	/* Corners belong together, and are named; what is answered on goes on being so. */
	for (size_t i = 0; i < services->count; i++) {
		struct service service = services->list[i];

		if (!service.service.alternate_port &&
		    (!current->count || !bsearch(&service, current->list, current->count,
						 sizeof(service), service_compare)))
			continue;
		services->list[i] = services->list[kept];
		services->list[kept++] = service;
	}
	qsort(services->list + kept, services->count - kept, sizeof(*services->list),
	      compare_whole);
	services->excess = services->count - POLICY_SERVICES_MAX;
	services->count = POLICY_SERVICES_MAX;
	qsort(services->list, services->count, sizeof(*services->list), compare_whole);
}

bool services_complete(const struct services *services, struct error *reason)
{
	char text[ENDPOINT_TEXT_MAX];

	if (services->duplicate_named)
		error_say(reason,
			  "%s is not answered on, as another host has it too: it failed its "
			  "duplicate address detection",
			  endpoint_print_address(text, &services->duplicate.service,
						 services->duplicate.scope));
	else if (services->excess) /* how many is left to the metric, as it may change often */
		error_say(reason,
			  "there are more own addresses and ports than the %d that can be answered "
			  "on, and some are left out: remove addresses, or name those to answer on",
			  POLICY_SERVICES_MAX);
	else
		return true;
	return false;
}

void services_log_left_out(const struct services *services)
{
	char text[ENDPOINT_TEXT_MAX];

	if (services->duplicates)
		log_warning("%s%s failed duplicate address detection, so another host has it too, "
			    "and it is not answered on: remove it there, then remove it here and "
			    "add it again",
			    endpoint_print_address(text, &services->duplicate.service,
						   services->duplicate.scope),
			    services->duplicates > 1 ? " (the first of several)" : "");
}

static void say_why(int r, const struct services *services, size_t culprit, struct error *error)
{
	char text[ENDPOINT_TEXT_MAX];

	if (r == -E2BIG)
		error_say(
			error,
			"%zu services with the interfaces' own addresses, at most %d are possible: "
			"name the addresses to answer on",
			services->count, POLICY_SERVICES_MAX);
	else if (r == -EADDRNOTAVAIL && culprit < services->count)
		error_say(error,
			  "%s is no unicast address of a host: name the addresses to answer on",
			  endpoint_print_address(text, &services->list[culprit].service,
						 services->list[culprit].scope));
	else
		error_say(error, "the services cannot be made a policy: %s", strerror(-r));
}

int services_policy(struct policy **policy, const struct services *services,
		    const struct config *config, struct error *error)
{
	struct policy_service *list = calloc(services->count + 1, sizeof(*list));
	size_t culprit = 0;
	int r = -ENOMEM;

	*policy = malloc(sizeof(**policy));
	if (!list || !*policy)
		goto out;
	for (size_t i = 0; i < services->count; i++)
		list[i] = services->list[i].service;
	r = policy_build(*policy, &config->policy, list, services->count, &culprit);
out:
	free(list);
	if (r < 0) {
		say_why(r, services, culprit, error);
		free(*policy);
		*policy = NULL;
	}
	return r;
}

/* An alternative name leads to the interface too, but the kernel does not call it by that. */
static int check_names(const struct config *config, const char *where, struct error *error)
{
	for (size_t i = 0; i < config->interfaces_count; i++) {
		const char *name = config->interfaces[i].name;
		struct error reason;

		if (interface_is_alias(name, &reason))
			return error_set(error, -EINVAL, "%s%s: %s %s",
					 where ? where : "--interface", where ? ": interfaces" : "",
					 name, reason.text);
	}
	return 0;
}

int services_check(const struct services *services, const struct config *config, const char *where,
		   struct error *error)
{
	const char *interface = config->interfaces_count ? config->interfaces[0].name : "INTERFACE";
	char text[ENDPOINT_TEXT_MAX];
	struct error reason;
	struct policy_service pairs[4];

	if (config->dataplane == CONFIG_DATAPLANE_DPDK)
		return 0;
	if (check_names(config, where, error) < 0)
		return -EINVAL;
	if (!services->strays)
		return 0;
	policy_pairs(&config->services[services->stray].service, pairs);
	endpoint_print_address(text, &pairs[services->stray_alternate ? 3 : 0], 0);
	error_say(
		&reason,
		"%s is not an address of this machine%s, so no request to it arrives: add it (`ip "
		"address add %s dev %s`), or leave the alternate out",
		text, services->stray_alternate ? "" : ", though its alternate is", text,
		interface);
	return config_refuse_address(config, services->stray, services->stray_alternate, where,
				     error, reason.text);
}

/* Whether a TCP socket on the one keeps another from the other. */
static bool meets(const struct config_listen *listen, const struct service *service)
{
	struct sockaddr_storage address;
	const struct sockaddr_in *in = (const struct sockaddr_in *)&listen->address;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&listen->address;

	endpoint_sockaddr(&address, &service->service, service->scope);
	if (listen->address.ss_family == AF_INET6)
		return in6->sin6_port == be16_from(service->service.port).raw &&
		       (IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr) ||
			memcmp(&address, in6, listen->length) == 0);
	return in->sin_port == be16_from(service->service.port).raw &&
	       ((in->sin_addr.s_addr == 0 && address.ss_family == AF_INET) ||
		memcmp(&address, in, listen->length) == 0);
}

int services_check_metrics(const struct services *services, const struct config *config,
			   const char *where, struct error *error)
{
	char text[ENDPOINT_TEXT_MAX];

	if (config->policy.pass_refused ||
	    (config->dataplane == CONFIG_DATAPLANE_DPDK && !config->punt[0]))
		return 0; /* no sockets */
	for (size_t i = 0; i < services->count; i++) {
		const struct service *service = &services->list[i];

		if (!meets(&config->metrics, service))
			continue;
		return error_set(error, -EINVAL,
				 "%s%s: %s is where %s is answered over TCP: choose another port",
				 where ? where : "--metrics", where ? ": metrics.listen" : "",
				 config->metrics.text,
				 endpoint_print(text, &service->service, service->scope));
	}
	return 0;
}

void services_print(FILE *out, const struct config *config)
{
	struct policy_service pairs[4];
	char text[ENDPOINT_TEXT_MAX];

	for (size_t i = 0; i < config->services_count; i++) {
		const struct policy_service *service = &config->services[i].service;
		unsigned int scope = if_nametoindex(config->services[i].link);

		fprintf(out, "  service    %s\n", endpoint_print(text, service, scope));
		if (policy_pairs(service, pairs) == 4)
			fprintf(out, "  alternate  %s%s%s\n", endpoint_print(text, &pairs[3], 0),
				service->response_port ? "  response_port" : "",
				service->padding ? "  padding" : "");
	}
}
