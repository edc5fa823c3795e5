// SPDX-License-Identifier: BSD-2-Clause
#include "sockets.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

#include "log.h"

static unsigned int count_cpus(void)
{
	cpu_set_t set;
	int count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return count < SOCKET_WORKERS_MAX ? count : SOCKET_WORKERS_MAX;
}

int sockets_create(struct socket_responder **sockets, const struct config *config,
		   const struct services *services, struct error *error)
{
	bool alone = config->dataplane == CONFIG_DATAPLANE_SOCKET;
	const struct socket_settings settings = {
		.workers = alone ? count_cpus() : 1,
		.services = services->count,
		.beside = !alone,
	};
	int r = socket_create(sockets, &settings, error);

	if (r < 0)
		return r;
	if (alone)
		log_info("answering by sockets alone, threads: %u", socket_workers(*sockets));
	if (socket_workers(*sockets) < settings.workers)
		log_warning("%zu services and the limit of open files allow %u of %u threads: "
			    "raise it (`ulimit -n`, LimitNOFILE=)",
			    services->count, socket_workers(*sockets), settings.workers);
	if (socket_connections(*sockets) < SOCKET_CONNECTIONS_MAX)
		log_warning("%zu services and the limit of open files allow %u of %u TCP "
			    "connections: raise it (`ulimit -n`, LimitNOFILE=)",
			    services->count, socket_connections(*sockets), SOCKET_CONNECTIONS_MAX);
	return 0;
}

/* A link-local address waits for its interface, which may be reflex-dpdk's and yet to come.
 * Return: how many others there are. */
static size_t list_bindable(struct service *list, const struct services *services)
{
	size_t count = 0;

	for (size_t i = 0; i < services->count; i++)
		if (services->list[i].scope || !endpoint_link_local(&services->list[i].service))
			list[count++] = services->list[i];
	return count;
}

int sockets_prepare(struct socket_responder *sockets, const struct config *config,
		    const struct services *services, bool strict, struct error *error)
{
	static struct service list[POLICY_SERVICES_MAX];
	struct policy *policy;
	size_t count = 0;
	int r = services_policy(&policy, services, config, error);

	if (r < 0)
		return r;
	/* What is refused is passed for another server on the same port: the port is left to it. */
	if (!config->policy.pass_refused)
		count = list_bindable(list, services);
	r = socket_prepare(sockets, list, count, policy, strict, error);
	free(policy);
	return r;
}

void sockets_log_missing(const struct socket_responder *sockets, const struct config *config)
{
	bool alone = config->dataplane == CONFIG_DATAPLANE_SOCKET, stream;
	const char *sentence;
	char more[64] = "";
	size_t count = socket_missing(sockets, &sentence, &stream);

	if (count == 0)
		return;
	if (count > 1)
		snprintf(more, sizeof(more), " (and %zu more ports of TCP or UDP failed)",
			 count - 1);
	if (alone || stream)
		log_warning("%s%s; nothing is answered there over %s", sentence, more,
			    stream ? "TCP" : "UDP");
	else
		log_warning("%s%s; requests are answered there, but what is handed up meets an "
			    "ICMP unreachable",
			    sentence, more);
}

void sockets_retry(struct socket_responder *sockets, const struct config *config,
		   const struct services *services)
{
	struct error error;

	if (!socket_missing(sockets, NULL, NULL) ||
	    sockets_prepare(sockets, config, services, false, &error) < 0)
		return;
	socket_commit(sockets);
	if (!socket_missing(sockets, NULL, NULL))
		log_info("every port that was missing is open now");
}

static void log_named(int level, const struct services *found, const char *end)
{
	char names[SERVICES_NAMED_SIZE];

	if (found->count > 0)
		log_write(level, "%s %s", services_name(names, found), end);
}

void sockets_log_passed(const struct config *config, const struct services *services)
{
	struct services held = {0}, unheld = {0};

	if (!config->policy.pass_refused)
		return;
	held.list = calloc(services->count + 1, sizeof(*held.list));
	unheld.list = calloc(services->count + 1, sizeof(*unheld.list));
	for (size_t i = 0; held.list && unheld.list && i < services->count; i++) {
		int r = socket_probe(&services->list[i]);

		if (r == -EADDRINUSE)
			held.list[held.count++] = services->list[i];
		else if (r == 0)
			unheld.list[unheld.count++] = services->list[i];
	}
	log_named(LOG_INFO, &held,
		  "is held by another program, which gets what is passed up (otherwise: pass)");
	log_named(LOG_WARNING, &unheld,
		  "is held by no program yet: until one does, what is passed up (otherwise: pass) "
		  "meets an ICMP unreachable");
	services_free(&held);
	services_free(&unheld);
}
