// SPDX-License-Identifier: BSD-2-Clause
#include "config_rules.h"

#include <errno.h>
#include <string.h>

#include "config_values.h"
#include "endpoint.h"

void config_defaults(struct config *config)
{
	struct error ignored;

	memset(config, 0, sizeof(*config));
	config->policy.mirror_fingerprint = true;
	config->policy.legacy = true;
	config->policy.low_source_ports = true;
	config_read_listen(&config->metrics, "127.0.0.1:9478", &ignored);
}

/* --- of a service --- */

/* IPv4's too: behind a NAT nobody has such an address in sight. */
static bool link_local(const struct policy_service *service)
{
	return endpoint_link_local(service) ||
	       (service->family == FAMILY_IPV4 && memcmp(service->address, "\xa9\xfe", 2) == 0);
}

/* RFC 5780 section 6: another address and another port. */
static int check_alternate(const struct policy_service *service,
			   const struct policy_service *alternate, const char **key,
			   struct error *reason)
{
	char text[ENDPOINT_TEXT_MAX];

	*key = "address";
	if (service->family != FAMILY_OTHER && link_local(service))
		return error_set(reason, -EINVAL,
				 "%s is link-local: with an alternate it takes an address that is "
				 "reached through NATs",
				 endpoint_print_address(text, service, 0));
	*key = "alternate";
	if (service->family == FAMILY_OTHER)
		return error_set(reason, -EINVAL,
				 "the service needs an address too: own addresses are any number "
				 "and may change");
	*key = "alternate.port";
	if (alternate->port == service->port)
		return error_set(reason, -EINVAL,
				 "%u is the service's own port: behaviour discovery needs another "
				 "one",
				 alternate->port);
	*key = "alternate.address";
	endpoint_print_address(text, alternate, 0);
	if (alternate->family != service->family)
		return error_set(reason, -EINVAL,
				 "%s is not of the same family as the service's address: each "
				 "family needs a service and an alternate of its own",
				 text);
	if (endpoint_same_address(alternate, service))
		return error_set(reason, -EINVAL,
				 "%s is the service's own address: behaviour discovery needs "
				 "another one",
				 text);
	if (link_local(alternate))
		return error_set(reason, -EINVAL,
				 "%s is link-local: name an address that is reached through NATs",
				 text);
	return 0;
}

int config_rules_service(const struct policy_service *service,
			 const struct policy_service *alternate, const char **key,
			 struct error *reason)
{
	if (alternate->port)
		return check_alternate(service, alternate, key, reason);
	*key = service->padding ? "padding" : "response_port";
	if (service->padding || service->response_port)
		return error_set(
			reason, -EINVAL,
			"is a part of behaviour discovery: set an alternate, or leave it out");
	return 0;
}

int config_rules_distinct(const struct config_service *service, const struct config_service *other,
			  struct error *reason)
{
	struct policy_service mine[4], theirs[4];
	size_t mine_count = policy_pairs(&service->service, mine);
	size_t theirs_count = policy_pairs(&other->service, theirs);
	char text[ENDPOINT_TEXT_MAX];

	if (service->link[0] && other->link[0] && strcmp(service->link, other->link) != 0)
		return 0; /* one address on two links is two */
	for (size_t i = 0; i < mine_count; i++)
		for (size_t j = 0; j < theirs_count; j++) {
			if (endpoint_compare(&mine[i], &theirs[j]) != 0)
				continue;
			endpoint_print(text, &mine[i], 0);
			if (i == 0 && j == 0)
				return error_set(reason, -EINVAL, "%s is line %u's service again",
						 text, other->line);
			return error_set(reason, -EINVAL,
					 "%s%s is %sline %u's service already: leave one of them "
					 "out",
					 i ? "its corner " : "", text, j ? "a corner of " : "",
					 other->line);
		}
	return 0;
}

/* --- of the whole --- */

int config_rules_dataplane(const struct config *config, const char **key, struct error *reason)
{
	bool sockets = config->dataplane == CONFIG_DATAPLANE_SOCKET;
	bool dpdk = config->dataplane == CONFIG_DATAPLANE_DPDK;

	*key = "otherwise";
	if (sockets && config->policy.pass_refused)
		return error_set(reason, -EINVAL,
				 "sockets cannot pass a packet on to another program: leave its "
				 "port out of services, or use XDP");
	*key = "persist";
	if (sockets && config->persist)
		return error_set(reason, -EINVAL,
				 "sockets end with reflexd, so nothing could go on answering: "
				 "leave it out, or use XDP");
	if (dpdk && config->persist)
		return error_set(reason, -EINVAL,
				 "reflex-dpdk is a process of its own and answers with or without "
				 "reflexd: leave it out");
	*key = "punt";
	if (config->punt[0] && !dpdk)
		return error_set(reason, -EINVAL,
				 "is for dataplane: dpdk, where the kernel has no other way to a "
				 "packet: leave it out");
	return 0;
}

int config_refuse_address(const struct config *config, size_t position, bool alternate,
			  const char *where, struct error *error, const char *reason)
{
	const struct config_service *service = &config->services[position];

	if (!service->line)
		return error_set(error, -EINVAL, "--address: %s", reason);
	return error_set(error, -EINVAL, "%s:%u: services[%zu].%saddress: %s", where,
			 alternate ? service->alternate_line : service->line, position,
			 alternate ? "alternate." : "", reason);
}

