/* SPDX-License-Identifier: BSD-2-Clause */
/* What the command lines of all programs have in common. */
#ifndef REFLEX_OPTIONS_H
#define REFLEX_OPTIONS_H

#include "error.h"

enum options_result {
	OPTIONS_RUN,
	OPTIONS_DONE, /* --help or --version, already printed */
	OPTIONS_WRONG,
};

/**
 * options_refuse - say what getopt_long complains of, right after it has returned.
 * @option: what it returned, ':' or '?'
 * @argv: as it was given
 * @hint: what to do about an unknown option, such as "see reflexd --help"
 * @error: set to a sentence
 *
 * Return: OPTIONS_WRONG.
 */
enum options_result options_refuse(int option, char **argv, const char *hint, struct error *error);

#endif
