// SPDX-License-Identifier: BSD-2-Clause
#include "services.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "endpoint.h"

/* One address of the machine, as getifaddrs tells it. */
struct own {
	struct policy_service service; /* without a port */
	unsigned int scope;
	const struct config_interface *interface; /* NULL: not one of ours */
};

int service_compare(const void *a, const void *b)
{
	const struct service *x = a, *y = b;
	int r = endpoint_compare(&x->service, &y->service);

	return r ? r : (x->scope > y->scope) - (x->scope < y->scope);
}

bool services_equal(const struct services *a, const struct services *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (service_compare(&a->list[i], &b->list[i]) != 0)
			return false;
	return true;
}

void services_free(struct services *services)
{
	free(services->list);
	memset(services, 0, sizeof(*services));
}

/* An IPv4 address comes with its label, which is the interface's name and perhaps ":" and more. */
static const struct config_interface *find_interface(const struct config *config, const char *label)
{
	size_t length = strcspn(label, ":");

	for (size_t i = 0; i < config->interfaces_count; i++) {
		const struct config_interface *interface = &config->interfaces[i];

		if (strlen(interface->name) == length &&
		    strncmp(interface->name, label, length) == 0)
			return interface;
	}
	return NULL;
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
	own->interface = find_interface(config, from->ifa_name);
	return true;
}

/* A loopback address is never a service address: nobody outside can ask it. */
static bool loopback(const struct policy_service *service)
{
	if (service->family == FAMILY_IPV4)
		return service->address[0] == 127;
	return IN6_IS_ADDR_LOOPBACK((const struct in6_addr *)service->address);
}

static int list_own(struct own **list, size_t *count, const struct config *config)
{
	struct ifaddrs *all, *from;
	size_t n = 0;

	if (getifaddrs(&all) < 0)
		return -errno;
	for (from = all; from; from = from->ifa_next)
		n++;
	*list = calloc(n + 1, sizeof(**list));
	if (!*list) {
		freeifaddrs(all);
		return -ENOMEM;
	}
	*count = 0;
	for (from = all; from; from = from->ifa_next)
		if (own_address(&(*list)[*count], from, config) &&
		    !loopback(&(*list)[*count].service))
			++*count;
	freeifaddrs(all);
	return 0;
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

/* A link-local address that is named in the configuration is meant on each of the interfaces. */
static int add_link_local(struct services *services, size_t *room,
			  const struct policy_service *service, const struct config *config)
{
	int r = 0;

	for (size_t i = 0; i < config->interfaces_count && r == 0; i++) {
		unsigned int scope = if_nametoindex(config->interfaces[i].name);

		if (scope)
			r = add(services, room, service, service->port, scope);
	}
	return r;
}

static int add_configured(struct services *services, size_t *room,
			  const struct policy_service *service, const struct config *config,
			  const struct own *own, size_t own_count)
{
	int r = 0;

	if (endpoint_link_local(service))
		r = add_link_local(services, room, service, config);
	else if (service->family != FAMILY_OTHER)
		r = add(services, room, service, service->port, 0);

	for (size_t i = 0; i < own_count && r == 0; i++) {
		if (service->family == FAMILY_OTHER) {
			if (!own[i].interface)
				continue;
			services->local = true;
			r = add(services, room, &own[i].service, service->port, own[i].scope);
		} else if (service->family == own[i].service.family &&
			   memcmp(service->address, own[i].service.address,
				  sizeof(service->address)) == 0) {
			services->local = true;
		}
	}
	return r;
}

static void sort(struct services *services)
{
	size_t kept = 0;

	if (services->count == 0)
		return;
	qsort(services->list, services->count, sizeof(*services->list), service_compare);
	for (size_t i = 1; i < services->count; i++)
		if (service_compare(&services->list[kept], &services->list[i]) != 0)
			services->list[++kept] = services->list[i];
	services->count = kept + 1;
}

int services_expand(struct services *services, const struct config *config, char *error,
		    size_t size)
{
	struct own *own = NULL;
	size_t own_count = 0, room = 0;
	int r;

	memset(services, 0, sizeof(*services));
	r = list_own(&own, &own_count, config);
	if (r < 0) {
		snprintf(error, size, "this machine's addresses cannot be listed: %s",
			 strerror(-r));
		return r;
	}
	for (size_t i = 0; i < config->services_count && r == 0; i++)
		r = add_configured(services, &room, &config->services[i].service, config, own,
				   own_count);
	free(own);
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
