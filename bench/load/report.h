/* SPDX-License-Identifier: BSD-2-Clause */
/* What a run found, for people and as JSON. */
#ifndef REFLEX_LOAD_REPORT_H
#define REFLEX_LOAD_REPORT_H

#include <jansson.h>

#include "run.h"

/* Whether a share of all is lost, wrong or duplicate that the settings do not tolerate. */
bool report_failed(const struct settings *settings, const struct run_result *result);

void report_print(const struct settings *settings, const struct engine *engine,
		  const struct run_result *result);

/* All of the above as an object; NULL without memory. */
json_t *report_json(const struct settings *settings, const struct engine *engine,
		    const struct run_result *result);

/* Prints the object and gives it back. Return: 0, or -errno where there is none. */
int report_print_json(json_t *object);

double report_rate(const struct run_result *result);
double report_loss(const struct run_result *result); /* percent of what must be answered */

#endif
