// SPDX-License-Identifier: BSD-2-Clause
/* The control thread: signals, reload, status. It never touches a packet. */
#include <errno.h>
#include <rte_malloc.h>
#include <rte_mempool.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "dpdk_control.h"
#include "dpdk_guard.h"
#include "dpdk_respond.h"
#include "endpoint.h"
#include "log.h"
#include "notify.h"
#include "probe.h"
#include "reload.h"
#include "services_log.h"
#include "signals.h"

#define PERIOD_MS	 100
#define STUCK_PERIODS	 10 /* without a round of a worker: it hangs */
#define FOLLOW_PERIODS	 10 /* between two looks at the interfaces' addresses */
#define QUIET_ATTEMPTS	 5000
#define QUIET_ATTEMPT_US 1000

/* --- what is configured --- */

int dpdk_control_config(struct config *config, const char *file, struct error *error)
{
	int r = config_load(config, file, CONFIG_DATAPLANE_DPDK, error);

	if (r < 0 || config->dataplane == CONFIG_DATAPLANE_DPDK)
		return r;
	return error_set(error, -EINVAL, "%s: dataplane: is %s, and reflex-dpdk is for dpdk", file,
			 config_dataplane_name(config->dataplane));
}

struct dpdk_policy *dpdk_control_policy(const struct config *config,
					const struct services *services, struct error *error)
{
	struct dpdk_policy *made;
	struct policy *policy;

	if (services_policy(&policy, services, config, error) < 0)
		return NULL;
	made = rte_malloc("policy", sizeof(*made), RTE_CACHE_LINE_SIZE);
	if (made) {
		made->policy = *policy;
		made->sleep = config->idle == CONFIG_IDLE_SLEEP;
	} else {
		error_say(error, "no memory of DPDK is left for the services");
	}
	free(policy);
	return made;
}

/* Waits until no worker can hold what was in force before: each has begun a round since. */
static bool wait_quiet(const struct dpdk_responder *responder)
{
	for (unsigned int i = 0; i < responder->workers_count; i++) {
		const uint64_t *rounds = &responder->workers[i].rounds;
		uint64_t before = __atomic_load_n(rounds, __ATOMIC_ACQUIRE);
		int attempt = 0;

		while (__atomic_load_n(rounds, __ATOMIC_ACQUIRE) < before + 2) {
			if (attempt++ == QUIET_ATTEMPTS)
				return false;
			usleep(QUIET_ATTEMPT_US);
		}
	}
	return true;
}

/* Takes over the services on success. Nothing has changed after an error. */
static int put_in_force(struct dpdk_responder *responder, const struct config *config,
			struct services *services, struct error *error)
{
	const struct dpdk_policy *old = responder->active;
	struct dpdk_policy *next = dpdk_control_policy(config, services, error);

	if (!next)
		return -EINVAL;
	__atomic_store_n(&responder->active, next, __ATOMIC_RELEASE);
	services_free(&responder->services);
	responder->services = *services;
	*services = (struct services){0};
	if (wait_quiet(responder))
		rte_free((void *)old);
	else
		log_warning("a worker is stuck; the old policy, which it may still use, stays in "
			    "memory");
	return 0;
}

static int reload(void *context, struct error *error)
{
	static struct config next;
	struct dpdk_responder *responder = context;
	struct services services;
	int r = dpdk_control_config(&next, responder->options.file, error);

	if (r < 0)
		return r;
	if (strcmp(next.punt, responder->config.punt) != 0)
		return error_set(error, -EPERM, "%s: punt: changes only by a restart",
				 responder->options.file);
	r = services_expand(&services, &next, error);
	if (r < 0)
		return r;
	r = put_in_force(responder, &next, &services, error);
	if (r == 0)
		responder->config = next;
	services_free(&services);
	return r;
}

