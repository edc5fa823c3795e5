/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a real request that came now would be answered. */
#ifndef REFLEX_HEALTH_H
#define REFLEX_HEALTH_H

#include <stdbool.h>
#include <stddef.h>

#include "engine.h"
#include "error.h"
#include "services.h"

struct health {
	struct engine *const *engines; /* in force */
	size_t engines_count;
	const struct services *services;
	const char *last_follow_error; /* why changed addresses are not answered on; "": they are */
};

/**
 * health_ready - ask every engine whether requests reach it and whether it answers, and look
 * whether all services are answered on.
 * @reason: set to a sentence when not ready
 */
bool health_ready(const struct health *health, struct error *reason);

#endif
