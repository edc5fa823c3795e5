// SPDX-License-Identifier: BSD-2-Clause
#include "health.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "endpoint.h"
#include "link.h"
#include "probe.h"
#include "socket_responder.h"

static bool ask_program(struct loader *loader, const struct services *services,
			struct error *reason)
{
	const struct service *service = &services->list[0];
	char text[ENDPOINT_TEXT_MAX];
	struct probe probe;
	int action;

	probe_build(&probe, &service->service);
	action = loader_run(loader, probe.frame, &probe.length, sizeof(probe.frame));
	if (action == XDP_TX && probe_answered(&probe))
		return true;

	endpoint_print(text, &service->service, service->scope);
	if (action < 0)
		error_say(reason, "the program cannot be run: %s", strerror(-action));
	else if (action == XDP_TX)
		error_say(reason, "the program gives a wrong answer for %s", text);
	else
		error_say(reason, "the program does not answer for %s (XDP action %d)", text,
			  action);
	return false;
}

static bool ask_sockets(const struct socket_responder *sockets, const struct services *services,
			struct error *reason)
{
	const struct service *service = &services->list[0];
	struct message_path path = {
		.family = service->service.family,
		.source_port = be16_from(PROBE_PORT),
		.destination_port = be16_from(service->service.port),
	};
	char text[ENDPOINT_TEXT_MAX];
	struct probe probe;

	probe_build(&probe, &service->service);
	memcpy(&path.source, probe.client, sizeof(probe.client));
	memcpy(&path.destination, service->service.address, sizeof(path.destination));
	probe.length =
		probe.stun + socket_run(sockets, &path, probe.frame + probe.stun, PROBE_STUN,
					probe.frame + probe.stun, sizeof(probe.frame) - probe.stun);
	if (probe_answered(&probe))
		return true;
	error_say(reason, "the sockets give %s answer for %s",
		  probe.length > probe.stun ? "a wrong" : "no",
		  endpoint_print(text, &service->service, service->scope));
	return false;
}

bool health_interface(const struct loader *loader, size_t position, struct error *reason)
{
	struct loader_interface interface = loader_interface_get(loader, position);
	int named = link_index(interface.name);

	if (!loader_interface_live(loader, position)) {
		error_say(reason,
			  "%s: the program is no longer attached (was it deleted or renamed?)",
			  interface.name);
		return false;
	}
	if (named == -ENODEV || (named > 0 && named != (int)interface.index)) {
		error_say(reason,
			  "%s: has another name now: give it this one again, or change "
			  "`interfaces` and restart reflexd",
			  interface.name);
		return false;
	}
	return link_ready(interface.name, (int)interface.index, reason) &&
	       (interface.mode != LOADER_NATIVE ||
		link_far_end(interface.name, (int)interface.index, reason));
}

static bool interfaces_ready(const struct health *health, struct error *reason)
{
	const struct config *config = health->config;

	if (health->loader) {
		for (size_t i = 0; i < loader_interface_count(health->loader); i++)
			if (!health_interface(health->loader, i, reason))
				return false;
		return true;
	}
	for (size_t i = 0; i < config->interfaces_count; i++) {
		const char *name = config->interfaces[i].name;

		if (!link_ready(name, link_index(name), reason))
			return false;
	}
	return true;
}

bool health_ready(const struct health *health, struct error *reason)
{
	if (health->dpdk && !dpdk_look(health->dpdk, reason))
		return false;
	if (!health->dpdk && !interfaces_ready(health, reason))
		return false;
	if (health->unfollowed[0]) {
		error_say(reason, "the addresses changed, but %s", health->unfollowed);
		return false;
	}
	if (!services_complete(health->services, reason))
		return false;
	if (health->services->count == 0) {
		error_say(reason, "no interface has an address yet, and answering needs one");
		return false;
	}
	if (!deliveries_ready(health->deliveries, health->loader, reason))
		return false;
	if (health->loader && !ask_program(health->loader, health->services, reason))
		return false;
	return !health->sockets || (socket_ready(health->sockets, reason) &&
				    ask_sockets(health->sockets, health->services, reason));
}
