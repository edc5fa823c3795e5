// SPDX-License-Identifier: BSD-2-Clause
/* The XDP program: what it takes to load and attach it, and how it does. */
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "delivery.h"
#include "endpoint.h"
#include "engine.h"
#include "link.h"
#include "loader.h"
#include "log.h"
#include "privileges.h"
#include "probe.h"

/* What the driver of an interface does with answers. */
struct transmit {
	struct delivery delivery;
	uint64_t errors; /* as the driver said last, */
	uint64_t former; /* and what those said that are gone */
};

struct xdp {
	struct engine engine;
	struct loader *loader;
	int unpinned; /* why pins are missing; 0: they are not */
	/* Of each interface that is attached: */
	int refused[LOADER_INTERFACES_MAX]; /* why it was not attached again; 0: it was */
	struct transmit transmits[LOADER_INTERFACES_MAX];
};

_Static_assert((int)CONFIG_MODE_NATIVE == LOADER_NATIVE &&
		       (int)CONFIG_MODE_GENERIC == LOADER_GENERIC &&
		       (int)CONFIG_MODE_AUTO == LOADER_AUTO &&
		       CONFIG_INTERFACES_MAX == LOADER_INTERFACES_MAX &&
		       LOADER_INTERFACES_MAX <= ENGINE_ORIGINS_MAX,
	       "the configuration and the loader disagree");

static const char *mode_name(enum loader_mode mode)
{
	return config_mode_name((uint8_t)mode);
}

static struct xdp *xdp_of(struct engine *engine)
{
	return (struct xdp *)engine;
}

static const struct config *config_of(const struct xdp *xdp)
{
	return xdp->engine.setup->config;
}

static bool wanted(const struct config *config)
{
	return config->dataplane == CONFIG_DATAPLANE_AUTO ||
	       config->dataplane == CONFIG_DATAPLANE_XDP;
}

/* --- start --- */

/* Whether XDP is out of reach of this process, rather than something wrong that can be put right
 * on the way to it. */
static bool out_of_reach(const struct config *config, int r)
{
	return config->dataplane == CONFIG_DATAPLANE_AUTO &&
	       (r == -EPERM || r == -EACCES || r == -EOPNOTSUPP || r == -EPROTONOSUPPORT);
}

/* Where replies by XDP would not arrive, auto has sockets send them. */
static int check(const struct config *config, struct error *error)
{
	int r = privileges_check(error);

	if (r < 0)
		return out_of_reach(config, r) ? ENGINE_UNAVAILABLE : r;
	if (config->dataplane != CONFIG_DATAPLANE_AUTO)
		return 0; /* what is asked for is done, and /readyz says how it goes */
	for (size_t i = 0; i < config->interfaces_count; i++) {
		const struct config_interface *interface = &config->interfaces[i];

		if (interface->mode == CONFIG_MODE_NATIVE &&
		    !link_far_end(interface->name, link_index(interface->name), error))
			return ENGINE_UNAVAILABLE;
	}
	return 0;
}

static int open_program(struct engine **engine, const char *instance,
			const struct engine_setup *setup, struct error *error)
{
	struct xdp *xdp = calloc(1, sizeof(*xdp));
	int r;

	if (!xdp)
		return error_set(error, -ENOMEM, "out of memory");
	xdp->engine.kind = &engine_xdp;
	xdp->engine.setup = setup;
	error_say(error, "the program cannot be loaded");
	r = loader_create(&xdp->loader, instance, error);
	if (r < 0) {
		free(xdp);
		return out_of_reach(setup->config, r) ? ENGINE_UNAVAILABLE : r;
	}
	*engine = &xdp->engine;
	return 0;
}

static void commit(struct engine *engine, const struct engine_setup *next)
{
	loader_set_policy(xdp_of(engine)->loader, next->policy);
}

static bool has_adopted(const struct xdp *xdp)
{
	for (size_t i = 0; i < loader_interface_count(xdp->loader); i++)
		if (loader_interface_get(xdp->loader, i).adopted)
			return true;
	return false;
}

