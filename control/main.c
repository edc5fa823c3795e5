// SPDX-License-Identifier: BSD-2-Clause
/* reflexd: puts the responder on its interfaces, watches over it, and says how it does. */
#include <stdlib.h>
#include <string.h>

#include "daemon.h"
#include "engines.h"
#include "events.h"
#include "files.h"
#include "link.h"
#include "log.h"
#include "notify.h"
#include "pages.h"
#include "privileges.h"
#include "reflexd_check.h"

#define EXIT_USAGE 2 /* EXIT_FAILURE, 1, is for what goes wrong later */

/* --- the short steps of the start --- */

/* First, while there is still a file for the socket of link.h. */
static int raise_files(struct daemon *daemon, struct error *error)
{
	int r = files_raise(error);

	(void)daemon;
	if (r < 0)
		return r;
	r = link_open();
	if (r < 0)
		return error_set(error, r, "no socket to look up interfaces: %s", strerror(-r));
	return 0;
}

static int take_lock(struct daemon *daemon, struct error *error)
{
	return lock_take(&daemon->lock, daemon->options.instance, error);
}

static int drop_privileges(struct daemon *daemon, struct error *error)
{
	int r = privileges_drop();

	(void)daemon;
	if (r < 0)
		return error_set(error, r, "capabilities cannot be dropped: %s", strerror(-r));
	return 0;
}

/* --- start, run, end --- */

static int start(struct daemon *daemon, struct error *error)
{
	static int (*const steps[])(struct daemon * daemon, struct error * error) = {
		raise_files,	      take_lock,       engines_check, events_open,
		daemon_list_services, pages_open,      engines_open,  engines_attach,
		engines_check_left,   drop_privileges, engines_start, engines_end_left,
	};
	int r = 0;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && r == 0; i++)
		r = steps[i](daemon, error);
	return r;
}

static void log_start(struct daemon *daemon)
{
	daemon_log_services(daemon, "");
	log_info("version %s, instance %s, metrics on http://%s/metrics", REFLEX_VERSION,
		 daemon->options.instance, daemon->config.metrics.text);
	daemon_log_readiness(daemon);
}

/* Return: 0 or -errno, which has been logged. */
static int run(struct daemon *daemon)
{
	struct error error;
	int r = start(daemon, &error);

	if (r < 0) {
		log_error("%s", error.text);
		engines_undo(daemon);
		return r;
	}
	log_start(daemon);
	notify_ready();
	r = events_run(daemon, &error);
	if (r < 0) {
		log_error("%s", error.text);
		return r;
	}
	return engines_stop(daemon);
}

static void release(struct daemon *daemon)
{
	http_close(daemon->http);
	engines_close(daemon);
	services_free(&daemon->services);
	events_close(daemon);
	lock_release(&daemon->lock);
}

int main(int argc, char **argv)
{
	static struct daemon daemon = {
		.lock.fd = -1,
		.signals.fd = -1,
		.follow.watch = -1,
		.generation = 1,
		.last_reload_successful = true,
	};
	struct error error;
	int r;

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
		r = reflexd_check(&daemon, &error);
		if (r < 0)
			log_error("%s", error.text);
		return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	r = run(&daemon);
	release(&daemon);
	return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
