// SPDX-License-Identifier: BSD-2-Clause
#include "metrics_counters.h"

struct origins {
	const struct counters_origin *list;
	size_t count;
};

static void write_packets(const struct metrics_writer *writer, const struct counters_origin *origin,
			  enum family family)
{
	for (int verdict = 0; verdict < VERDICTS; verdict++) {
		const struct metric_labels labels = {{origin->dataplane, origin->interface,
						      family_label(family), verdict_label(verdict),
						      action_label(verdict_action(verdict))}};

		metric_value(writer, origin->counters.packets[family][verdict], &labels);
	}
}

static void collect_packets(const struct metrics_writer *writer, void *context)
{
	const struct origins *origins = context;

	for (size_t i = 0; i < origins->count; i++)
		for (int family = 0; family < FAMILIES; family++)
			write_packets(writer, &origins->list[i], family);
}

static void write_bytes(const struct metrics_writer *writer, const struct counters_origin *origin,
			enum family family)
{
	static const char *const directions[DIRECTIONS] = {"rx", "tx"};

	for (int direction = 0; direction < DIRECTIONS; direction++) {
		const struct metric_labels labels = {{origin->dataplane, origin->interface,
						      family_label(family), directions[direction]}};

		metric_value(writer, origin->counters.bytes[family][direction], &labels);
	}
}

static void collect_bytes(const struct metrics_writer *writer, void *context)
{
	const struct origins *origins = context;

	for (size_t i = 0; i < origins->count; i++)
		for (int family = 0; family < FAMILIES; family++)
			write_bytes(writer, &origins->list[i], family);
}

static void collect_private_clients(const struct metrics_writer *writer, void *context)
{
	const struct origins *origins = context;

	for (size_t i = 0; i < origins->count; i++) {
		const struct counters_origin *origin = &origins->list[i];
		const struct metric_labels labels = {{origin->dataplane, origin->interface}};

		metric_value(writer,
			     origin->counters.packets[COUNTERS_EXTRA][COUNTERS_PRIVATE_CLIENTS],
			     &labels);
	}
}

static const struct metric counters_metrics[] = {
	{
		.name = "reflex_packets_total",
		.type = METRIC_COUNTER,
		.help = "Packets, and messages to sockets, by what was found and what was done.",
		.label_names = {"dataplane", "interface", "family", "verdict", "action"},
		.collect = collect_packets,
	},
	{
		.name = "reflex_bytes_total",
		.type = METRIC_COUNTER,
		.help = "Bytes as received and as sent: of whole frames without FCS, to sockets of "
			"STUN messages.",
		.label_names = {"dataplane", "interface", "family", "direction"},
		.collect = collect_bytes,
	},
	{
		.name = "reflex_private_clients_total",
		.type = METRIC_COUNTER,
		.help = "Success responses that told a private address, from a service address "
			"that is not private: something before the service hides its clients.",
		.label_names = {"dataplane", "interface"},
		.collect = collect_private_clients,
	},
	{.name = NULL},
};

void metrics_counters(struct metrics_writer *writer, const struct counters_origin *origins,
		      size_t count)
{
	struct origins context = {origins, count};

	metrics_write_table(writer, counters_metrics, &context);
}
