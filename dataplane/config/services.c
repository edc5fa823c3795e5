// SPDX-License-Identifier: BSD-2-Clause
#include "services.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "endpoint.h"
#include "log.h"

/* One address of the machine, as getifaddrs tells it. */
struct own {
	struct policy_service service; /* without a port */
	unsigned int scope;
	bool meant; /* where a service names no address */
};

struct machine {
	struct own *list;
	size_t count;
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
	    a->stray_alternate != b->stray_alternate)
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

/* An IPv4 address comes with its label, which is the interface's name and perhaps ":" and more. */
static bool is_configured(const struct config *config, const char *label)
{
	size_t length = strcspn(label, ":");

	for (size_t i = 0; i < config->interfaces_count; i++) {
		const char *name = config->interfaces[i].name;

		if (strlen(name) == length && strncmp(name, label, length) == 0)
			return true;
	}
	return false;
}

/* A loopback address only where sockets answer on its interface by name: XDP never sees it, and
 * nobody outside can ask it. */
static bool is_meant(const struct policy_service *service, const char *label,
		     const struct config *config)
{
	bool sockets = config->dataplane == CONFIG_DATAPLANE_SOCKET;

	if (config->interfaces_count == 0)
		return !endpoint_loopback(service);
	return is_configured(config, label) && (sockets || !endpoint_loopback(service));
}

static bool own_address(struct own *own, const struct ifaddrs *from, const struct config *config)
{
	memset(own, 0, sizeof(*own));
	if (!from->ifa_addr)
		return false;
	if (from->ifa_addr->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)from->ifa_addr;

		own->service.family = FAMILY_IPV4;
		memcpy(own->service.address, &in->sin_addr, sizeof(in->sin_addr));
	} else if (from->ifa_addr->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from->ifa_addr;

		own->service.family = FAMILY_IPV6;
		memcpy(own->service.address, &in6->sin6_addr, sizeof(in6->sin6_addr));
		own->scope = in6->sin6_scope_id;
	} else {
		return false;
	}
	own->meant = is_meant(&own->service, from->ifa_name, config);
	return true;
}

static int list_own(struct machine *machine, const struct config *config)
{
	struct ifaddrs *all, *from;
	size_t n = 0;

	if (getifaddrs(&all) < 0)
		return -errno;
	for (from = all; from; from = from->ifa_next)
		n++;
	machine->list = calloc(n + 1, sizeof(*machine->list));
	if (!machine->list) {
		freeifaddrs(all);
		return -ENOMEM;
	}
	for (from = all; from; from = from->ifa_next)
		if (own_address(&machine->list[machine->count], from, config))
			machine->count++;
	freeifaddrs(all);
	return 0;
}

/* All of 127/8 is, though only one address of it is listed. */
static bool is_local(const struct machine *machine, const struct policy_service *service)
{
	if (endpoint_loopback(service))
		return true;
	for (size_t i = 0; i < machine->count; i++)
		if (endpoint_same_address(&machine->list[i].service, service))
			return true;
	return false;
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

/* A link-local address that is named in the configuration is meant on each of the interfaces;
 * without any, on those that have it. */
static int add_link_local(struct services *services, size_t *room,
			  const struct policy_service *service, const struct config *config)
{
	int r = 0;

	if (config->dataplane == CONFIG_DATAPLANE_DPDK)
		return add(services, room, service, service->port, if_nametoindex(config->punt));
	for (size_t i = 0; i < config->interfaces_count && r == 0; i++) {
		unsigned int scope = if_nametoindex(config->interfaces[i].name);

		if (scope)
			r = add(services, room, service, service->port, scope);
	}
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
		services->local = true;
		r = add(services, room, &own->service, port, own->scope);
	}
	return r;
}

static int add_corners(struct services *services, size_t *room,
		       const struct policy_service *service, const struct machine *machine)
{
	struct policy_service corners[4];
	size_t count = policy_corners(service, corners);
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		services->local |= is_local(machine, &corners[i]);
		r = add(services, room, &corners[i], corners[i].port, 0);
	}
	return r;
}

