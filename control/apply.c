// SPDX-License-Identifier: BSD-2-Clause
#include "apply.h"

#include <stdlib.h>

static int prepare(struct daemon *daemon, const struct engine_setup *next, bool strict,
		   struct error *error)
{
	struct engine **engines = daemon->engines;
	size_t i;
	int r = 0;

	for (i = 0; i < daemon->engines_count && r == 0; i++)
		if (engines[i]->kind->prepare)
			r = engines[i]->kind->prepare(engines[i], next, strict, error);
	if (r == 0)
		return 0;
	for (i--; i-- > 0;)
		if (engines[i]->kind->abandon)
			engines[i]->kind->abandon(engines[i]);
	return r;
}

/* Where engines take one: reflex-dpdk alone makes its own. */
static int build_policy(const struct daemon *daemon, struct engine_setup *next,
			struct policy **policy, struct error *error)
{
	int r = 0;

	*policy = NULL;
	for (size_t i = 0; i < daemon->engines_count && r == 0 && !*policy; i++)
		if (daemon->engines[i]->kind->commit)
			r = services_policy(policy, next->services, next->config, error);
	next->policy = *policy;
	return r;
}

int apply(struct daemon *daemon, const struct config *config, struct services *services,
	  bool strict, struct error *error)
{
	struct engine_setup next = {.config = config, .services = services};
	struct policy *policy;
	int r = build_policy(daemon, &next, &policy, error);

	if (r == 0)
		r = prepare(daemon, &next, strict, error);
	if (r < 0) {
		free(policy);
		return r;
	}
	for (size_t i = 0; i < daemon->engines_count; i++)
		if (daemon->engines[i]->kind->commit)
			daemon->engines[i]->kind->commit(daemon->engines[i], &next);
	services_free(&daemon->services);
	daemon->services = *services;
	*services = (struct services){0};
	free(daemon->policy);
	daemon->setup.policy = daemon->policy = policy;
	return 0;
}
