// SPDX-License-Identifier: BSD-2-Clause
/* reflexd: puts the responder on its interfaces, watches over it, and says how it does. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "clock.h"
#include "config.h"
#include "delivery.h"
#include "dpdk.h"
#include "endpoint.h"
#include "files.h"
#include "health.h"
#include "http.h"
#include "link.h"
#include "lock.h"
#include "log.h"
#include "metrics.h"
#include "netlink.h"
#include "privileges.h"
#include "reflexd_options.h"
#include "services.h"
#include "signals.h"
#include "sockets.h"
#include "watch.h"

#define EXIT_USAGE 2 /* EXIT_FAILURE, 1, is for what goes wrong later */
/* However often addresses and interfaces change: */
#define FOLLOW_MS 200	/* they are looked at no sooner again, */
#define SAY_MS	  10000 /* and what has changed is said no sooner again */

struct daemon {
	struct reflexd_options options;
	struct config config;
	enum config_dataplane automatic; /* what `dataplane: auto` has come to stand for */
	struct lock lock;
	int signals;
	int watch;
	int tick; /* a timer: when to look at what does not report */
	struct http *http;
	struct loader *loader; /* NULL where XDP does not answer */
	struct dpdk dpdk;      /* used where reflex-dpdk does */
	struct services services;
	struct deliveries deliveries;
	struct socket_responder *sockets;   /* NULL where reflex-dpdk hands nothing to the kernel */
	int refused[LOADER_INTERFACES_MAX]; /* why an interface was not attached to again; 0: was */
	int unpinned;			    /* why pins are missing; 0: they are not */
	unsigned int generation;
	bool last_reload_successful;
	struct error trouble;	 /* why it was not ready when last looked at; "": it was */
	struct error unfollowed; /* why addresses that changed could not be followed */
	int64_t followed;	 /* milliseconds, when that was last tried, */
	int64_t said;		 /* and when a change was last said */
	bool unsaid;		 /* another has come since */
};

_Static_assert((int)CONFIG_MODE_NATIVE == LOADER_NATIVE &&
		       (int)CONFIG_MODE_GENERIC == LOADER_GENERIC &&
		       (int)CONFIG_MODE_AUTO == LOADER_AUTO &&
		       CONFIG_INTERFACES_MAX == LOADER_INTERFACES_MAX,
	       "the configuration and the loader disagree");

static const char *const mode_names[] = {"native", "generic", "auto"};

static bool by_xdp(const struct config *config)
{
	return config->dataplane == CONFIG_DATAPLANE_AUTO ||
	       config->dataplane == CONFIG_DATAPLANE_XDP;
}

static bool by_dpdk(const struct config *config)
{
	return config->dataplane == CONFIG_DATAPLANE_DPDK;
}

static bool not_by_xdp(const struct config *config)
{
	return !by_xdp(config);
}

static bool by_sockets(const struct config *config) /* too, or alone */
{
	return !by_dpdk(config) || config->punt[0];
}

static bool ready(struct daemon *daemon, struct error *reason)
{
	const struct health health = {
		.loader = daemon->loader,
		.dpdk = by_dpdk(&daemon->config) ? &daemon->dpdk : NULL,
		.sockets = daemon->sockets,
		.config = &daemon->config,
		.services = &daemon->services,
		.deliveries = &daemon->deliveries,
		.unfollowed = daemon->unfollowed.text,
	};

	return health_ready(&health, reason);
}

/* --- pages --- */

static unsigned int write_metrics(FILE *out, const char *accept, const char **type, void *context)
{
	enum metrics_format format = metrics_negotiate(accept);
	struct daemon *daemon = context;
	struct error reason;
	struct metrics metrics = {
		.loader = daemon->loader,
		.dpdk = by_dpdk(&daemon->config) ? &daemon->dpdk : NULL,
		.sockets = daemon->sockets,
		.services = &daemon->services,
		.deliveries = &daemon->deliveries,
		.version = REFLEX_VERSION,
		.ready = ready(daemon, &reason),
		.generation = daemon->generation,
		.last_reload_successful = daemon->last_reload_successful,
	};
	int r = metrics_write(out, format, &metrics);

	*type = metrics_content_type(r == 0 ? format : METRICS_TEXT);
	if (r == 0)
		return 200;
	fprintf(out, "# the counters cannot be read: %s\n", strerror(-r));
	return 500;
}

