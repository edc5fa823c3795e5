// SPDX-License-Identifier: BSD-2-Clause
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

static void write_text(struct error *error, const char *format, va_list arguments)
{
	struct error text; /* an argument may be the text that is written over */

	vsnprintf(text.text, sizeof(text.text), format, arguments);
	*error = text;
}

int error_set(struct error *error, int r, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	write_text(error, format, arguments);
	va_end(arguments);
	return r;
}

void error_say(struct error *error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	write_text(error, format, arguments);
	va_end(arguments);
}