static int add_configured(struct services *services, size_t *room,
			  const struct policy_service *service, const struct config *config,
			  const struct machine *machine)
{
	if (service->family == FAMILY_OTHER)
		return add_own(services, room, service->port, machine);
	if (endpoint_link_local(service)) {
		services->local |= is_local(machine, service);
		return add_link_local(services, room, service, config);
	}
	return add_corners(services, room, service, machine);
}

static void find_strays(struct services *services, const struct config *config,
			const struct machine *machine)
{
	struct policy_service corners[4];

	for (size_t i = 0; i < config->services_count; i++) {
		bool here, opposite_here;

		if (policy_corners(&config->services[i].service, corners) != 4)
			continue;
		here = is_local(machine, &corners[0]);
		opposite_here = is_local(machine, &corners[3]);
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

int services_expand(struct services *services, const struct config *config, char *error,
		    size_t size)
{
	struct machine machine = {0};
	size_t room = 0;
	int r;

	memset(services, 0, sizeof(*services));
	r = list_own(&machine, config);
	if (r < 0) {
		snprintf(error, size, "this machine's addresses cannot be listed: %s",
			 strerror(-r));
		return r;
	}
	for (size_t i = 0; i < config->services_count && r == 0; i++)
		r = add_configured(services, &room, &config->services[i].service, config, &machine);
	find_strays(services, config, &machine);
	free(machine.list);
	if (r < 0) {
		snprintf(error, size, "out of memory");
		services_free(services);
		return r;
	}
	sort(services);
	return 0;
}

static void say_why(int r, const struct services *services, size_t culprit, char *error,
		    size_t size)
{
	char text[ENDPOINT_TEXT_MAX];

	if (r == -E2BIG)
		snprintf(
			error, size,
			"%zu services with the interfaces' own addresses, at most %d are possible: "
			"name the addresses to answer on",
			services->count, POLICY_SERVICES_MAX);
	else if (r == -EADDRNOTAVAIL && culprit < services->count)
		snprintf(error, size,
			 "%s is no unicast address of a host: name the addresses to answer on",
			 endpoint_print_address(text, &services->list[culprit].service,
						services->list[culprit].scope));
	else
		snprintf(error, size, "the services cannot be made a policy: %s", strerror(-r));
}

int services_policy(struct policy **policy, const struct services *services,
		    const struct config *config, char *error, size_t size)
{
	struct policy_service *list = calloc(services->count + 1, sizeof(*list));
	size_t culprit = 0;
	int r = -ENOMEM;

	*policy = malloc(sizeof(**policy));
	if (!list || !*policy)
		goto out;
	for (size_t i = 0; i < services->count; i++)
		list[i] = services->list[i].service;
	r = config_policy(*policy, config, list, services->count, &culprit);
out:
	free(list);
	if (r < 0) {
		say_why(r, services, culprit, error, size);
		free(*policy);
		*policy = NULL;
	}
	return r;
}

int services_check(const struct services *services, const struct config *config, const char *where,
		   char *error, size_t size)
{
	const char *interface = config->interfaces_count ? config->interfaces[0].name : "INTERFACE";
	char text[ENDPOINT_TEXT_MAX], reason[LOG_SENTENCE_MAX];
	struct policy_service corners[4];

	if (!services->strays || config->dataplane == CONFIG_DATAPLANE_DPDK)
		return 0;
	policy_corners(&config->services[services->stray].service, corners);
	endpoint_print_address(text, &corners[services->stray_alternate ? 3 : 0], 0);
	snprintf(reason, sizeof(reason),
		 "%s is not an address of this machine%s, so no request to it arrives: add it (`ip "
		 "address add %s dev %s`), or leave the alternate out",
		 text, services->stray_alternate ? "" : ", though its alternate is", text,
		 interface);
	return config_refuse_address(config, services->stray, services->stray_alternate, where,
				     error, size, reason);
}

void services_print(FILE *out, const struct config *config)
{
	struct policy_service corners[4];
	char text[ENDPOINT_TEXT_MAX];

	for (size_t i = 0; i < config->services_count; i++) {
		const struct policy_service *service = &config->services[i].service;

		fprintf(out, "  service    %s\n", endpoint_print(text, service, 0));
		if (policy_corners(service, corners) == 4)
			fprintf(out, "  alternate  %s%s%s\n", endpoint_print(text, &corners[3], 0),
				service->response_port ? "  response_port" : "",
				service->padding ? "  padding" : "");
	}
}