static unsigned int write_healthz(FILE *out, const char *accept, const char **type, void *context)
{
	(void)accept;
	(void)type;
	(void)context;
	fputs("ok\n", out);
	return 200;
}

static unsigned int write_readyz(FILE *out, const char *accept, const char **type, void *context)
{
	struct daemon *daemon = context;
	struct error reason;

	(void)accept;
	(void)type;
	if (ready(daemon, &reason)) {
		fputs("ok\n", out);
		return 200;
	}
	fprintf(out, "%s\n", reason.text);
	return 503;
}

static const struct http_page pages[] = {
	{"/metrics", write_metrics},
	{"/healthz", write_healthz},
	{"/readyz", write_readyz},
	{NULL, NULL},
};

/* --- putting a configuration in force --- */

static int set_program_policy(struct daemon *daemon, const struct config *config,
			      const struct services *services, struct error *error)
{
	struct policy *policy;
	int r;

	if (!daemon->loader)
		return 0;
	r = services_policy(&policy, services, config, error);
	if (r < 0)
		return r;
	loader_set_policy(daemon->loader, policy);
	free(policy);
	return 0;
}

/* Takes the services over on success. Nothing has changed after an error. */
static int apply(struct daemon *daemon, const struct config *config, struct services *services,
		 bool strict, struct error *error)
{
	int r = 0;

	if (daemon->sockets)
		r = sockets_prepare(daemon->sockets, config, services, strict, error);
	if (r < 0)
		return r;
	r = set_program_policy(daemon, config, services, error);
	if (daemon->sockets && r < 0)
		socket_abandon(daemon->sockets);
	if (r < 0)
		return r;
	if (daemon->sockets)
		socket_commit(daemon->sockets);
	services_free(&daemon->services);
	daemon->services = *services;
	*services = (struct services){0};
	return 0;
}

static const char *answering(struct daemon *daemon)
{
	struct error reason;

	if (!by_dpdk(&daemon->config))
		return "answering";
	return dpdk_look(&daemon->dpdk, &reason) ? "answering, by reflex-dpdk,"
						 : "waiting for reflex-dpdk to answer";
}

static void log_services(struct daemon *daemon, const char *prefix)
{
	char names[SERVICES_NAMED_SIZE];
	struct error error;
	size_t count = daemon->services.count;

	log_info("%s%s on %s", prefix, answering(daemon),
		 count ? services_name(names, &daemon->services) : "no address");
	services_log_left_out(&daemon->services);
	if (daemon->sockets)
		sockets_log_passed(&daemon->config, &daemon->services);
	if (services_check(&daemon->services, &daemon->config, daemon->options.file, &error) < 0)
		log_warning("%s", error.text);
	if (count && !daemon->services.local && !by_dpdk(&daemon->config))
		log_warning(
			"no service address is this machine's own: packets reach it only if the "
			"network routes them here");
}

/* Says once when requests are no longer answered, and when they are again. */
static void log_readiness(struct daemon *daemon)
{
	struct error reason;

	if (ready(daemon, &reason))
		reason.text[0] = '\0';
	if (strcmp(reason.text, daemon->trouble.text) == 0)
		return;
	if (reason.text[0])
		log_warning("not ready: %s", reason.text);
	else
		log_info("ready again");
	daemon->trouble = reason;
}

/* --- start, in the order of main --- */

/* First, while there is still a file for the socket of link.h. */
static int raise_files(struct daemon *daemon)
{
	struct error error;
	int r = files_raise(&error);

	(void)daemon;
	if (r < 0) {
		log_error("%s", error.text);
		return r;
	}
	r = link_open();
	if (r < 0)
		log_error("no socket to look up interfaces: %s", strerror(-r));
	return r;
}

static int open_events(struct daemon *daemon)
{
	const struct itimerspec second = {{.tv_sec = 1}, {.tv_sec = 1}};
	struct error error;
	int r;

	daemon->signals = signals_open(&error);
	if (daemon->signals < 0) {
		log_error("%s", error.text);
		return daemon->signals;
	}
	r = daemon->watch = watch_open();
	if (netlink_blocked(r) && !by_xdp(&daemon->config) && services_named(&daemon->config)) {
		log_warning("no rtnetlink socket: %s: the services name their addresses, so it is "
			    "not needed, but interfaces are checked only once a second",
			    strerror(-r));
	} else if (r < 0) {
		log_error("no rtnetlink socket: %s%s", strerror(-r), netlink_hint(r));
		return r;
	}
	daemon->tick = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (daemon->tick >= 0 && timerfd_settime(daemon->tick, 0, &second, NULL) == 0)
		return 0;
	log_error("no timer: %s", strerror(errno));
	return -errno;
}

