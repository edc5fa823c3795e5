// SPDX-License-Identifier: BSD-2-Clause
#include "reload.h"

#include "log.h"
#include "notify.h"

bool reload_run(int (*load)(void *context, struct error *error), void *context)
{
	struct error error;
	int r;

	notify_reloading();
	r = load(context, &error);
	notify_ready();
	if (r < 0)
		log_error("reload refused, the old configuration goes on: %s", error.text);
	return r == 0;
}
