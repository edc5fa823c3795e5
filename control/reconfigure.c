// SPDX-License-Identifier: BSD-2-Clause
#include "reconfigure.h"

#include <errno.h>
#include <string.h>

#include "apply.h"
#include "follow.h"
#include "log.h"
#include "reload.h"

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

static int load(void *context, struct error *error)
{
	static struct config next;
	struct daemon *daemon = context;
	const char *file = daemon->options.file, *key;
	struct services services;
	int r = config_load(&next, file, daemon->automatic, error);

	if (r < 0)
		return r;
	key = fixed_key_changed(&daemon->config, &next);
	if (key)
		return error_set(error, -EPERM, "%s: %s: changes only by a restart", file, key);
	r = services_expand(&services, &next, error);
	if (r < 0)
		return r;
	r = services_check(&services, &next, file, error);
	if (r == 0)
		r = services_check_metrics(&services, &next, file, error);
	if (r == 0)
		r = apply(daemon, &next, &services, true, error);
	if (r == 0)
		daemon->config = next;
	services_free(&services);
	return r;
}

void reconfigure(struct daemon *daemon)
{
	if (!daemon->options.file) {
		log_warning("nothing to reload: started without --config");
		return;
	}
	daemon->last_reload_successful = reload_run(load, daemon);
	if (!daemon->last_reload_successful)
		return;
	daemon->generation++;
	follow_caught_up(daemon);
	daemon_log_services(daemon, "reloaded: ");
}