/* The own addresses of interfaces may change; without interfaces none are meant. */
static void follow_addresses(struct dpdk_responder *responder)
{
	const struct config *config = &responder->config;
	struct error error;
	struct services services;
	int r;

	if (config->interfaces_count == 0)
		return;
	r = services_expand(&services, config, &error);
	if (r == 0)
		services_limit(&services, &responder->services);
	if (r == 0 && services_equal(&services, &responder->services)) {
		services_free(&services);
		return;
	}
	if (r == 0) {
		r = put_in_force(responder, config, &services, &error);
		services_free(&services);
	}
	if (r == 0)
		services_log(&responder->services, "addresses changed: ", "answering");
	responder->last_follow_error = r < 0 ? error : (struct error){""};
}

static void on_hangup(struct dpdk_responder *responder)
{
	bool successful = reload_run(reload, responder);

	responder->status.last_reload_successful = successful;
	if (!successful)
		return;
	responder->status.generation++;
	services_log(&responder->services, "reloaded: ", "answering");
}

/* --- how it is --- */

static bool workers_ready(struct dpdk_responder *responder, struct error *reason)
{
	static uint64_t seen[DPDK_WORKERS_MAX];
	static unsigned int stuck[DPDK_WORKERS_MAX];

	for (unsigned int i = 0; i < responder->workers_count; i++) {
		uint64_t rounds = __atomic_load_n(&responder->workers[i].rounds, __ATOMIC_RELAXED);

		stuck[i] = rounds == seen[i] ? stuck[i] + 1 : 0;
		seen[i] = rounds;
		if (stuck[i] < STUCK_PERIODS)
			continue;
		error_say(reason, "the worker on lcore %u is stuck", responder->workers[i].lcore);
		return false;
	}
	return true;
}

/* As look_at_port has seen them. */
static bool ports_ready(struct dpdk_responder *responder, struct error *reason)
{
	for (unsigned int i = 0; i < responder->ports_count; i++) {
		const struct dpdk_port *port = &responder->ports[i];

		if (segment_port(&responder->status, port->name)->up)
			continue;
		error_say(reason, "port %s: its %s", port->name,
			  port->gone ? "device is gone: restart reflex-dpdk when it is back"
				     : "link is down");
		return false;
	}
	return true;
}

/* A request that no port brings, to the first service. */
static bool answers(const struct dpdk_responder *responder, struct error *reason)
{
	const struct service *service = &responder->services.list[0];
	char text[ENDPOINT_TEXT_MAX];
	struct counters_event event;
	struct probe probe;

	if (responder->services.count == 0) {
		error_say(reason, "no interface has an address yet, and answering needs one");
		return false;
	}
	probe_build(&probe, &service->service);
	dpdk_respond(probe.frame, (uint32_t)probe.length, sizeof(probe.frame),
		     &responder->active->policy, 0, &event);
	probe.length = event.sent;
	if (probe_answered(&probe))
		return true;
	error_say(reason, "the responder gives no right answer for %s",
		  endpoint_print(text, &service->service, service->scope));
	return false;
}

/* Its link, and the device's own counters, carried on. The port has its place in the status since
 * it was opened. */
static void look_at_port(struct dpdk_responder *responder, struct dpdk_port *port)
{
	struct segment_port *to = segment_port(&responder->status, port->name);
	struct rte_eth_stats now;

	to->up = dpdk_port_up(port);
	to->missed += packet_sockets_dropped(&port->sockets);
	if (rte_eth_stats_get(port->id, &now) < 0)
		return;
	to->missed += now.imissed - port->seen.imissed + now.rx_nombuf - port->seen.rx_nombuf;
	to->errors += now.ierrors - port->seen.ierrors + now.oerrors - port->seen.oerrors;
	port->seen = now;
}

static void look_at_buffers(struct dpdk_responder *responder)
{
	struct segment_status *status = &responder->status;

	status->buffers = status->buffers_free = 0;
	for (unsigned int i = 0; i < responder->workers_count; i++) {
		status->buffers += responder->pools[i]->size;
		status->buffers_free += rte_mempool_avail_count(responder->pools[i]);
	}
}

