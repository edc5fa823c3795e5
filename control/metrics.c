// SPDX-License-Identifier: BSD-2-Clause
#include "metrics.h"

#include <inttypes.h>

/* Whose counters they are, as labels. */
struct origin {
	const char *dataplane;
	const char *interface;
	struct counters counters;
};

void metrics_escape(FILE *out, const char *value)
{
	for (; *value; value++) {
		if (*value == '\n') {
			fputs("\\n", out);
			continue;
		}
		if (*value == '\\' || *value == '"')
			fputc('\\', out);
		fputc(*value, out);
	}
}

static void write_head(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_labels(FILE *out, const char *name, const struct origin *origin,
			 enum family family)
{
	fprintf(out, "%s{dataplane=\"%s\",interface=\"", name, origin->dataplane);
	metrics_escape(out, origin->interface);
	fprintf(out, "\",family=\"%s\"", family_label(family));
}

static void write_packets(FILE *out, const struct origin *origin)
{
	for (int family = 0; family < FAMILIES; family++)
		for (int verdict = 0; verdict < VERDICTS; verdict++) {
			write_labels(out, "reflex_packets_total", origin, family);
			fprintf(out, ",verdict=\"%s\",action=\"%s\"} %" PRIu64 "\n",
				verdict_label(verdict), action_label(verdict_action(verdict)),
				origin->counters.packets[family][verdict]);
		}
}

static void write_bytes(FILE *out, const struct origin *origin)
{
	static const char *const directions[DIRECTIONS] = {"rx", "tx"};

	for (int family = 0; family < FAMILIES; family++)
		for (int direction = 0; direction < DIRECTIONS; direction++) {
			write_labels(out, "reflex_bytes_total", origin, family);
			fprintf(out, ",direction=\"%s\"} %" PRIu64 "\n", directions[direction],
				origin->counters.bytes[family][direction]);
		}
}

static void write_mode(FILE *out, const struct loader_interface *interface)
{
	static const char *const modes[] = {"native", "generic"};

	for (int mode = 0; mode < 2; mode++) {
		fprintf(out, "reflex_attach_mode{interface=\"");
		metrics_escape(out, interface->name);
		fprintf(out, "\",mode=\"%s\"} %d\n", modes[mode], (int)interface->mode == mode);
	}
}

static void write_daemon(FILE *out, const struct metrics *metrics)
{
	write_head(out, "reflex_ready", "gauge", "Whether real requests are answered now.");
	fprintf(out, "reflex_ready %d\n", metrics->ready);
	write_head(out, "reflex_config_generation", "gauge",
		   "1 after the start, one more after each accepted reload.");
	fprintf(out, "reflex_config_generation %u\n", metrics->generation);
	write_head(out, "reflex_config_last_reload_successful", "gauge",
		   "Whether the last reload, or the start, was accepted.");
	fprintf(out, "reflex_config_last_reload_successful %d\n", metrics->last_reload_successful);
	write_head(out, "reflex_build_info", "gauge", "What is running; always 1.");
	fprintf(out, "reflex_build_info{version=\"");
	metrics_escape(out, metrics->version);
	fprintf(out, "\",compiler=\"");
	metrics_escape(out, __VERSION__);
	fprintf(out, "\"} 1\n");
}

static void write_connections(FILE *out, const struct socket_statistics *statistics)
{
	static const char *const reasons[SOCKET_REASONS] = {
		[SOCKET_CLIENT] = "client",   [SOCKET_IDLE] = "idle", [SOCKET_SLOW] = "slow",
		[SOCKET_FRAMING] = "framing", [SOCKET_FULL] = "full", [SOCKET_REMOVED] = "removed",
		[SOCKET_ERROR] = "error",
	};

	write_head(out, "reflex_tcp_connections", "gauge", "TCP connections that are open.");
	fprintf(out, "reflex_tcp_connections %" PRIu64 "\n", statistics->connections);
	write_head(out, "reflex_tcp_connections_accepted_total", "counter",
		   "TCP connections that were accepted.");
	fprintf(out, "reflex_tcp_connections_accepted_total %" PRIu64 "\n", statistics->accepted);
	write_head(out, "reflex_tcp_connections_closed_total", "counter",
		   "TCP connections that were closed, by why.");
	for (int reason = 0; reason < SOCKET_REASONS; reason++)
		fprintf(out, "reflex_tcp_connections_closed_total{reason=\"%s\"} %" PRIu64 "\n",
			reasons[reason], statistics->closed[reason]);
}

/* Return: how many origins there are, or -errno. */
static int read_origins(struct origin *origins, const struct metrics *metrics,
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
	socket_read(metrics->sockets, statistics);
	/* Sockets are bound to addresses. */
	origins[count] = (struct origin){"socket", "any", statistics->counters};
	return count + 1;
}

int metrics_write(FILE *out, const struct metrics *metrics)
{
	static struct origin origins[LOADER_INTERFACES_MAX + 1];
	static struct socket_statistics statistics;
	int count = read_origins(origins, metrics, &statistics);

	if (count < 0)
		return count;
	write_head(out, "reflex_packets_total", "counter",
		   "Packets, and messages to sockets, by what was found and what was done.");
	for (int i = 0; i < count; i++)
		write_packets(out, &origins[i]);
	write_head(out, "reflex_bytes_total", "counter",
		   "Bytes as received and as sent: of whole frames without FCS, to sockets of STUN "
		   "messages.");
	for (int i = 0; i < count; i++)
		write_bytes(out, &origins[i]);

	write_head(out, "reflex_attach_mode", "gauge",
		   "1 for the mode in which the program is attached.");
	for (int i = 0; i < count - 1; i++) {
		struct loader_interface interface = loader_interface_get(metrics->loader, i);

		write_mode(out, &interface);
	}
	write_connections(out, &statistics);
	write_daemon(out, metrics);
	return 0;
}
