/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of reflex-load. */
#ifndef REFLEX_LOAD_OPTIONS_H
#define REFLEX_LOAD_OPTIONS_H

#include "error.h"
#include "settings.h"

enum options_result {
	OPTIONS_RUN,
	OPTIONS_DONE, /* --help or --version, already printed */
	OPTIONS_WRONG,
};

/**
 * options_parse - read the command line.
 * @error: set for OPTIONS_WRONG to a sentence
 */
enum options_result options_parse(struct settings *settings, int argc, char **argv,
				  struct error *error);

#endif
