// SPDX-License-Identifier: BSD-2-Clause
#include "engine_dpdk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void say_why(int r, const struct dpdk *dpdk, const char *path, struct error *reason)
{
	switch (r) {
	case 0:
		error_say(reason, "reflex-dpdk: %s", dpdk->status.trouble);
		break;
	case -ENOENT:
	case -ESRCH:
		error_say(
			reason,
			"reflex-dpdk is not running: start it (systemctl start reflex-dpdk), with "
			"--instance %s",
			dpdk->instance);
		break;
	case -ETIMEDOUT:
		if (dpdk->status.updated)
			error_say(reason,
				  "reflex-dpdk hangs: it has said nothing for over %d seconds",
				  SEGMENT_STALE_MS / 1000);
		else
			error_say(reason, "reflex-dpdk is starting");
		break;
	case -EPROTO:
		error_say(reason,
			  "reflex-dpdk is of another version than reflexd, or %s was damaged: "
			  "install both in the same version, and restart reflex-dpdk",
			  path);
		break;
	default:
		error_say(reason, "%s cannot be read: %s", path, strerror(-r));
	}
}

bool dpdk_look(struct dpdk *dpdk, struct error *reason)
{
	const char *path = dpdk->paths[0];
	int r;

	if (dpdk->paths[1][0] && access(path, F_OK) < 0)
		path = dpdk->paths[1];
	r = segment_look(&dpdk->reader, path, &dpdk->status);
	if (!dpdk->reader.segment)
		memset(&dpdk->status, 0, sizeof(dpdk->status));
	dpdk->up = r == 0;
	for (size_t i = 0; i < SEGMENT_PORTS_MAX; i++) /* links of ports that nobody has now */
		dpdk->status.ports[i].up &= dpdk->up && dpdk->status.ports[i].present;
	if (dpdk->up && dpdk->status.ready)
		return true;
	say_why(r, dpdk, path, reason);
	return false;
}

/* --- series --- */

static size_t list_ports(const struct dpdk *dpdk, const char **ports)
{
	return dpdk->reader.segment ? segment_names(dpdk->reader.segment, ports) : 0;
}

size_t dpdk_origins(const struct dpdk *dpdk, struct counters_origin *origins)
{
	const char *ports[SEGMENT_PORTS_MAX];
	uint64_t outcomes[OUTCOMES];
	size_t count = list_ports(dpdk, ports);

	for (size_t i = 0; i < count; i++) {
		origins[i].dataplane = "dpdk";
		origins[i].interface = ports[i];
		segment_sum(dpdk->reader.segment, ports[i], &origins[i].counters, outcomes);
	}
	return count;
}

static void collect_up(const struct metrics_writer *writer, void *context)
{
	const struct dpdk *dpdk = context;

	metric_value(writer, dpdk->up, NULL);
}

static void collect_buffers(const struct metrics_writer *writer, void *context)
{
	const struct segment_status *status = &((const struct dpdk *)context)->status;

	metric_value(writer, status->buffers_free, &(struct metric_labels){{"free"}});
	metric_value(writer, status->buffers - status->buffers_free,
		     &(struct metric_labels){{"used"}});
}

static void collect_frames(const struct metrics_writer *writer, void *context)
{
	const struct dpdk *dpdk = context;
	const char *ports[SEGMENT_PORTS_MAX];
	size_t count = list_ports(dpdk, ports);

	for (size_t i = 0; i < count; i++) {
		struct counters ignored;
		uint64_t outcomes[OUTCOMES];

		segment_sum(dpdk->reader.segment, ports[i], &ignored, outcomes);
		for (int outcome = 0; outcome < OUTCOMES; outcome++) {
			const struct metric_labels labels = {{ports[i], outcome_label(outcome)}};

			metric_value(writer, outcomes[outcome], &labels);
		}
	}
}

/* The field of each port that the metric names. */
static void collect_ports(const struct metrics_writer *writer, void *context)
{
	const struct dpdk *dpdk = context;

	for (size_t i = 0; i < SEGMENT_PORTS_MAX; i++) {
		const struct segment_port *port = &dpdk->status.ports[i];
		const char *field = (const char *)port + writer->metric->offset;

		if (!port->name[0])
			break;
		metric_value(writer, *(const uint64_t *)field,
			     &(struct metric_labels){{port->name}});
	}
}

