// SPDX-License-Identifier: BSD-2-Clause
#include "log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *name;
static bool to_journal;

void log_open(const char *program)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	name = program;
	/* The variable is inherited by children whose stderr is something else: sd-daemon(3) says
	 * to compare. */
	to_journal = stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
		     fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

static int print_prefix(char *line, size_t size, int level)
{
	if (to_journal)
		return snprintf(line, size, "<%d>", level);
	return snprintf(line, size, "%s: %s", name,
			level == LOG_ERR       ? "error: "
			: level == LOG_WARNING ? "warning: "
					       : "");
}

void log_write(int level, const char *format, ...)
{
	char line[2048];
	size_t length;
	va_list args;
	int n;

	length = print_prefix(line, sizeof(line), level);
	va_start(args, format);
	n = vsnprintf(line + length, sizeof(line) - length, format, args);
	va_end(args);
	if (n < 0)
		return;

	length += n;
	if (length > sizeof(line) - 1)
		length = sizeof(line) - 1;
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = ' ';
	line[length++] = '\n';

	/* One write a line, so that lines of several processes do not mix. Nothing helps if it
	 * fails. */
	if (write(STDERR_FILENO, line, length) < 0)
		return;
}
