// SPDX-License-Identifier: BSD-2-Clause
#include "dpdk.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

int dpdk_open(struct dpdk *dpdk, const char *instance, struct error *error)
{
	memset(dpdk, 0, sizeof(*dpdk));
	dpdk->instance = instance;
	if (geteuid() != 0)
		snprintf(dpdk->paths[1], sizeof(dpdk->paths[1]), "/run/reflex/%s/%s", instance,
			 SEGMENT_FILE);
	return instance_path(dpdk->paths[0], instance, SEGMENT_FILE, error);
}

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

size_t dpdk_origins(const struct dpdk *dpdk, struct series_origin *origins)
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

static void write_port(FILE *out, const char *name, const char *port)
{
	fprintf(out, "%s{interface=\"", name);
	series_escape(out, port);
}

static void write_frames(FILE *out, const struct dpdk *dpdk)
{
	const char *ports[SEGMENT_PORTS_MAX];
	size_t count = list_ports(dpdk, ports);

	series_head(out, "reflex_dpdk_frames_total", "counter",
		    "Frames that STUN is not the answer to, by what became of them.");
	for (size_t i = 0; i < count; i++) {
		struct counters ignored;
		uint64_t outcomes[OUTCOMES];

		segment_sum(dpdk->reader.segment, ports[i], &ignored, outcomes);
		for (int outcome = 0; outcome < OUTCOMES; outcome++) {
			write_port(out, "reflex_dpdk_frames_total", ports[i]);
			fprintf(out, "\",outcome=\"%s\"} %" PRIu64 "\n", outcome_label(outcome),
				outcomes[outcome]);
		}
	}
}

/* One value of each port's status. @offset: of a uint64_t in struct segment_port */
static void write_ports(FILE *out, const struct dpdk *dpdk, const char *name, const char *type,
			const char *help, size_t offset)
{
	series_head(out, name, type, help);
	for (size_t i = 0; i < SEGMENT_PORTS_MAX; i++) {
		const struct segment_port *port = &dpdk->status.ports[i];

		if (!port->name[0])
			break;
		write_port(out, name, port->name);
		fprintf(out, "\"} %" PRIu64 "\n", *(const uint64_t *)((const char *)port + offset));
	}
}

static void write_process(FILE *out, const struct dpdk *dpdk)
{
	const struct segment_status *status = &dpdk->status;

	series_gauge(out, "reflex_dpdk_up", "Whether reflex-dpdk runs.", dpdk->up);
	series_gauge(out, "reflex_dpdk_start_time_seconds",
		     "When it was started last, since 1970; 0: never.", status->started);
	series_gauge(out, "reflex_dpdk_workers", "Threads that poll ports.", status->workers);
	series_gauge(out, "reflex_dpdk_config_generation",
		     "1 after its start, one more after each reload that it accepted.",
		     status->generation);
	series_gauge(out, "reflex_dpdk_config_last_reload_successful",
		     "Whether its last reload, or its start, was accepted.",
		     status->last_reload_successful);
	series_head(out, "reflex_dpdk_mbufs", "gauge", "Buffers for frames, by state.");
	fprintf(out, "reflex_dpdk_mbufs{state=\"free\"} %" PRIu64 "\n", status->buffers_free);
	fprintf(out, "reflex_dpdk_mbufs{state=\"used\"} %" PRIu64 "\n",
		status->buffers - status->buffers_free);
}

void dpdk_write(FILE *out, const struct dpdk *dpdk)
{
	write_process(out, dpdk);
	write_frames(out, dpdk);
	write_ports(out, dpdk, "reflex_dpdk_missed_total", "counter",
		    "Frames that found no room in the port's queues, or no buffer.",
		    offsetof(struct segment_port, missed));
	write_ports(out, dpdk, "reflex_dpdk_errors_total", "counter",
		    "Frames that came in damaged, or that the device could not send.",
		    offsetof(struct segment_port, errors));
	write_ports(out, dpdk, "reflex_dpdk_link_up", "gauge",
		    "Whether the port of the process that runs has its link.",
		    offsetof(struct segment_port, up));
}

void dpdk_close(struct dpdk *dpdk)
{
	segment_close(&dpdk->reader);
}
