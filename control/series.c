// SPDX-License-Identifier: BSD-2-Clause
#include "series.h"

#include <inttypes.h>

void series_escape(FILE *out, const char *value)
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

void series_head(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void series_gauge(FILE *out, const char *name, const char *help, uint64_t value)
{
	series_head(out, name, "gauge", help);
	fprintf(out, "%s %" PRIu64 "\n", name, value);
}

static void write_labels(FILE *out, const char *name, const struct series_origin *origin,
			 enum family family)
{
	fprintf(out, "%s{dataplane=\"%s\",interface=\"", name, origin->dataplane);
	series_escape(out, origin->interface);
	fprintf(out, "\",family=\"%s\"", family_label(family));
}

static void write_packets(FILE *out, const struct series_origin *origin)
{
	for (int family = 0; family < FAMILIES; family++)
		for (int verdict = 0; verdict < VERDICTS; verdict++) {
			write_labels(out, "reflex_packets_total", origin, family);
			fprintf(out, ",verdict=\"%s\",action=\"%s\"} %" PRIu64 "\n",
				verdict_label(verdict), action_label(verdict_action(verdict)),
				origin->counters.packets[family][verdict]);
		}
}

static void write_bytes(FILE *out, const struct series_origin *origin)
{
	static const char *const directions[DIRECTIONS] = {"rx", "tx"};

	for (int family = 0; family < FAMILIES; family++)
		for (int direction = 0; direction < DIRECTIONS; direction++) {
			write_labels(out, "reflex_bytes_total", origin, family);
			fprintf(out, ",direction=\"%s\"} %" PRIu64 "\n", directions[direction],
				origin->counters.bytes[family][direction]);
		}
}

static void write_private_clients(FILE *out, const struct series_origin *origin)
{
	fprintf(out, "reflex_private_clients_total{dataplane=\"%s\",interface=\"",
		origin->dataplane);
	series_escape(out, origin->interface);
	fprintf(out, "\"} %" PRIu64 "\n",
		origin->counters.packets[COUNTERS_EXTRA][COUNTERS_PRIVATE_CLIENTS]);
}

void series_counters(FILE *out, const struct series_origin *origins, size_t count)
{
	series_head(out, "reflex_packets_total", "counter",
		    "Packets, and messages to sockets, by what was found and what was done.");
	for (size_t i = 0; i < count; i++)
		write_packets(out, &origins[i]);
	series_head(
		out, "reflex_bytes_total", "counter",
		"Bytes as received and as sent: of whole frames without FCS, to sockets of STUN "
		"messages.");
	for (size_t i = 0; i < count; i++)
		write_bytes(out, &origins[i]);
	series_head(out, "reflex_private_clients_total", "counter",
		    "Success responses that told a private address, from a service address that is "
		    "not private: something before the service hides its clients.");
	for (size_t i = 0; i < count; i++)
		write_private_clients(out, &origins[i]);
}
