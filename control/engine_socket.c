// SPDX-License-Identifier: BSD-2-Clause
/* The socket responder: alone, or for what XDP or DPDK punts to the kernel. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "delivery.h"
#include "endpoint.h"
#include "engine.h"
#include "link.h"
#include "log.h"
#include "probe.h"
#include "socket_responder.h"

struct sockets {
	struct engine engine;
	struct socket_responder *responder;
	struct socket_statistics statistics;  /* as counted last */
	struct delivery deliveries[FAMILIES]; /* of replies over UDP */
};

static struct sockets *sockets_of(struct engine *engine)
{
	return (struct sockets *)engine;
}

static bool wanted(const struct config *config) /* too, or alone */
{
	return config->dataplane != CONFIG_DATAPLANE_DPDK || config->punt[0];
}

static bool alone(const struct engine_setup *setup)
{
	return setup->config->dataplane == CONFIG_DATAPLANE_SOCKET;
}

/* --- start --- */

static unsigned int count_cpus(void)
{
	cpu_set_t set;
	int count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return count < SOCKET_WORKERS_MAX ? count : SOCKET_WORKERS_MAX;
}

static void log_opened(const struct socket_responder *responder,
		       const struct socket_settings *settings)
{
	if (!settings->beside)
		log_info("answering by sockets alone, threads: %u", socket_workers(responder));
	if (socket_workers(responder) < settings->workers)
		log_warning("%zu services and the limit of open files allow %u of %u threads: "
			    "raise it (`ulimit -n`, LimitNOFILE=)",
			    settings->services, socket_workers(responder), settings->workers);
	if (socket_connections(responder) < SOCKET_CONNECTIONS_MAX)
		log_warning("%zu services and the limit of open files allow %u of %u TCP "
			    "connections: raise it (`ulimit -n`, LimitNOFILE=)",
			    settings->services, socket_connections(responder),
			    SOCKET_CONNECTIONS_MAX);
}