/* Whether an earlier process's program answers on an interface that is configured. */
static bool has_left(const struct xdp *xdp)
{
	const struct config *config = config_of(xdp);

	if (has_adopted(xdp))
		return true;
	for (size_t i = loader_interface_count(xdp->loader); i < config->interfaces_count; i++)
		if (loader_left(xdp->loader, config->interfaces[i].name))
			return true;
	return false;
}

static int refuse(struct xdp *xdp, const struct config_interface *interface, int r)
{
	bool lacking = r == -EOPNOTSUPP;

	if (!out_of_reach(config_of(xdp), r) || has_left(xdp) ||
	    (lacking && interface->mode != CONFIG_MODE_NATIVE))
		return r;
	if (lacking)
		xdp->engine.hint = "auto: where such an interface is a NIC, reflex-dpdk(8) is the "
				   "fast way";
	return ENGINE_UNAVAILABLE;
}

/* `mode: auto` is generic where what is sent natively would not arrive. @why: set where so */
static enum loader_mode serving_mode(const struct config_interface *interface, struct error *why)
{
	if (interface->mode == CONFIG_MODE_AUTO &&
	    !link_far_end(interface->name, link_index(interface->name), why))
		return LOADER_GENERIC;
	return (enum loader_mode)interface->mode;
}

static void log_attached(const struct loader_interface *got, const char *why_generic)
{
	log_info("%s: %s in %s mode%s", got->name,
		 got->adopted && !got->replaced ? "adopted" : "attached", mode_name(got->mode),
		 got->replaced ? ", in place of what an earlier process left" : "");
	if (why_generic[0])
		log_warning("auto: in the kernel's generic mode, which is much slower: %s",
			    why_generic);
}

static int attach(struct engine *engine, struct error *error)
{
	struct xdp *xdp = xdp_of(engine);
	const struct config *config = config_of(xdp);

	for (size_t i = 0; i < config->interfaces_count; i++) {
		const struct config_interface *interface = &config->interfaces[i];
		struct error why = {""};
		struct loader_interface got;
		int r;

		error->text[0] = '\0';
		r = loader_attach(xdp->loader, interface->name, serving_mode(interface, &why),
				  error);
		if (r < 0)
			return refuse(xdp, interface, r);
		got = loader_interface_get(xdp->loader, i);
		log_attached(&got, error->text[0] ? error->text : why.text);
	}
	if (config->dataplane == CONFIG_DATAPLANE_AUTO)
		log_info("auto: answering by XDP");
	loader_end_others(xdp->loader);
	return 0;
}

/* --- life --- */

static const struct config_interface *configured(const struct config *config, const char *name)
{
	size_t i = 0;

	/* A reload may bring another order, and nothing else. */
	while (strcmp(config->interfaces[i].name, name) != 0)
		i++;
	return &config->interfaces[i];
}

/* Where the program is no longer attached. What stands in the way is said once. */
static void attach_again(struct xdp *xdp, size_t position)
{
	struct loader_interface got = loader_interface_get(xdp->loader, position);
	struct error error;
	enum loader_mode mode = serving_mode(configured(config_of(xdp), got.name), &error);
	int r = loader_attach_again(xdp->loader, position, mode, &error);

	got = loader_interface_get(xdp->loader, position);
	if (r == 0)
		log_info("%s: attached again in %s mode", got.name, mode_name(got.mode));
	else if (r != xdp->refused[position])
		log_warning("%s", error.text);
	xdp->refused[position] = r;
}

/* Pins that are missing are made again. Returns whether all are there; why not is said once. */
static bool keep_pins(struct xdp *xdp)
{
	struct error error;
	int r = loader_keep_pins(xdp->loader, &error);

	if (r < 0 && r != xdp->unpinned)
		log_warning("%s; until its pins are made again, the program ends with reflexd",
			    error.text);
	else if (r > 0)
		log_info("the pins were gone and are made again");
	xdp->unpinned = r < 0 ? r : 0;
	return r >= 0;
}

