/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds the rate at which a server begins to lose requests or to be slow. */
#ifndef REFLEX_LOAD_CAPACITY_H
#define REFLEX_LOAD_CAPACITY_H

#include "error.h"
#include "run.h"

/**
 * capacity_search - raise the rate until a bound is passed, and print each step and the knee.
 * @run: its settings are replaced for each step
 * @settings: the bounds, and where the rate begins and ends
 * @error: set to a sentence on failure
 *
 * Return: 0; 1 where not even the first step was within the bounds; or -errno.
 */
int capacity_search(struct load_run *run, const struct load_settings *settings,
		    struct error *error);

#endif