static const struct metric dpdk_series[] = {
	{
		.name = "reflex_dpdk_up",
		.type = METRIC_GAUGE,
		.help = "Whether reflex-dpdk runs.",
		.collect = collect_up,
	},
	{
		.name = "reflex_dpdk_start_time_seconds",
		.type = METRIC_GAUGE,
		.help = "When it was started last, since 1970; 0: never.",
		.collect = metric_collect_field,
		.offset = offsetof(struct dpdk, status.started),
	},
	{
		.name = "reflex_dpdk_workers",
		.type = METRIC_GAUGE,
		.help = "Threads that poll ports.",
		.collect = metric_collect_field,
		.offset = offsetof(struct dpdk, status.workers),
	},
	{
		.name = "reflex_dpdk_config_generation",
		.type = METRIC_GAUGE,
		.help = "1 after its start, one more after each reload that it accepted.",
		.collect = metric_collect_field,
		.offset = offsetof(struct dpdk, status.generation),
	},
	{
		.name = "reflex_dpdk_config_last_reload_successful",
		.type = METRIC_GAUGE,
		.help = "Whether its last reload, or its start, was accepted.",
		.collect = metric_collect_field,
		.offset = offsetof(struct dpdk, status.last_reload_successful),
	},
	{
		.name = "reflex_dpdk_mbufs",
		.type = METRIC_GAUGE,
		.help = "Buffers for frames, by state.",
		.label_names = {"state"},
		.collect = collect_buffers,
	},
	{
		.name = "reflex_dpdk_frames_total",
		.type = METRIC_COUNTER,
		.help = "Frames that STUN is not the answer to, by what became of them.",
		.label_names = {"interface", "outcome"},
		.collect = collect_frames,
	},
	{
		.name = "reflex_dpdk_missed_total",
		.type = METRIC_COUNTER,
		.help = "Frames that found no room in the port's queues, or no buffer.",
		.label_names = {"interface"},
		.collect = collect_ports,
		.offset = offsetof(struct segment_port, missed),
	},
	{
		.name = "reflex_dpdk_errors_total",
		.type = METRIC_COUNTER,
		.help = "Frames that came in damaged, or that the device could not send.",
		.label_names = {"interface"},
		.collect = collect_ports,
		.offset = offsetof(struct segment_port, errors),
	},
	{
		.name = "reflex_dpdk_link_up",
		.type = METRIC_GAUGE,
		.help = "Whether the port of the process that runs has its link.",
		.label_names = {"interface"},
		.collect = collect_ports,
		.offset = offsetof(struct segment_port, up),
	},
	{.name = NULL},
};

void dpdk_metrics(const struct dpdk *dpdk, struct metrics_writer *writer)
{
	metrics_write_table(writer, dpdk_series, (void *)dpdk);
}

void dpdk_close(struct dpdk *dpdk)
{
	segment_close(&dpdk->reader);
}

/* --- the engine --- */

static struct dpdk *dpdk_of(struct engine *engine)
{
	return (struct dpdk *)engine;
}

static bool wanted(const struct config *config)
{
	return config->dataplane == CONFIG_DATAPLANE_DPDK;
}

/* Where its segment would be. Without root that is one of the same user, or else root's, which
 * anyone may read. That there is none yet is no error. */
static int open_reader(struct engine **engine, const char *instance,
		       const struct engine_setup *setup, struct error *error)
{
	struct dpdk *dpdk = calloc(1, sizeof(*dpdk));
	int r;

	if (!dpdk)
		return error_set(error, -ENOMEM, "out of memory");
	dpdk->engine.kind = &engine_dpdk;
	dpdk->engine.setup = setup;
	dpdk->instance = instance;
	if (geteuid() != 0)
		snprintf(dpdk->paths[1], sizeof(dpdk->paths[1]), "/run/reflex/%s/%s", instance,
			 SEGMENT_FILE);
	r = instance_path(dpdk->paths[0], instance, SEGMENT_FILE, error);
	if (r < 0) {
		free(dpdk);
		return r;
	}
	*engine = &dpdk->engine;
	return 0;
}

static bool reachable(struct engine *engine, struct error *reason)
{
	return dpdk_look(dpdk_of(engine), reason);
}

static const char *answering(struct engine *engine)
{
	struct error reason;

	return dpdk_look(dpdk_of(engine), &reason) ? "answering, by reflex-dpdk,"
						   : "waiting for reflex-dpdk to answer";
}

static int counters(struct engine *engine, struct counters_origin *list, size_t room)
{
	return room < SEGMENT_PORTS_MAX ? -E2BIG : (int)dpdk_origins(dpdk_of(engine), list);
}

static void metrics(struct engine *engine, struct metrics_writer *writer)
{
	if (engine)
		dpdk_metrics(dpdk_of(engine), writer);
}

static void close_reader(struct engine *engine)
{
	dpdk_close(dpdk_of(engine));
	free(engine);
}

_Static_assert(SEGMENT_PORTS_MAX <= ENGINE_ORIGINS_MAX, "a list has room for every port");

const struct engine_kind engine_dpdk = {
	.remote = true,
	.wanted = wanted,
	.open = open_reader,
	.close = close_reader,
	.reachable = reachable,
	.answering = answering,
	.counters = counters,
	.metrics = metrics,
};