static int take_lock(struct daemon *daemon)
{
	struct error error;
	int r = lock_take(&daemon->lock, daemon->options.instance, &error);

	if (r < 0)
		log_error("%s", error.text);
	return r;
}

static int open_http(struct daemon *daemon)
{
	struct error error;
	char path[INSTANCE_PATH_MAX];
	int r = instance_path(path, daemon->options.instance, "metrics", &error);

	if (r == 0)
		r = http_open(&daemon->http, &daemon->config.metrics, path, pages, daemon, &error);
	if (r < 0)
		log_error("%s", error.text);
	return r;
}

static int open_dpdk(struct daemon *daemon)
{
	struct error error;
	int r = dpdk_open(&daemon->dpdk, daemon->options.instance, &error);

	if (r < 0)
		log_error("%s", error.text);
	return r;
}

static int list_services(struct daemon *daemon)
{
	struct error error;
	int r = services_expand(&daemon->services, &daemon->config, &error);

	if (r == 0)
		r = services_check(&daemon->services, &daemon->config, daemon->options.file,
				   &error);
	if (r == 0)
		r = services_check_metrics(&daemon->services, &daemon->config, daemon->options.file,
					   &error);
	if (r < 0)
		log_error("%s", error.text);
	return r;
}

static int open_sockets(struct daemon *daemon)
{
	struct error error;
	int r = sockets_create(&daemon->sockets, &daemon->config, &daemon->services, &error);

	if (r == 0)
		r = sockets_prepare(daemon->sockets, &daemon->config, &daemon->services, true,
				    &error);
	if (r < 0)
		log_error("%s", error.text);
	else
		socket_commit(daemon->sockets);
	return r;
}

static bool has_adopted(const struct daemon *daemon)
{
	size_t count = daemon->loader ? loader_interface_count(daemon->loader) : 0;

	for (size_t i = 0; i < count; i++)
		if (loader_interface_get(daemon->loader, i).adopted)
			return true;
	return false;
}

/* All or nothing, except that what an earlier process left answering is never ended by a failed
 * start. */
static void undo_load(struct daemon *daemon)
{
	if (daemon->loader && !has_adopted(daemon))
		loader_detach(daemon->loader);
}

/* Goes on with sockets, as if `dataplane: socket` had been asked for, after what was done with XDP
 * is undone. */
static int fall_back(struct daemon *daemon, const struct error *reason)
{
	const char *where = daemon->options.file ? daemon->options.file : "options";
	struct error error;
	int r = config_settle(&daemon->config, CONFIG_DATAPLANE_SOCKET, where, &error);

	undo_load(daemon);
	loader_destroy(daemon->loader);
	daemon->loader = NULL;
	if (r < 0) {
		log_error("%s; auto cannot use XDP here: %s", error.text, reason->text);
		return r;
	}
	log_warning("auto: answering by sockets, which is slower: %s", reason->text);
	daemon->automatic = CONFIG_DATAPLANE_SOCKET;
	if (!daemon->sockets)
		return 0; /* their turn is yet to come */
	socket_destroy(daemon->sockets);
	daemon->sockets = NULL;
	services_free(&daemon->services);
	r = list_services(daemon);
	return r < 0 ? r : open_sockets(daemon);
}

/* Whether an earlier process's program answers on an interface that is configured. */
static bool has_left(const struct daemon *daemon)
{
	size_t count = daemon->loader ? loader_interface_count(daemon->loader) : 0;

	if (has_adopted(daemon))
		return true;
	for (size_t i = count; daemon->loader && i < daemon->config.interfaces_count; i++)
		if (loader_left(daemon->loader, daemon->config.interfaces[i].name))
			return true;
	return false;
}

/* Whether XDP is out of reach of this process, rather than something wrong that can be put right
 * on the way to it. */
static bool out_of_reach(const struct daemon *daemon, int r)
{
	return daemon->config.dataplane == CONFIG_DATAPLANE_AUTO && !has_left(daemon) &&
	       (r == -EPERM || r == -EACCES || r == -EOPNOTSUPP || r == -EPROTONOSUPPORT);
}

