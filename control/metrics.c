// SPDX-License-Identifier: BSD-2-Clause
#include "metrics.h"

#include "metrics_counters.h"
#include "metrics_process.h"
#include "metrics_writer.h"

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
static int read_origins(struct counters_origin *origins, const struct metrics *metrics)
{
	int count = 0;

	for (size_t i = 0; i < metrics->engines_count; i++) {
		struct engine *engine = metrics->engines[i];
		int r = engine->kind->counters(engine, &origins[count], ENGINE_ORIGINS_MAX);

		if (r < 0)
			return r;
		count += r;
	}
	return count;
}

/* NULL: it is not in force. */
static struct engine *find_engine(const struct metrics *metrics, const struct engine_kind *kind)
{
	for (size_t i = 0; i < metrics->engines_count; i++)
		if (metrics->engines[i]->kind == kind)
			return metrics->engines[i];
	return NULL;
}

int metrics_write(FILE *out, enum metrics_format format, struct metrics *metrics)
{
	static struct counters_origin origins[ENGINES_MAX * ENGINE_ORIGINS_MAX];
	struct metrics_writer writer = {out, format, NULL};
	int count = read_origins(origins, metrics);

	if (count < 0)
		return count;
	metrics_counters(&writer, origins, count);
	for (size_t i = 0; i < ENGINE_KINDS; i++)
		engine_kinds[i]->metrics(find_engine(metrics, engine_kinds[i]), &writer);
	metrics_write_table(&writer, daemon_metrics, metrics);
	metrics_process(&writer);
	metrics_end(&writer);
	return 0;
}
