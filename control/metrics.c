// SPDX-License-Identifier: BSD-2-Clause
#include "metrics.h"

#include <inttypes.h>

#include "series.h"

static void write_mode(FILE *out, const struct loader_interface *interface)
{
	static const char *const modes[] = {"native", "generic"};

	for (int mode = 0; mode < 2; mode++) {
		fprintf(out, "reflex_attach_mode{interface=\"");
		series_escape(out, interface->name);
		fprintf(out, "\",mode=\"%s\"} %d\n", modes[mode], (int)interface->mode == mode);
	}
}

static void write_modes(FILE *out, const struct loader *loader)
{
	size_t count = loader ? loader_interface_count(loader) : 0;

	series_head(out, "reflex_attach_mode", "gauge",
		    "1 for the mode in which the program is attached.");
	for (size_t i = 0; i < count; i++) {
		struct loader_interface interface = loader_interface_get(loader, i);

		write_mode(out, &interface);
	}
}

static void write_transmit_errors(FILE *out, const struct metrics *metrics)
{
	size_t count = metrics->loader ? loader_interface_count(metrics->loader) : 0;

	series_head(out, "reflex_xdp_transmit_errors_total", "counter",
		    "Answers of the program that the interface's driver did not send.");
	for (size_t i = 0; i < count; i++) {
		fprintf(out, "reflex_xdp_transmit_errors_total{interface=\"");
		series_escape(out, loader_interface_get(metrics->loader, i).name);
		fprintf(out, "\"} %" PRIu64 "\n",
			deliveries_errors(metrics->deliveries, metrics->loader, i));
	}
}

static void write_daemon(FILE *out, const struct metrics *metrics)
{
	series_head(out, "reflex_ready", "gauge", "Whether real requests are answered now.");
	fprintf(out, "reflex_ready %d\n", metrics->ready);
	series_head(out, "reflex_config_generation", "gauge",
		    "1 after the start, one more after each accepted reload.");
	fprintf(out, "reflex_config_generation %u\n", metrics->generation);
	series_head(out, "reflex_config_last_reload_successful", "gauge",
		    "Whether the last reload, or the start, was accepted.");
	fprintf(out, "reflex_config_last_reload_successful %d\n", metrics->last_reload_successful);
	series_head(out, "reflex_build_info", "gauge", "What is running; always 1.");
	fprintf(out, "reflex_build_info{version=\"");
	series_escape(out, metrics->version);
	fprintf(out, "\",compiler=\"");
	series_escape(out, __VERSION__);
	fprintf(out, "\"} 1\n");
}

static void write_left_out(FILE *out, const struct services *services)
{
	series_head(out, "reflex_services_left_out", "gauge",
		    "Addresses and ports that are configured but not answered on, by reason.");
	fprintf(out, "reflex_services_left_out{reason=\"limit\"} %zu\n", services->excess);
	fprintf(out, "reflex_services_left_out{reason=\"duplicate_address\"} %zu\n",
		services->duplicates);
}

static void write_connections(FILE *out, const struct socket_statistics *statistics)
{
	static const char *const reasons[SOCKET_REASONS] = {
		[SOCKET_CLIENT] = "client",   [SOCKET_IDLE] = "idle", [SOCKET_SLOW] = "slow",
		[SOCKET_FRAMING] = "framing", [SOCKET_FULL] = "full", [SOCKET_REMOVED] = "removed",
		[SOCKET_ERROR] = "error",
	};

	series_gauge(out, "reflex_tcp_connections", "TCP connections that are open.",
		     statistics->connections);
	series_head(out, "reflex_tcp_connections_accepted_total", "counter",
		    "TCP connections that were accepted.");
	fprintf(out, "reflex_tcp_connections_accepted_total %" PRIu64 "\n", statistics->accepted);
	series_head(out, "reflex_tcp_connections_closed_total", "counter",
		    "TCP connections that were closed, by why.");
	for (int reason = 0; reason < SOCKET_REASONS; reason++)
		fprintf(out, "reflex_tcp_connections_closed_total{reason=\"%s\"} %" PRIu64 "\n",
			reasons[reason], statistics->closed[reason]);
}

static void write_drop(uint16_t port, uint64_t drops, void *out)
{
	fprintf(out, "reflex_socket_drops_total{port=\"%u\"} %" PRIu64 "\n", port, drops);
}

static void write_drops(FILE *out, struct socket_responder *sockets)
{
	series_head(out, "reflex_socket_drops_total", "counter",
		    "Datagrams that the kernel dropped at a UDP port before they were read.");
	socket_drops(sockets, write_drop, out);
}

/* Return: how many origins there are, or -errno. */
static int read_origins(struct series_origin *origins, const struct metrics *metrics,
			struct socket_statistics *statistics)
{
	size_t count = metrics->loader ? loader_interface_count(metrics->loader) : 0;

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
		socket_read(metrics->sockets, statistics);
		/* Sockets are bound to addresses. */
		origins[count++] = (struct series_origin){"socket", "any", statistics->counters};
	}
	return count;
}

int metrics_write(FILE *out, const struct metrics *metrics)
{
	static struct series_origin origins[LOADER_INTERFACES_MAX + SEGMENT_PORTS_MAX + 1];
	static struct socket_statistics statistics;
	int count = read_origins(origins, metrics, &statistics);

	if (count < 0)
		return count;
	series_counters(out, origins, count);
	write_modes(out, metrics->loader);
	write_transmit_errors(out, metrics);
	if (metrics->dpdk)
		dpdk_write(out, metrics->dpdk);
	if (metrics->sockets) {
		write_connections(out, &statistics);
		write_drops(out, metrics->sockets);
	}
	write_left_out(out, metrics->services);
	write_daemon(out, metrics);
	return 0;
}
