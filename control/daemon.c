// SPDX-License-Identifier: BSD-2-Clause
#include "daemon.h"

#include "health.h"
#include "log.h"
#include "services_log.h"

int daemon_list_services(struct daemon *daemon, struct error *error)
{
	const char *file = daemon->options.file;
	int r = services_expand(&daemon->services, &daemon->config, error);

	if (r == 0)
		r = services_check(&daemon->services, &daemon->config, file, error);
	if (r == 0)
		r = services_check_metrics(&daemon->services, &daemon->config, file, error);
	return r;
}

bool daemon_ready(struct daemon *daemon, struct error *reason)
{
	const struct health health = {
		.engines = daemon->engines,
		.engines_count = daemon->engines_count,
		.services = &daemon->services,
		.last_follow_error = daemon->follow.last_error.text,
	};

	return health_ready(&health, reason);
}

void daemon_log_services(struct daemon *daemon, const char *prefix)
{
	struct engine *first = daemon->engines[0];
	struct error error;

	services_log(&daemon->services, prefix,
		     first->kind->answering ? first->kind->answering(first) : "answering");
	for (size_t i = 0; i < daemon->engines_count; i++)
		if (daemon->engines[i]->kind->log_others)
			daemon->engines[i]->kind->log_others(daemon->engines[i]);
	if (services_check(&daemon->services, &daemon->config, daemon->options.file, &error) < 0)
		log_warning("%s", error.text);
	if (daemon->services.count && !daemon->services.local && !first->kind->remote)
		log_warning(
			"no service address is this machine's own: packets reach it only if the "
			"network routes them here");
}

void daemon_log_readiness(struct daemon *daemon)
{
	struct error reason;

	readiness_log(&daemon->readiness, daemon_ready(daemon, &reason) ? "" : reason.text);
}
