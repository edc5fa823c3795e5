/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of reflexd. */
#ifndef REFLEX_REFLEXD_OPTIONS_H
#define REFLEX_REFLEXD_OPTIONS_H

#include <stdbool.h>

#include "config.h"
#include "error.h"
#include "options.h"

struct reflexd_options {
	const char *file; /* NULL: the configuration is made of options */
	const char *instance;
	bool check;
};

/**
 * reflexd_options_parse - read the command line, and the configuration from it or from the file
 * that it names.
 * @options: point into @argv
 * @error: set for OPTIONS_WRONG to a sentence
 *
 * Return: what to do next.
 */
enum options_result reflexd_options_parse(struct reflexd_options *options, struct config *config,
					  int argc, char **argv, struct error *error);

#endif