static void repair(struct engine *engine)
{
	struct xdp *xdp = xdp_of(engine);

	if (!keep_pins(xdp))
		return;
	for (size_t i = 0; i < loader_interface_count(xdp->loader); i++)
		if (!loader_interface_live(xdp->loader, i) &&
		    link_index(loader_interface_get(xdp->loader, i).name) > 0)
			attach_again(xdp, i);
}

/* How many answers the driver of an interface did not send; 0 where it does not tell. Never goes
 * back, though a driver's own count may. */
static uint64_t transmit_errors(struct xdp *xdp, size_t position)
{
	struct loader_interface interface = loader_interface_get(xdp->loader, position);
	struct transmit *transmit = &xdp->transmits[position];
	uint64_t errors;

	if (interface.mode == LOADER_NATIVE &&
	    link_xdp_errors((int)interface.index, &errors) == 0) {
		if (errors < transmit->errors) /* made again, or its driver reset */
			transmit->former += transmit->errors;
		transmit->errors = errors;
	}
	return transmit->former + transmit->errors;
}

static uint64_t count_answers(const struct counters *counters)
{
	uint64_t answers = 0;

	for (int family = 0; family < FAMILIES; family++)
		for (int verdict = 0; verdict < VERDICTS; verdict++)
			if (verdict_action(verdict) == ACTION_ANSWER)
				answers += counters->packets[family][verdict];
	return answers;
}

static void measure(struct engine *engine, int64_t now)
{
	static struct counters counters;
	struct xdp *xdp = xdp_of(engine);

	for (size_t i = 0; i < loader_interface_count(xdp->loader); i++) {
		uint64_t errors = transmit_errors(xdp, i);

		if (loader_read(xdp->loader, i, &counters) == 0)
			delivery_note(&xdp->transmits[i].delivery, count_answers(&counters), errors,
				      now);
	}
}

/* --- how it does --- */

static bool interface_ready(const struct xdp *xdp, size_t position, struct error *reason)
{
	struct loader_interface interface = loader_interface_get(xdp->loader, position);
	int named = link_index(interface.name);

	if (!loader_interface_live(xdp->loader, position)) {
		error_say(reason,
			  "%s: the program is no longer attached (was it deleted or renamed?)",
			  interface.name);
		return false;
	}
	if (named == -ENODEV || (named > 0 && named != (int)interface.index)) {
		error_say(reason,
			  "%s: has another name now: give it this one again, or change "
			  "`interfaces` and restart reflexd",
			  interface.name);
		return false;
	}
	return link_ready(interface.name, (int)interface.index, reason) &&
	       (interface.mode != LOADER_NATIVE ||
		link_far_end(interface.name, (int)interface.index, reason));
}

static bool reachable(struct engine *engine, struct error *reason)
{
	const struct xdp *xdp = xdp_of(engine);

	for (size_t i = 0; i < loader_interface_count(xdp->loader); i++)
		if (!interface_ready(xdp, i, reason))
			return false;
	return true;
}

static bool answers_leave(const struct xdp *xdp, struct error *reason)
{
	for (size_t i = 0; i < loader_interface_count(xdp->loader); i++) {
		const char *name = loader_interface_get(xdp->loader, i).name;

		if (!xdp->transmits[i].delivery.bad)
			continue;
		error_say(reason,
			  "%s: its driver does not send the answers: see `ethtool -S %s` (xdp_tx), "
			  "and the kernel log",
			  name, name);
		return false;
	}
	return true;
}

/* By a request that no network carries. */
static bool ask_program(const struct xdp *xdp, struct error *reason)
{
	const struct service *service = &xdp->engine.setup->services->list[0];
	char text[ENDPOINT_TEXT_MAX];
	struct probe probe;
	int action;

	probe_build(&probe, &service->service);
	action = loader_run(xdp->loader, probe.frame, &probe.length, sizeof(probe.frame));
	if (action == XDP_TX && probe_answered(&probe))
		return true;

	endpoint_print(text, &service->service, service->scope);
	if (action < 0)
		error_say(reason, "the program cannot be run: %s", strerror(-action));
	else if (action == XDP_TX)
		error_say(reason, "the program gives a wrong answer for %s", text);
	else
		error_say(reason, "the program does not answer for %s (XDP action %d)", text,
			  action);
	return false;
}

