/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of reflex-load. */
#ifndef REFLEX_LOAD_OPTIONS_H
#define REFLEX_LOAD_OPTIONS_H

#include "error.h"
#include "load_settings.h"
#include "options.h"

/**
 * load_options_parse - read the command line.
 * @settings: written for OPTIONS_RUN; they point into @argv
 * @error: set for OPTIONS_WRONG to a sentence
 *
 * Return: what to do next.
 */
enum options_result load_options_parse(struct load_settings *settings, int argc, char **argv,
				       struct error *error);

#endif
