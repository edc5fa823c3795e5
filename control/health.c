// SPDX-License-Identifier: BSD-2-Clause
#include "health.h"

static bool services_ready(const struct health *health, struct error *reason)
{
	if (health->last_follow_error[0]) {
		error_say(reason, "the addresses changed, but %s", health->last_follow_error);
		return false;
	}
	if (!services_complete(health->services, reason))
		return false;
	if (health->services->count > 0)
		return true;
	error_say(reason, "no interface has an address yet, and answering needs one");
	return false;
}

bool health_ready(const struct health *health, struct error *reason)
{
	for (size_t i = 0; i < health->engines_count; i++) {
		struct engine *engine = health->engines[i];

		if (engine->kind->reachable && !engine->kind->reachable(engine, reason))
			return false;
	}
	if (!services_ready(health, reason))
		return false;
	for (size_t i = 0; i < health->engines_count; i++) {
		struct engine *engine = health->engines[i];

		if (engine->kind->ready && !engine->kind->ready(engine, reason))
			return false;
	}
	return true;
}