static int open_responder(struct engine **engine, const char *instance,
			  const struct engine_setup *setup, struct error *error)
{
	const struct socket_settings settings = {
		.workers = alone(setup) ? count_cpus() : 1,
		.services = setup->services->count,
		.beside = !alone(setup),
	};
	struct sockets *sockets = calloc(1, sizeof(*sockets));
	int r;

	(void)instance;
	if (!sockets)
		return error_set(error, -ENOMEM, "out of memory");
	sockets->engine.kind = &engine_socket;
	sockets->engine.setup = setup;
	r = socket_create(&sockets->responder, &settings, error);
	if (r < 0) {
		free(sockets);
		return r;
	}
	log_opened(sockets->responder, &settings);
	*engine = &sockets->engine;
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

static int prepare(struct engine *engine, const struct engine_setup *next, bool strict,
		   struct error *error)
{
	static struct service list[POLICY_SERVICES_MAX];
	size_t count = 0;

	/* What is refused is passed for another server on the same port: the port is left to it. */
	if (!next->config->policy.pass_refused)
		count = list_bindable(list, next->services);
	return socket_prepare(sockets_of(engine)->responder, list, count, next->policy, strict,
			      error);
}

static void commit(struct engine *engine, const struct engine_setup *next)
{
	(void)next;
	socket_commit(sockets_of(engine)->responder);
}

static void abandon(struct engine *engine)
{
	socket_abandon(sockets_of(engine)->responder);
}

/* Threads have the capabilities that were left when they started. */
static int start(struct engine *engine, struct error *error)
{
	return socket_start(sockets_of(engine)->responder, error);
}

/* --- life --- */

/* Beside XDP or DPDK they serve few clients, so what they see says little. */
static void measure(struct engine *engine, int64_t now)
{
	static struct socket_statistics statistics;
	struct sockets *sockets = sockets_of(engine);

	if (!alone(engine->setup))
		return;
	socket_read(sockets->responder, &statistics);
	for (int family = 0; family < FAMILIES; family++)
		delivery_note(&sockets->deliveries[family],
			      statistics.sent[family] + statistics.refused[family],
			      statistics.refused[family], now);
}

/* Ports that could not be had may be free by now. */
static void repair(struct engine *engine)
{
	struct socket_responder *responder = sockets_of(engine)->responder;
	struct error error;

	if (!socket_missing(responder, NULL, NULL) ||
	    prepare(engine, engine->setup, false, &error) < 0)
		return;
	socket_commit(responder);
	if (!socket_missing(responder, NULL, NULL))
		log_info("every port that was missing is open now");
}

static void log_missing(struct engine *engine)
{
	const char *sentence;
	char more[64] = "";
	bool stream;
	size_t count = socket_missing(sockets_of(engine)->responder, &sentence, &stream);

	if (count == 0)
		return;
	if (count > 1)
		snprintf(more, sizeof(more), " (and %zu more ports of TCP or UDP failed)",
			 count - 1);
	if (alone(engine->setup) || stream)
		log_warning("%s%s; nothing is answered there over %s", sentence, more,
			    stream ? "TCP" : "UDP");
	else
		log_warning("%s%s; requests are answered there, but what is handed up meets an "
			    "ICMP unreachable",
			    sentence, more);
}

static void log_named(int level, const struct services *found, const char *end)
{
	char names[SERVICES_NAMED_SIZE];

	if (found->count > 0)
		log_write(level, "%s %s", services_name(names, found), end);
}

static void log_others(struct engine *engine)
{
	const struct services *services = engine->setup->services;
	struct services held = {0}, unheld = {0};

	if (!engine->setup->config->policy.pass_refused)
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

/* --- how it does --- */

/* Beside XDP or DPDK, interfaces are for that engine to check. */
static bool reachable(struct engine *engine, struct error *reason)
{
	const struct config *config = engine->setup->config;

	for (size_t i = 0; alone(engine->setup) && i < config->interfaces_count; i++) {
		const char *name = config->interfaces[i].name;

		if (!link_ready(name, link_index(name), reason))
			return false;
	}
	return true;
}

static bool replies_leave(const struct sockets *sockets, struct error *reason)
{
	for (int family = 0; family < FAMILIES; family++) {
		if (!sockets->deliveries[family].bad)
			continue;
		error_say(reason,
			  "the kernel refuses the replies over %s: see whether an output firewall "
			  "drops them (`nft list ruleset`)",
			  family == FAMILY_IPV6 ? "IPv6" : "IPv4");
		return false;
	}
	return true;
}

/* Their message layer, by a request that no network carries. */
static bool ask_sockets(const struct sockets *sockets, struct error *reason)
{
	const struct service *service = &sockets->engine.setup->services->list[0];
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
	probe.length = probe.stun + socket_run(sockets->responder, &path, probe.frame + probe.stun,
					       PROBE_STUN, probe.frame + probe.stun,
					       sizeof(probe.frame) - probe.stun);
	if (probe_answered(&probe))
		return true;
	error_say(reason, "the sockets give %s answer for %s",
		  probe.length > probe.stun ? "a wrong" : "no",
		  endpoint_print(text, &service->service, service->scope));
	return false;
}

static bool ready(struct engine *engine, struct error *reason)
{
	const struct sockets *sockets = sockets_of(engine);

	return replies_leave(sockets, reason) && socket_ready(sockets->responder, reason) &&
	       ask_sockets(sockets, reason);
}

static int counters(struct engine *engine, struct counters_origin *list, size_t room)
{
	struct sockets *sockets = sockets_of(engine);

	if (room < 1)
		return -E2BIG;
	socket_read(sockets->responder, &sockets->statistics);
	/* Sockets are bound to addresses. */
	list[0] = (struct counters_origin){"socket", "any", sockets->statistics.counters};
	return 1;
}

static void collect_closed(const struct metrics_writer *writer, void *context)
{
	static const char *const reasons[SOCKET_REASONS] = {
		[SOCKET_CLIENT] = "client",   [SOCKET_IDLE] = "idle", [SOCKET_SLOW] = "slow",
		[SOCKET_FRAMING] = "framing", [SOCKET_FULL] = "full", [SOCKET_REMOVED] = "removed",
		[SOCKET_ERROR] = "error",
	};
	const struct sockets *sockets = context;

	for (int reason = 0; reason < SOCKET_REASONS; reason++)
		metric_value(writer, sockets->statistics.closed[reason],
			     &(struct metric_labels){{reasons[reason]}});
}

static void write_drops(uint16_t port, uint64_t drops, void *context)
{
	char text[sizeof("65535")];

	snprintf(text, sizeof(text), "%u", port);
	metric_value(context, drops, &(struct metric_labels){{text}});
}

static void collect_drops(const struct metrics_writer *writer, void *context)
{
	const struct sockets *sockets = context;

	socket_drops(sockets->responder, write_drops, (void *)writer);
}

static const struct metric socket_metrics[] = {
	{
		.name = "reflex_tcp_connections",
		.type = METRIC_GAUGE,
		.help = "TCP connections that are open.",
		.collect = metric_collect_field,
		.offset = offsetof(struct sockets, statistics.connections),
	},
	{
		.name = "reflex_tcp_connections_accepted_total",
		.type = METRIC_COUNTER,
		.help = "TCP connections that were accepted.",
		.collect = metric_collect_field,
		.offset = offsetof(struct sockets, statistics.accepted),
	},
	{
		.name = "reflex_tcp_connections_closed_total",
		.type = METRIC_COUNTER,
		.help = "TCP connections that were closed, by why.",
		.label_names = {"reason"},
		.collect = collect_closed,
	},
	{
		.name = "reflex_socket_drops_total",
		.type = METRIC_COUNTER,
		.help = "Datagrams that the kernel dropped at a UDP port before they were read.",
		.label_names = {"port"},
		.collect = collect_drops,
	},
	{.name = NULL},
};

static void metrics(struct engine *engine, struct metrics_writer *writer)
{
	if (engine)
		metrics_write_table(writer, socket_metrics, sockets_of(engine));
}

static void close_responder(struct engine *engine)
{
	socket_destroy(sockets_of(engine)->responder);
	free(engine);
}

const struct engine_kind engine_socket = {
	.wanted = wanted,
	.open = open_responder,
	.prepare = prepare,
	.commit = commit,
	.abandon = abandon,
	.start = start,
	.close = close_responder,
	.measure = measure,
	.repair = repair,
	.reachable = reachable,
	.ready = ready,
	.log_others = log_others,
	.log_missing = log_missing,
	.counters = counters,
	.metrics = metrics,
};
