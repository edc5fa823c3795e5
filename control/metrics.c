// SPDX-License-Identifier: BSD-2-Clause
#include "metrics.h"

#include <inttypes.h>

static const char *const dataplane = "xdp";

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

static void write_labels(FILE *out, const char *name, const char *interface, enum family family)
{
	fprintf(out, "%s{dataplane=\"%s\",interface=\"", name, dataplane);
	metrics_escape(out, interface);
	fprintf(out, "\",family=\"%s\"", family_label(family));
}

static void write_packets(FILE *out, const char *interface, const struct counters *counters)
{
	for (int family = 0; family < FAMILIES; family++)
		for (int verdict = 0; verdict < VERDICTS; verdict++) {
			write_labels(out, "reflex_packets_total", interface, family);
			fprintf(out, ",verdict=\"%s\",action=\"%s\"} %" PRIu64 "\n",
				verdict_label(verdict), action_label(verdict_action(verdict)),
				counters->packets[family][verdict]);
		}
}

static void write_bytes(FILE *out, const char *interface, const struct counters *counters)
{
	static const char *const directions[DIRECTIONS] = {"rx", "tx"};

	for (int family = 0; family < FAMILIES; family++)
		for (int direction = 0; direction < DIRECTIONS; direction++) {
			write_labels(out, "reflex_bytes_total", interface, family);
			fprintf(out, ",direction=\"%s\"} %" PRIu64 "\n", directions[direction],
				counters->bytes[family][direction]);
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

int metrics_write(FILE *out, const struct metrics *metrics)
{
	static struct counters counters[LOADER_INTERFACES_MAX];
	size_t count = loader_interface_count(metrics->loader);

	for (size_t i = 0; i < count; i++) {
		int r = loader_read(metrics->loader, i, &counters[i]);

		if (r < 0)
			return r;
	}

	write_head(out, "reflex_packets_total", "counter",
		   "Packets by what was found and what was done.");
	for (size_t i = 0; i < count; i++)
		write_packets(out, loader_interface_get(metrics->loader, i).name, &counters[i]);
	write_head(out, "reflex_bytes_total", "counter",
		   "Bytes of whole frames without FCS, as received and as sent.");
	for (size_t i = 0; i < count; i++)
		write_bytes(out, loader_interface_get(metrics->loader, i).name, &counters[i]);

	write_head(out, "reflex_attach_mode", "gauge",
		   "1 for the mode in which the program is attached.");
	for (size_t i = 0; i < count; i++) {
		struct loader_interface interface = loader_interface_get(metrics->loader, i);

		write_mode(out, &interface);
	}
	write_daemon(out, metrics);
	return 0;
}