static int check_privileges(struct daemon *daemon)
{
	struct error error;
	int r = privileges_check(&error);

	if (r < 0 && out_of_reach(daemon, r))
		return fall_back(daemon, &error);
	if (r < 0)
		log_error("%s", error.text);
	return r;
}

/* Where replies by XDP would not arrive, auto has sockets send them. */
static int check_far_ends(struct daemon *daemon)
{
	struct error error;

	if (daemon->config.dataplane != CONFIG_DATAPLANE_AUTO)
		return 0; /* what is asked for is done, and /readyz says how it goes */
	for (size_t i = 0; i < daemon->config.interfaces_count; i++) {
		const struct config_interface *wanted = &daemon->config.interfaces[i];

		if (wanted->mode == CONFIG_MODE_NATIVE &&
		    !link_far_end(wanted->name, link_index(wanted->name), &error))
			return fall_back(daemon, &error);
	}
	return 0;
}

static int load(struct daemon *daemon)
{
	struct error error = {"the program cannot be loaded"};
	int r = loader_create(&daemon->loader, daemon->options.instance, &error);

	if (r < 0 && out_of_reach(daemon, r))
		return fall_back(daemon, &error);
	if (r == 0) {
		r = set_program_policy(daemon, &daemon->config, &daemon->services, &error);
		if (r < 0)
			undo_load(daemon);
	}
	if (r < 0)
		log_error("%s", error.text);
	return r;
}

static int refuse_attach(struct daemon *daemon, const struct config_interface *wanted, int r,
			 const struct error *error)
{
	bool lacking = r == -EOPNOTSUPP;

	if (out_of_reach(daemon, r) && (!lacking || wanted->mode == CONFIG_MODE_NATIVE)) {
		r = fall_back(daemon, error);
		if (r == 0 && lacking)
			log_info("auto: where such an interface is a NIC, reflex-dpdk(8) is the "
				 "fast way");
		return r;
	}
	log_error("%s", error->text);
	undo_load(daemon);
	return r;
}

/* `mode: auto` is generic where what is sent natively would not arrive. @why: set where so */
static enum loader_mode serving_mode(const struct config_interface *wanted, struct error *why)
{
	if (wanted->mode == CONFIG_MODE_AUTO &&
	    !link_far_end(wanted->name, link_index(wanted->name), why))
		return LOADER_GENERIC;
	return (enum loader_mode)wanted->mode;
}

static int attach(struct daemon *daemon)
{
	for (size_t i = 0; i < daemon->config.interfaces_count; i++) {
		const struct config_interface *wanted = &daemon->config.interfaces[i];
		struct error error = {""}, why = {""};
		struct loader_interface got;
		int r = loader_attach(daemon->loader, wanted->name, serving_mode(wanted, &why),
				      &error);

		if (r < 0)
			return refuse_attach(daemon, wanted, r, &error);
		got = loader_interface_get(daemon->loader, i);
		log_info("%s: %s in %s mode%s", got.name,
			 got.adopted && !got.replaced ? "adopted" : "attached",
			 mode_names[got.mode],
			 got.replaced ? ", in place of what an earlier process left" : "");
		if (error.text[0] || why.text[0]) /* why not natively */
			log_warning("auto: in the kernel's generic mode, which is much slower: %s",
				    error.text[0] ? error.text : why.text);
	}
	if (daemon->config.dataplane == CONFIG_DATAPLANE_AUTO)
		log_info("auto: answering by XDP");
	loader_end_others(daemon->loader);
	return 0;
}

static int check_left(struct daemon *daemon)
{
	struct error error;
	int r = loader_check_left(daemon->options.instance, &error);

	if (r < 0)
		log_error("%s", error.text);
	return r;
}

static int drop_privileges(struct daemon *daemon)
{
	int r = privileges_drop();

	if (r < 0) {
		log_error("capabilities cannot be dropped: %s", strerror(-r));
		undo_load(daemon);
	}
	return r;
}

/* Threads have the capabilities that were left when they started. */
static int start_sockets(struct daemon *daemon)
{
	struct error error;
	int r = socket_start(daemon->sockets, &error);

	if (r < 0) {
		log_error("%s", error.text);
		undo_load(daemon);
	}
	return r;
}