static int check_count(const struct config *config, const char *where, struct error *error)
{
	struct policy_service pairs[4];
	size_t count = 0;

	for (size_t i = 0; i < config->services_count; i++) {
		const struct config_service *service = &config->services[i];

		if (service->service.family == FAMILY_OTHER)
			continue;
		count += policy_pairs(&service->service, pairs);
		if (count > POLICY_SERVICES_MAX)
			return error_set(error, -EINVAL,
					 "%s:%u: services[%zu]: one too many: at most %d are "
					 "possible, and one with an alternate counts as four",
					 where, service->line, i, POLICY_SERVICES_MAX);
	}
	return 0;
}

static int check_address(const struct config *config, size_t position, bool alternate,
			 const char *where, struct error *error)
{
	struct policy_service pairs[4];
	size_t count = policy_pairs(&config->services[position].service, pairs);
	const struct policy_service *service = &pairs[alternate ? count - 1 : 0];
	char text[ENDPOINT_TEXT_MAX];
	struct error reason;

	if (policy_takes_address(&config->policy, service))
		return 0;
	endpoint_print_address(text, service, 0);
	if (endpoint_loopback(service))
		error_say(&reason, "%s is a loopback address, which takes the dataplane socket",
			  text);
	else
		error_say(&reason, "%s is no unicast address of a host", text);
	return config_refuse_address(config, position, alternate, where, error, reason.text);
}

/* What policy_build would refuse is refused before, with its line. */
static int check_policy(struct config *config, const char *where, struct error *error)
{
	int r = check_count(config, where, error);

	config->policy.loopback = config->dataplane == CONFIG_DATAPLANE_SOCKET;
	for (size_t i = 0; r == 0 && i < config->services_count; i++) {
		if (config->services[i].service.family == FAMILY_OTHER)
			continue;
		r = check_address(config, i, false, where, error);
		if (r == 0)
			r = check_address(config, i, true, where, error);
	}
	return r;
}

static bool has_interface(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->interfaces_count; i++)
		if (strcmp(config->interfaces[i].name, name) == 0)
			return true;
	return false;
}

/* A link-local address needs an interface to be on, and one that is answered on. */
static int check_links(const struct config *config, const char *where, struct error *error)
{
	bool dpdk = config->dataplane == CONFIG_DATAPLANE_DPDK;
	char text[ENDPOINT_TEXT_MAX];
	struct error reason;

	for (size_t i = 0; i < config->services_count; i++) {
		const struct config_service *service = &config->services[i];
		const char *link = service->link;

		reason.text[0] = '\0';
		if (!endpoint_link_local(&service->service))
			continue;
		endpoint_print_address(text, &service->service, 0);
		if (dpdk && link[0] && strcmp(link, config->punt) != 0)
			error_say(&reason, "%s%%%s: a port of DPDK is no interface: leave %%%s out",
				  text, link, link);
		else if (!dpdk && !config->interfaces_count && !link[0])
			error_say(&reason, "%s is link-local: name the interfaces to answer on it",
				  text);
		else if (!dpdk && config->interfaces_count && link[0] &&
			 !has_interface(config, link))
			error_say(&reason,
				  "%s%%%s: %s is not among the interfaces: name it there too", text,
				  link, link);
		if (reason.text[0])
			return config_refuse_address(config, i, false, where, error, reason.text);
	}
	return 0;
}

/* A dataplane that knows no interfaces knows no addresses of their own. */
static int check_own(const struct config *config, const char *where, struct error *error)
{
	for (size_t i = 0; i < config->services_count; i++) {
		const struct config_service *service = &config->services[i];

		if (service->service.family != FAMILY_OTHER)
			continue;
		if (!service->line)
			return error_set(
				error, -EINVAL,
				"%s: services: a port of DPDK has no addresses of its own: "
				"name the addresses to answer on",
				where);
		return error_set(error, -EINVAL,
				 "%s:%u: services[%zu].address: is missing: a port of DPDK has no "
				 "addresses of its own",
				 where, service->line, i);
	}
	return 0;
}

int config_finish(struct config *config, const char *where, struct error *error)
{
	bool dpdk = config->dataplane == CONFIG_DATAPLANE_DPDK;
	int r = 0;

	if (config->interfaces_count == 0 && !dpdk && config->dataplane != CONFIG_DATAPLANE_SOCKET)
		return error_set(error, -EINVAL,
				 "%s: interfaces: name at least one, or set dataplane: socket, "
				 "which needs none",
				 where);
	if (config->services_count == 0) {
		config->services[0].service.port = CONFIG_PORT_DEFAULT;
		config->services_count = 1;
	}
	if (config->interfaces_count == 0 && dpdk)
		r = check_own(config, where, error);
	if (r == 0)
		r = check_links(config, where, error);
	return r < 0 ? r : check_policy(config, where, error);
}

int config_settle(struct config *config, enum config_dataplane dataplane, const char *where,
		  struct error *error)
{
	struct error reason;
	const char *key;

	config->dataplane = dataplane;
	if (config_rules_dataplane(config, &key, &reason) < 0)
		return error_set(error, -EINVAL, "%s: %s: %s", where, key, reason.text);
	return check_policy(config, where, error);
}
