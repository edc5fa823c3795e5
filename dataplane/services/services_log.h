/* SPDX-License-Identifier: BSD-2-Clause */
/* What a daemon says of its services in the log. */
#ifndef REFLEX_SERVICES_LOG_H
#define REFLEX_SERVICES_LOG_H

#include "services.h"

/**
 * services_log - name the services that are answered on, and those that are another host's too.
 * @prefix: what the line begins with, such as "reloaded: "; "" at the start
 * @answering: the words before "on ADDRESS", such as "answering"
 */
void services_log(const struct services *services, const char *prefix, const char *answering);

#endif