static bool ready(struct engine *engine, struct error *reason)
{
	const struct xdp *xdp = xdp_of(engine);

	return answers_leave(xdp, reason) && ask_program(xdp, reason);
}

static int counters(struct engine *engine, struct counters_origin *list, size_t room)
{
	struct xdp *xdp = xdp_of(engine);
	size_t count = loader_interface_count(xdp->loader);

	if (count > room)
		return -E2BIG;
	for (size_t i = 0; i < count; i++) {
		int r = loader_read(xdp->loader, i, &list[i].counters);

		if (r < 0)
			return r;
		list[i].dataplane = "xdp";
		list[i].interface = loader_interface_get(xdp->loader, i).name;
	}
	return (int)count;
}

static void collect_modes(const struct metrics_writer *writer, void *context)
{
	const struct xdp *xdp = context;
	size_t count = xdp ? loader_interface_count(xdp->loader) : 0;

	for (size_t i = 0; i < count; i++) {
		struct loader_interface interface = loader_interface_get(xdp->loader, i);

		for (int mode = LOADER_NATIVE; mode <= LOADER_GENERIC; mode++) {
			const struct metric_labels labels = {{interface.name, mode_name(mode)}};

			metric_value(writer, (int)interface.mode == mode, &labels);
		}
	}
}

static void collect_transmit_errors(const struct metrics_writer *writer, void *context)
{
	struct xdp *xdp = context;
	size_t count = xdp ? loader_interface_count(xdp->loader) : 0;

	for (size_t i = 0; i < count; i++)
		metric_value(writer, transmit_errors(xdp, i),
			     &(struct metric_labels){{loader_interface_get(xdp->loader, i).name}});
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

static void metrics(struct engine *engine, struct metrics_writer *writer)
{
	metrics_write_table(writer, xdp_metrics, engine ? xdp_of(engine) : NULL);
}

/* --- end --- */

/* What is adopted is never ended by a start that failed. */
static void undo(struct engine *engine)
{
	if (!has_adopted(xdp_of(engine)))
		loader_detach(xdp_of(engine)->loader);
}

/* Leaves the program answering. Says only what is so. */
static int persist(struct xdp *xdp)
{
	struct error error;
	size_t count = loader_interface_count(xdp->loader);
	int r = loader_keep_pins(xdp->loader, &error);

	if (r < 0) {
		log_error("persist: the program cannot be left answering: %s", error.text);
		return r;
	}
	for (size_t i = 0; i < count; i++)
		if (!loader_interface_live(xdp->loader, i))
			log_warning("persist: %s is not answered: the program is not attached",
				    loader_interface_get(xdp->loader, i).name);
	log_info("stopped; the program goes on answering, and the next start adopts it");
	return 0;
}

static int stop(struct engine *engine)
{
	struct xdp *xdp = xdp_of(engine);
	int left = 0, r;

	if (config_of(xdp)->persist) {
		left = persist(xdp);
		if (left == 0)
			return 0;
	}
	r = loader_detach(xdp->loader);
	if (r < 0)
		log_error("not everything could be detached: %s", strerror(-r));
	else
		log_info("stopped");
	return left < 0 ? left : r;
}

static void close_program(struct engine *engine)
{
	loader_destroy(xdp_of(engine)->loader);
	free(engine);
}

static int end_left(const char *instance, struct error *error)
{
	int r = loader_end_left(instance, error);

	if (r > 0)
		log_info("the XDP program that an earlier process left answering is ended");
	return r < 0 ? r : 0;
}

const struct engine_kind engine_xdp = {
	.needs_netlink = true,
	.wanted = wanted,
	.check = check,
	.open = open_program,
	.commit = commit,
	.attach = attach,
	.undo = undo,
	.stop = stop,
	.close = close_program,
	.check_left = loader_check_left,
	.end_left = end_left,
	.measure = measure,
	.repair = repair,
	.reachable = reachable,
	.ready = ready,
	.counters = counters,
	.metrics = metrics,
};