/* It would answer before us, by a policy of its own. The last step, as what may fail comes before.
 */
static int end_left(struct daemon *daemon)
{
	struct error error;
	int r = loader_end_left(daemon->options.instance, &error);

	if (r < 0) {
		log_error("%s", error.text);
		return r;
	}
	if (r > 0)
		log_info("the XDP program that an earlier process left answering is ended");
	return 0;
}

/* --- events --- */

static bool same_interfaces(const struct config *a, const struct config *b)
{
	size_t same = 0;

	for (size_t i = 0; i < a->interfaces_count; i++)
		for (size_t j = 0; j < b->interfaces_count; j++)
			same += strcmp(a->interfaces[i].name, b->interfaces[j].name) == 0 &&
				a->interfaces[i].mode == b->interfaces[j].mode;
	return same == a->interfaces_count && same == b->interfaces_count;
}

/* What a reload cannot change, since it takes privileges that are gone, or another process too. */
static const char *fixed_key_changed(const struct config *old, const struct config *new)
{
	if (old->dataplane != new->dataplane)
		return "dataplane";
	if (strcmp(old->punt, new->punt) != 0)
		return "punt";
	if (!same_interfaces(old, new))
		return "interfaces";
	if (old->metrics.length != new->metrics.length ||
	    memcmp(&old->metrics.address, &new->metrics.address, old->metrics.length) != 0)
		return "metrics.listen";
	return NULL;
}

static int reload(struct daemon *daemon, struct error *error)
{
	static struct config next;
	struct services services;
	const char *key;
	int r;

	r = config_load(&next, daemon->options.file, daemon->automatic, error);
	if (r < 0)
		return r;
	key = fixed_key_changed(&daemon->config, &next);
	if (key) {
		return error_set(error, -EPERM, "%s: %s: changes only by a restart",
				 daemon->options.file, key);
	}
	r = services_expand(&services, &next, error);
	if (r < 0)
		return r;
	r = services_check(&services, &next, daemon->options.file, error);
	if (r == 0)
		r = services_check_metrics(&services, &next, daemon->options.file, error);
	if (r == 0)
		r = apply(daemon, &next, &services, true, error);
	if (r == 0)
		daemon->config = next;
	services_free(&services);
	return r;
}

static void on_hangup(struct daemon *daemon)
{
	struct error error;

	if (!daemon->options.file) {
		log_warning("nothing to reload: started without --config");
		return;
	}
	daemon->last_reload_successful = reload(daemon, &error) == 0;
	if (!daemon->last_reload_successful) {
		log_error("reload refused, the old configuration goes on: %s", error.text);
		return;
	}
	daemon->generation++;
	daemon->unsaid = false;
	daemon->unfollowed.text[0] = '\0';
	log_services(daemon, "reloaded: ");
}

static void say_changes(struct daemon *daemon)
{
	int64_t now = clock_ms();

	if (!daemon->unsaid || (daemon->said && now < daemon->said + SAY_MS))
		return;
	daemon->said = now;
	daemon->unsaid = false;
	log_services(daemon, "addresses changed: ");
	if (daemon->sockets)
		sockets_log_missing(daemon->sockets, &daemon->config);
}

/* What cannot be followed makes it not ready, and is tried again every second. */
static void follow_addresses(struct daemon *daemon)
{
	struct error error;
	struct services services = {0};
	int r = services_expand(&services, &daemon->config, &error);

	daemon->followed = clock_ms();
	if (r == 0)
		services_limit(&services, &daemon->services);
	if (r == 0 && !services_equal(&services, &daemon->services)) {
		r = apply(daemon, &daemon->config, &services, false, &error);
		daemon->unsaid |= r == 0;
	}
	services_free(&services);
	daemon->unfollowed = r < 0 ? error : (struct error){""};
	say_changes(daemon);
}

/* Return: in how many milliseconds changes are looked at; 0: now. */
static int follow_wait(const struct daemon *daemon)
{
	int64_t due = daemon->followed ? daemon->followed + FOLLOW_MS - clock_ms() : 0;

	return due > 0 ? (int)due : 0;
}

static void on_change(struct daemon *daemon)
{
	watch_drain(daemon->watch);
	follow_addresses(daemon);
}

