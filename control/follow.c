// SPDX-License-Identifier: BSD-2-Clause
#include "follow.h"

#include <string.h>
#include <unistd.h>

#include "apply.h"
#include "clock.h"
#include "engines.h"
#include "log.h"
#include "netlink.h"
#include "watch.h"

/* However often addresses and interfaces change: */
#define FOLLOW_MS 200	/* they are looked at no sooner again, */
#define SAY_MS	  10000 /* and what has changed is said no sooner again */

static void say_changes(struct daemon *daemon)
{
	struct follow *follow = &daemon->follow;
	int64_t now = clock_ms();

	if (!follow->unsaid || (follow->said && now < follow->said + SAY_MS))
		return;
	follow->said = now;
	follow->unsaid = false;
	daemon_log_services(daemon, "addresses changed: ");
	for (size_t i = 0; i < daemon->engines_count; i++)
		if (daemon->engines[i]->kind->log_missing)
			daemon->engines[i]->kind->log_missing(daemon->engines[i]);
}

void follow_addresses(struct daemon *daemon)
{
	struct follow *follow = &daemon->follow;
	struct services services = {0};
	struct error error;
	int r = services_expand(&services, &daemon->config, &error);

	/* Changes in quick succession are left to add up. */
	follow->changes.fd = -1;
	follow->changes.due = clock_ms() + FOLLOW_MS;
	if (r == 0)
		services_limit(&services, &daemon->services);
	if (r == 0 && !services_equal(&services, &daemon->services)) {
		r = apply(daemon, &daemon->config, &services, false, &error);
		follow->unsaid |= r == 0;
	}
	services_free(&services);
	follow->last_error = r < 0 ? error : (struct error){""};
	say_changes(daemon);
}

void follow_repair(struct daemon *daemon)
{
	if (daemon->follow.last_error.text[0])
		follow_addresses(daemon);
	say_changes(daemon);
}

void follow_caught_up(struct daemon *daemon)
{
	daemon->follow.unsaid = false;
	daemon->follow.last_error.text[0] = '\0';
}

int follow_open(struct daemon *daemon, struct error *error)
{
	int r = daemon->follow.watch = daemon->follow.changes.fd = watch_open();

	if (r >= 0)
		return 0;
	if (!netlink_blocked(r) || engines_need_netlink(&daemon->config) ||
	    !services_named(&daemon->config))
		return error_set(error, r, "no rtnetlink socket: %s%s", strerror(-r),
				 netlink_hint(r));
	log_warning("no rtnetlink socket: %s: the services name their addresses, so it is "
		    "not needed, but interfaces are checked only once a second",
		    strerror(-r));
	return 0;
}

void follow_close(struct daemon *daemon)
{
	if (daemon->follow.watch >= 0)
		close(daemon->follow.watch);
}
