// SPDX-License-Identifier: BSD-2-Clause
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

void error_say(struct error *error, const char *format, ...)
{
	struct error text; /* an argument may be the text that is written over */
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text.text, sizeof(text.text), format, arguments);
	va_end(arguments);
	*error = text;
}
