/* SPDX-License-Identifier: BSD-2-Clause */
/* What a run found, for people and as JSON. */
#ifndef REFLEX_LOAD_REPORT_H
#define REFLEX_LOAD_REPORT_H

#include <jansson.h>

#include "run.h"

/** report_failed - whether more answers are lost, wrong or duplicate than settings->tolerate. */
bool report_failed(const struct load_settings *settings, const struct load_run_result *result);

/** report_print - print the result for people. */
void report_print(const struct load_settings *settings, const struct load_engine *engine,
		  const struct load_run_result *result);

/** report_json - the same as an object. Return: NULL where there is no memory. */
json_t *report_json(const struct load_settings *settings, const struct load_engine *engine,
		    const struct load_run_result *result);

/**
 * report_print_json - print an object, and drop its reference.
 * @object: may be NULL
 *
 * Return: 0, or -errno where there is none.
 */
int report_print_json(json_t *object);

/** report_rate - how many requests were sent a second. */
double report_rate(const struct load_run_result *result);

/** report_loss - how many requests were lost. Return: percent of those that must be answered. */
double report_loss(const struct load_run_result *result);

#endif