/* Returns whether to go on. */
static bool on_signal(struct daemon *daemon)
{
	struct signalfd_siginfo info;

	while (read(daemon->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGHUP)
			return false;
		on_hangup(daemon);
	}
	return true;
}

static const struct config_interface *configured(const struct config *config, const char *name)
{
	size_t i = 0;

	/* A reload may bring another order, and nothing else. */
	while (strcmp(config->interfaces[i].name, name) != 0)
		i++;
	return &config->interfaces[i];
}

/* Where the program is no longer attached. What stands in the way is said once. */
static void attach_again(struct daemon *daemon, size_t position)
{
	struct loader_interface got = loader_interface_get(daemon->loader, position);
	const struct config_interface *wanted = configured(&daemon->config, got.name);
	struct error error;
	enum loader_mode mode = serving_mode(wanted, &error);
	int r = loader_attach_again(daemon->loader, position, mode, &error);

	got = loader_interface_get(daemon->loader, position);
	if (r == 0)
		log_info("%s: attached again in %s mode", got.name, mode_names[got.mode]);
	else if (r != daemon->refused[position])
		log_warning("%s", error.text);
	daemon->refused[position] = r;
}

/* Pins that are missing are made again. Returns whether all are there; why not is said once. */
static bool keep_pins(struct daemon *daemon)
{
	struct error error;
	int r = loader_keep_pins(daemon->loader, &error);

	if (r < 0 && r != daemon->unpinned)
		log_warning("%s; until its pins are made again, the program ends with reflexd",
			    error.text);
	else if (r > 0)
		log_info("the pins were gone and are made again");
	daemon->unpinned = r < 0 ? r : 0;
	return r >= 0;
}

/* What no event tells of: links that others detached, ports that others held, threads, reflex-dpdk.
 */
static void look(struct daemon *daemon)
{
	size_t count =
		daemon->loader && keep_pins(daemon) ? loader_interface_count(daemon->loader) : 0;

	for (size_t i = 0; i < count; i++)
		if (!loader_interface_live(daemon->loader, i) &&
		    link_index(loader_interface_get(daemon->loader, i).name) > 0)
			attach_again(daemon, i);
	if (daemon->sockets)
		sockets_retry(daemon->sockets, &daemon->config, &daemon->services);
	if (daemon->unfollowed.text[0])
		follow_addresses(daemon);
	say_changes(daemon);
	log_readiness(daemon);
}

static int loop(struct daemon *daemon)
{
	struct pollfd events[] = {
		{.fd = daemon->signals, .events = POLLIN},
		{.fd = daemon->watch, .events = POLLIN},
		{.fd = daemon->tick, .events = POLLIN},
		{.fd = http_fd(daemon->http), .events = POLLIN},
	};
	uint64_t ticks;
	bool ticked;

	for (;;) {
		int wait = http_timeout(daemon->http), hold = follow_wait(daemon);

		/* Changes that come one upon the other are left to add up. */
		events[1].fd = hold ? -1 : daemon->watch;
		if (hold && (wait < 0 || wait > hold))
			wait = hold;
		if (poll(events, 4, wait) < 0 && errno != EINTR) {
			log_error("poll: %s", strerror(errno));
			return -errno;
		}
		if (events[0].revents && !on_signal(daemon))
			return 0;
		if (events[1].revents)
			on_change(daemon);
		http_run(daemon->http);
		/* Not for all that a scraper sends. */
		ticked = read(daemon->tick, &ticks, sizeof(ticks)) > 0;
		if (ticked)
			deliveries_look(&daemon->deliveries, daemon->loader,
					daemon->config.dataplane == CONFIG_DATAPLANE_SOCKET
						? daemon->sockets
						: NULL,
					clock_ms());
		if (events[0].revents || events[1].revents || ticked)
			look(daemon);
	}
}

/* --- end --- */

/* Leaves the program answering. Says only what is so. */
static int persist(struct daemon *daemon)
{
	struct error error;
	size_t count = loader_interface_count(daemon->loader);
	int r = loader_keep_pins(daemon->loader, &error);

	if (r < 0) {
		log_error("persist: the program cannot be left answering: %s", error.text);
		return r;
	}
	for (size_t i = 0; i < count; i++)
		if (!loader_interface_live(daemon->loader, i))
			log_warning("persist: %s is not answered: the program is not attached",
				    loader_interface_get(daemon->loader, i).name);
	log_info("stopped; the program goes on answering, and the next start adopts it");
	return 0;
}

