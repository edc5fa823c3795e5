// SPDX-License-Identifier: BSD-2-Clause
#include "services_log.h"

#include "log.h"

void services_log(const struct services *services, const char *prefix, const char *answering)
{
	char names[SERVICES_NAMED_SIZE];

	log_info("%s%s on %s", prefix, answering,
		 services->count ? services_name(names, services) : "no address");
	services_log_left_out(services);
}
