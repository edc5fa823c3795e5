// SPDX-License-Identifier: BSD-2-Clause
#include "services.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "endpoint.h"
#include "link.h"
#include "machine.h"
#include "netlink.h"

/* --- what is listed --- */

static void add(struct services *services, const struct service *service)
{
	services->list[services->count++] = *service;
}

/* What another host has too is not answered on. */
static void leave_out(struct services *services, const struct service *service, bool named)
{
	/* The one to speak of is a named one, where there is one. */
	if (!services->duplicates++ || named > services->duplicate_named ||
	    (named == services->duplicate_named &&
	     service_compare(service, &services->duplicate) < 0))
		services->duplicate = *service;
	services->duplicate_named |= named;
}

/* Behind a port of DPDK it is reflex-dpdk that has an address, and the kernel's interface only as
 * well: the other host may be reflex-dpdk itself. */
static bool is_duplicate_named(const struct machine *machine, const struct policy_service *service,
			       unsigned int scope)
{
	return machine->config->dataplane != CONFIG_DATAPLANE_DPDK &&
	       machine_shares(machine, service, scope);
}

static void add_on_link(struct services *services, const struct policy_service *named, int scope,
			const struct machine *machine)
{
	const struct service service = {.service = *named, .scope = scope};

	if (scope <= 0) /* the interface is yet to come */
		return;
	if (is_duplicate_named(machine, named, scope))
		leave_out(services, &service, true);
	else
		add(services, &service);
}

/* A link-local address that is named in the configuration is meant on each of the interfaces, or on
 * the one that it names. */
static void add_link_local(struct services *services, const struct config_service *named,
			   const struct machine *machine)
{
	const struct config *config = machine->config;
	struct service service = {.service = named->service};
	int index;

	if (config->dataplane == CONFIG_DATAPLANE_DPDK) {
		index = config->punt[0] ? link_index(config->punt) : 0;
		service.scope = index < 0 ? 0 : index;
		add(services, &service);
	} else if (named->link[0]) {
		add_on_link(services, &named->service, link_index(named->link), machine);
	} else {
		for (size_t i = 0; i < config->interfaces_count; i++)
			add_on_link(services, &named->service, (int)machine->interfaces[i],
				    machine);
	}
}

static void add_own(struct services *services, uint16_t port, const struct machine *machine)
{
	for (size_t i = 0; i < machine->count; i++) {
		const struct machine_address *own = &machine->list[i];
		struct service service = {.service = own->service, .scope = own->scope};

		service.service.port = port;
		if (!own->meant)
			continue;
		if (own->duplicate && machine_shares(machine, &own->service, own->scope)) {
			leave_out(services, &service, false);
			continue;
		}
		services->local = true;
		add(services, &service);
	}
}

static void add_pairs(struct services *services, const struct policy_service *named,
		      const struct machine *machine)
{
	struct policy_service pairs[4];
	size_t count = policy_pairs(named, pairs);
	bool whole = !is_duplicate_named(machine, &pairs[0], 0) &&
		     !is_duplicate_named(machine, &pairs[count - 1], 0);

	for (size_t i = 0; i < count; i++) {
		struct service service = {.service = pairs[i]};

		if (!whole && is_duplicate_named(machine, &pairs[i], 0)) {
			leave_out(services, &service, true);
			continue;
		}
		if (!whole) /* one address alone cannot tell what a NAT does */
			service.service.alternate_port = 0;
		services->local |= machine_has(machine, &pairs[i]);
		add(services, &service);
	}
}

static void add_configured(struct services *services, const struct config_service *named,
			   const struct machine *machine)
{
	const struct policy_service *service = &named->service;

	if (service->family == FAMILY_OTHER) {
		add_own(services, service->port, machine);
	} else if (endpoint_link_local(service)) {
		services->local |= machine_has(machine, service);
		add_link_local(services, named, machine);
	} else {
		add_pairs(services, service, machine);
	}
}

/* How many services may come of the configuration. */
static size_t count_most(const struct machine *machine)
{
	const struct config *config = machine->config;
	size_t count = 0;

	for (size_t i = 0; i < config->services_count; i++) {
		const struct policy_service *service = &config->services[i].service;

		count += service->family == FAMILY_OTHER ? machine->count
			 : endpoint_link_local(service)	 ? config->interfaces_count + 1
							 : 4;
	}
	return count;
}

/* One of a service's two addresses is this machine's, the other is not. */
static void find_unreachable(struct services *services, const struct machine *machine)
{
	const struct config *config = machine->config;
	struct policy_service pairs[4];

	for (size_t i = 0; i < config->services_count; i++) {
		bool here, alternate_here;

		if (policy_pairs(&config->services[i].service, pairs) != 4)
			continue;
		here = machine_has(machine, &pairs[0]);
		alternate_here = machine_has(machine, &pairs[3]);
		if (here == alternate_here || services->unreachable++)
			continue;
		services->unreachable_position = i;
		services->unreachable_alternate = here;
	}
}

/* Of the same address and port, one with an alternate comes before one without. */
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

/* Leaves each address and port once: with an alternate, where it is named by both. */
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

static int list_services(struct services *services, const struct machine *machine)
{
	const struct config *config = machine->config;

	services->list = calloc(count_most(machine) + 1, sizeof(*services->list));
	if (!services->list)
		return -ENOMEM;
	for (size_t i = 0; i < config->services_count; i++)
		add_configured(services, &config->services[i], machine);
	find_unreachable(services, machine);
	sort(services);
	return 0;
}

int services_expand(struct services *services, const struct config *config, struct error *error)
{
	struct machine machine;
	int r = machine_read(&machine, config);

	memset(services, 0, sizeof(*services));
	if (netlink_blocked(r) && services_named(config)) {
		machine.unknown = true;
		r = 0;
	}
	if (r < 0) {
		error_say(error, "this machine's addresses cannot be listed: %s%s", strerror(-r),
			  netlink_hint(r));
	} else {
		r = list_services(services, &machine);
		if (r < 0)
			error_say(error, "out of memory");
	}
	machine_free(&machine);
	return r;
}

void services_limit(struct services *services, const struct services *current)
{
	size_t kept = 0;

	if (services->count <= POLICY_SERVICES_MAX)
		return;
	/* Those with an alternate stay, as the four belong together; and so does what is answered
	 * on now. */
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

bool services_equal(const struct services *a, const struct services *b)
{
	if (a->count != b->count || a->unreachable != b->unreachable ||
	    a->unreachable_position != b->unreachable_position ||
	    a->unreachable_alternate != b->unreachable_alternate ||
	    a->duplicates != b->duplicates || service_compare(&a->duplicate, &b->duplicate) != 0 ||
	    a->excess != b->excess)
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
	if (list && *policy) {
		for (size_t i = 0; i < services->count; i++)
			list[i] = services->list[i].service;
		r = policy_build(*policy, &config->policy, list, services->count, &culprit);
	}
	free(list);
	if (r < 0) {
		say_why(r, services, culprit, error);
		free(*policy);
		*policy = NULL;
	}
	return r;
}

/* --- what is said of them --- */

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