static int finish(struct daemon *daemon)
{
	int left = 0, r = 0;

	if (daemon->config.persist) { /* which takes XDP */
		left = persist(daemon);
		if (left == 0)
			return 0;
	}
	if (daemon->loader)
		r = loader_detach(daemon->loader);
	if (r < 0)
		log_error("not everything could be detached: %s", strerror(-r));
	else
		log_info("stopped");
	return left < 0 ? left : r;
}

static void release(struct daemon *daemon)
{
	http_close(daemon->http);
	socket_destroy(daemon->sockets);
	services_free(&daemon->services);
	loader_destroy(daemon->loader);
	dpdk_close(&daemon->dpdk);
	if (daemon->watch >= 0)
		close(daemon->watch);
	if (daemon->tick >= 0)
		close(daemon->tick);
	if (daemon->signals >= 0)
		close(daemon->signals);
	lock_release(&daemon->lock);
}

/* What the start would find wrong with this machine's addresses as they are now. */
static int check_machine(const struct daemon *daemon)
{
	struct error error;
	struct policy *policy = NULL;
	int r = services_policy(&policy, &daemon->services, &daemon->config, &error);

	free(policy);
	if (r == 0)
		r = http_check(&daemon->config.metrics, &error);
	if (r < 0)
		log_error("%s", error.text);
	return r;
}

static void print_check(const struct reflexd_options *options, const struct config *config)
{
	printf("%s: ok\n", options->file ? options->file : "options");
	printf("  dataplane  %s\n", config_dataplane_name(config->dataplane));
	for (size_t i = 0; i < config->interfaces_count; i++)
		printf("  interface  %-15s  %s%s\n", config->interfaces[i].name,
		       mode_names[config->interfaces[i].mode],
		       if_nametoindex(config->interfaces[i].name) ? "" : "  (not there now)");
	if (by_dpdk(config)) {
		printf("  punt       %s\n", config->punt[0] ? config->punt : "none");
		printf("  idle       %s\n", config_idle_name(config->idle));
	}
	services_print(stdout, config);
	printf("  metrics    %s\n", config->metrics.text);
}

static void log_start(struct daemon *daemon)
{
	log_services(daemon, "");
	log_info("version %s, instance %s, metrics on http://%s/metrics", REFLEX_VERSION,
		 daemon->options.instance, daemon->config.metrics.text);
}

int main(int argc, char **argv)
{
	static const struct {
		int (*take)(struct daemon *daemon);
		bool (*needed)(const struct config *config); /* NULL: always */
	} steps[] = {
		/* clang-format off */
		{raise_files,      NULL},
		{take_lock,        NULL},
		{check_privileges, by_xdp},
		{check_far_ends,   by_xdp},
		{open_events,      NULL},
		{list_services,    NULL},
		{open_http,        NULL},
		{open_dpdk,        by_dpdk},
		{open_sockets,     by_sockets},
		{load,             by_xdp},
		{attach,           by_xdp},
		{check_left,       not_by_xdp},
		{drop_privileges,  NULL},
		{start_sockets,    by_sockets},
		{end_left,         not_by_xdp},
		/* clang-format on */
	};
	static struct daemon daemon = {
		.lock.fd = -1,
		.signals = -1,
		.watch = -1,
		.tick = -1,
		.generation = 1,
		.last_reload_successful = true,
	};
	struct error error;
	int r = 0;

	log_open("reflexd");
	switch (reflexd_options_parse(&daemon.options, &daemon.config, argc, argv, &error)) {
	case OPTIONS_DONE:
		return EXIT_SUCCESS;
	case OPTIONS_WRONG:
		log_error("%s", error.text);
		return EXIT_USAGE;
	case OPTIONS_RUN:
		break;
	}
	if (daemon.options.check) {
		r = list_services(&daemon);
		if (r == 0)
			r = check_machine(&daemon);
		if (r == 0)
			print_check(&daemon.options, &daemon.config);
		services_free(&daemon.services);
		return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	}

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && r == 0; i++)
		if (!steps[i].needed || steps[i].needed(&daemon.config))
			r = steps[i].take(&daemon);
	if (r == 0) {
		log_start(&daemon);
		log_readiness(&daemon);
		r = loop(&daemon);
		if (r == 0)
			r = finish(&daemon);
	}
	release(&daemon);
	return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
