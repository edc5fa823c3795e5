// SPDX-License-Identifier: BSD-2-Clause
#include "services.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "bytes.h"
#include "endpoint.h"
#include "interface.h"
#include "log.h"

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
	if (!services->unreachable)
		return 0;
	policy_pairs(&config->services[services->unreachable_position].service, pairs);
	endpoint_print_address(text, &pairs[services->unreachable_alternate ? 3 : 0], 0);
	error_say(
		&reason,
		"%s is not an address of this machine%s, so no request to it arrives: add it (`ip "
		"address add %s dev %s`), or leave the alternate out",
		text, services->unreachable_alternate ? "" : ", though its alternate is", text,
		interface);
	return config_refuse_address(config, services->unreachable_position,
				     services->unreachable_alternate, where, error, reason.text);
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
