// SPDX-License-Identifier: BSD-2-Clause
#include "metrics.h"

#include "metrics_counters.h"
#include "metrics_process.h"
#include "metrics_writer.h"

/* --- of XDP --- */

static size_t count_interfaces(const struct metrics *metrics)
{
	return metrics->loader ? loader_interface_count(metrics->loader) : 0;
}

static void collect_modes(const struct metrics_writer *writer, void *context)
{
	static const char *const modes[] = {"native", "generic"};
	const struct metrics *metrics = context;

	for (size_t i = 0; i < count_interfaces(metrics); i++) {
		struct loader_interface interface = loader_interface_get(metrics->loader, i);

		for (int mode = 0; mode < 2; mode++) {
			const struct metric_labels labels = {{interface.name, modes[mode]}};

			metric_value(writer, (int)interface.mode == mode, &labels);
		}
	}
}

static void collect_transmit_errors(const struct metrics_writer *writer, void *context)
{
	const struct metrics *metrics = context;

	for (size_t i = 0; i < count_interfaces(metrics); i++) {
		struct loader_interface interface = loader_interface_get(metrics->loader, i);

		metric_value(writer, deliveries_errors(metrics->deliveries, metrics->loader, i),
			     &(struct metric_labels){{interface.name}});
	}
}

static const struct metric xdp_metrics[] = {
	{
		.name = "reflex_attach_mode",
		.type = METRIC_GAUGE,
		.help = "1 for the mode in which the program is attached.",
		.label_names = {"interface", "mode"},
		.collect = collect_modes,
	},
	{
		.name = "reflex_xdp_transmit_errors_total",
		.type = METRIC_COUNTER,
		.help = "Answers of the program that the interface's driver did not send.",
		.label_names = {"interface"},
		.collect = collect_transmit_errors,
	},
	{.name = NULL},
};

/* --- of sockets --- */

struct socket_context {
	struct socket_responder *responder;
	struct socket_statistics statistics;
};

static void collect_closed(const struct metrics_writer *writer, void *context)
{
	static const char *const reasons[SOCKET_REASONS] = {
		[SOCKET_CLIENT] = "client",   [SOCKET_IDLE] = "idle", [SOCKET_SLOW] = "slow",
		[SOCKET_FRAMING] = "framing", [SOCKET_FULL] = "full", [SOCKET_REMOVED] = "removed",
		[SOCKET_ERROR] = "error",
	};
	const struct socket_context *sockets = context;

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
	const struct socket_context *sockets = context;

	socket_drops(sockets->responder, write_drops, (void *)writer);
}

static const struct metric socket_metrics[] = {
	{
		.name = "reflex_tcp_connections",
		.type = METRIC_GAUGE,
		.help = "TCP connections that are open.",
		.collect = metric_collect_field,
		.offset = offsetof(struct socket_context, statistics.connections),
	},
	{
		.name = "reflex_tcp_connections_accepted_total",
		.type = METRIC_COUNTER,
		.help = "TCP connections that were accepted.",
		.collect = metric_collect_field,
		.offset = offsetof(struct socket_context, statistics.accepted),
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

/* --- of the daemon --- */

static void collect_left_out(const struct metrics_writer *writer, void *context)
{
	const struct services *services = ((const struct metrics *)context)->services;

	metric_value(writer, services->excess, &(struct metric_labels){{"limit"}});
	metric_value(writer, services->duplicates, &(struct metric_labels){{"duplicate_address"}});
}

static void collect_build(const struct metrics_writer *writer, void *context)
{
	const struct metrics *metrics = context;

	metric_value(writer, 1, &(struct metric_labels){{metrics->version, __VERSION__}});
}

static const struct metric daemon_metrics[] = {
	{
		.name = "reflex_services_left_out",
		.type = METRIC_GAUGE,
		.help = "Addresses and ports that are configured but not answered on, by reason.",
		.label_names = {"reason"},
		.collect = collect_left_out,
	},
	{
		.name = "reflex_ready",
		.type = METRIC_GAUGE,
		.help = "Whether real requests are answered now.",
		.collect = metric_collect_field,
		.offset = offsetof(struct metrics, ready),
	},
	{
		.name = "reflex_config_generation",
		.type = METRIC_GAUGE,
		.help = "1 after the start, one more after each accepted reload.",
		.collect = metric_collect_field,
		.offset = offsetof(struct metrics, generation),
	},
	{
		.name = "reflex_config_last_reload_successful",
		.type = METRIC_GAUGE,
		.help = "Whether the last reload, or the start, was accepted.",
		.collect = metric_collect_field,
		.offset = offsetof(struct metrics, last_reload_successful),
	},
	{
		.name = "reflex_build_info",
		.type = METRIC_INFO,
		.help = "What is running; always 1.",
		.label_names = {"version", "compiler"},
		.collect = collect_build,
	},
	{.name = NULL},
};

/* Return: how many origins there are, or -errno. */
static int read_origins(struct counters_origin *origins, const struct metrics *metrics,
			struct socket_context *sockets)
{
	size_t count = count_interfaces(metrics);

	for (size_t i = 0; i < count; i++) {
		int r = loader_read(metrics->loader, i, &origins[i].counters);

		if (r < 0)
			return r;
		origins[i].dataplane = "xdp";
		origins[i].interface = loader_interface_get(metrics->loader, i).name;
	}
	if (metrics->dpdk)
		count = dpdk_origins(metrics->dpdk, origins);
	if (metrics->sockets) {
		socket_read(metrics->sockets, &sockets->statistics);
		/* Sockets are bound to addresses. */
		origins[count++] =
			(struct counters_origin){"socket", "any", sockets->statistics.counters};
	}
	return count;
}

int metrics_write(FILE *out, enum metrics_format format, struct metrics *metrics)
{
	static struct counters_origin origins[LOADER_INTERFACES_MAX + SEGMENT_PORTS_MAX + 1];
	static struct socket_context sockets;
	struct metrics_writer writer = {out, format, NULL};
	int count = read_origins(origins, metrics, &sockets);

	if (count < 0)
		return count;
	metrics_counters(&writer, origins, count);
	metrics_write_table(&writer, xdp_metrics, metrics);
	if (metrics->dpdk)
		dpdk_metrics(metrics->dpdk, &writer);
	if (metrics->sockets) {
		sockets.responder = metrics->sockets;
		metrics_write_table(&writer, socket_metrics, &sockets);
	}
	metrics_write_table(&writer, daemon_metrics, metrics);
	metrics_process(&writer);
	metrics_end(&writer);
	return 0;
}
