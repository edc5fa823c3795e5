// SPDX-License-Identifier: BSD-2-Clause
#include "options.h"

#include <getopt.h>
#include <limits.h>

enum options_result options_refuse(int option, char **argv, const char *hint, struct error *error)
{
	const char letter[] = {'-', (char)optopt, '\0'};
	/* getopt may not have come to the end of an argument of short options yet. */
	const char *text = optopt > 0 && optopt <= UCHAR_MAX ? letter : argv[optind - 1];

	if (option == ':')
		error_say(error, "%s needs a value", text);
	else
		error_say(error, "unknown option %s: %s", text, hint);
	return OPTIONS_WRONG;
}
