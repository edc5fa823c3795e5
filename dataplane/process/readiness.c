// SPDX-License-Identifier: BSD-2-Clause
#include "readiness.h"

#include <string.h>

#include "log.h"

void readiness_log(struct readiness *readiness, const char *trouble)
{
	if (strcmp(trouble, readiness->trouble.text) == 0)
		return;
	if (trouble[0])
		log_warning("not ready: %s", trouble);
	else
		log_info("ready again");
	error_say(&readiness->trouble, "%s", trouble);
}
