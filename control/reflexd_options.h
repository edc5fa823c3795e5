/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of reflexd. */
#ifndef REFLEX_OPTIONS_H
#define REFLEX_OPTIONS_H

#include <stdbool.h>

#include "config.h"
#include "error.h"

struct options {
	const char *file; /* NULL: the configuration is made of options */
	const char *instance;
	bool check;
};

enum options_result {
	OPTIONS_RUN,
	OPTIONS_DONE, /* --help or --version, already printed */
	OPTIONS_WRONG,
};

/**
 * options_parse - read the command line, and the configuration from the options or the file.
 * @error: set for OPTIONS_WRONG to a sentence
 */
enum options_result options_parse(struct options *options, struct config *config, int argc,
				  char **argv, struct error *error);

#endif