static bool services_ready(const struct dpdk_responder *responder, struct error *reason)
{
	if (!responder->last_follow_error.text[0])
		return services_complete(&responder->services, reason);
	error_say(reason, "the addresses changed, but %.460s", responder->last_follow_error.text);
	return false;
}

static void look(struct dpdk_responder *responder)
{
	for (unsigned int i = 0; i < responder->ports_count; i++)
		look_at_port(responder, &responder->ports[i]);
	look_at_buffers(responder);
}

/* Looks at everything, and says how it is. */
static void publish(struct dpdk_responder *responder)
{
	struct segment_status *status = &responder->status;
	struct error trouble = {""};
	struct timespec now;

	dpdk_guard_check();
	look(responder);
	status->ready = workers_ready(responder, &trouble) && ports_ready(responder, &trouble) &&
			services_ready(responder, &trouble) && answers(responder, &trouble);
	snprintf(status->trouble, sizeof(status->trouble), "%s", trouble.text);
	clock_gettime(CLOCK_MONOTONIC, &now);
	status->updated = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	segment_publish(responder->segment.segment, status);
	readiness_log(&responder->readiness, status->trouble);
}

void dpdk_control_end(struct dpdk_responder *responder)
{
	struct segment_status *status = &responder->status;

	look(responder);
	status->ready = 0;
	snprintf(status->trouble, sizeof(status->trouble), "it is stopping");
	segment_publish(responder->segment.segment, status);
}

static bool has_no_ports(const struct dpdk_responder *responder)
{
	for (unsigned int i = 0; i < responder->ports_count; i++)
		if (!responder->ports[i].gone)
			return false;
	return true;
}

/* --- events --- */

static void stop(struct dpdk_responder *responder)
{
	notify_stopping();
	__atomic_store_n(&responder->stop, true, __ATOMIC_RELAXED);
	loop_stop(&responder->loop);
}

static void on_signal(void *context)
{
	struct dpdk_responder *responder = context;
	int signal;

	while ((signal = signals_next(responder->signals.fd))) {
		if (signal != SIGHUP) {
			stop(responder);
			return;
		}
		on_hangup(responder);
	}
	publish(responder);
}

static void on_tick(void *context)
{
	struct dpdk_responder *responder = context;

	if (++responder->periods % FOLLOW_PERIODS == 0)
		follow_addresses(responder);
	publish(responder);
	responder->tick.due = clock_ms() + PERIOD_MS;
	responder->no_ports = has_no_ports(responder);
	if (!responder->no_ports)
		return;
	/* Nothing to go on for, and whoever supervises it can start it anew. */
	log_error("no device is left");
	stop(responder);
}

int dpdk_control_open(struct dpdk_responder *responder, struct error *error)
{
	int fd = signals_open(error);

	if (fd < 0)
		return fd;
	responder->signals = (struct loop_source){
		.fd = fd, .due = LOOP_NEVER, .call = on_signal, .context = responder};
	responder->tick = (struct loop_source){
		.fd = -1, .due = LOOP_NEVER, .call = on_tick, .context = responder};
	if (loop_add(&responder->loop, &responder->signals) < 0 ||
	    loop_add(&responder->loop, &responder->tick) < 0)
		return error_set(error, -ENOMEM, "out of memory");
	return 0;
}

DPDK_COMPAT_THREAD_RESULT dpdk_control_run(void *argument)
{
	struct dpdk_responder *responder = argument;

	publish(responder);
	services_log(&responder->services, "", "answering");
	notify_ready();
	responder->tick.due = clock_ms() + PERIOD_MS;
	while (loop_run(&responder->loop) < 0) /* the kernel is out of memory */
		usleep(PERIOD_MS * 1000);
	return 0;
}
