/* SPDX-License-Identifier: BSD-2-Clause */
/* At which rate a server begins to lose requests, or to be slow. */
#ifndef REFLEX_LOAD_CAPACITY_H
#define REFLEX_LOAD_CAPACITY_H

#include "error.h"
#include "run.h"

/**
 * capacity_search - raise the rate until a bound is passed, and print each step and the knee.
 *
 * Return: 0; 1 where not even the first step was within the bounds; -errno and a sentence.
 */
int capacity_search(struct run *run, const struct settings *settings, struct error *error);

#endif
