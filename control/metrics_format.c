// SPDX-License-Identifier: BSD-2-Clause
#include "metrics_format.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* One of the media types of an Accept header, such as `text/plain;version=0.0.4;q=0.5`. */
struct media_range {
	const char *type;
	const char *version; /* "": any */
	double quality;
};

/* Without white space around it and, as a parameter's value may be quoted, without quotes. */
static char *trim(char *text)
{
	static const char around[] = " \t\"";
	size_t length;

	text += strspn(text, around);
	for (length = strlen(text); length && strchr(around, text[length - 1]); length--)
		;
	text[length] = '\0';
	return text;
}

/* Return: whether its quality is a number from 0 to 1. */
static bool read_range(struct media_range *range, char *text)
{
	char *state, *part = strtok_r(text, ";", &state), *end = "";

	*range = (struct media_range){part ? trim(part) : "", "", 1};
	while ((part = strtok_r(NULL, ";", &state))) {
		part = trim(part);
		if (strncasecmp(part, "version=", 8) == 0)
			range->version = trim(part + 8);
		else if (strncasecmp(part, "q=", 2) == 0)
			range->quality = strtod(part + 2, &end);
	}
	return !*end && range->quality >= 0 && range->quality <= 1;
}

/* Return: how closely the range names the type, in this version; 0: it does not. */
static int match(const struct media_range *range, const char *type, const char *version)
{
	const char *subtype = strchr(type, '/') + 1;

	if (range->version[0] && strcmp(range->version, version) != 0)
		return 0;
	if (strcasecmp(range->type, type) == 0)
		return 3;
	if (strncasecmp(range->type, type, subtype - type) == 0 &&
	    strcmp(range->type + (subtype - type), "*") == 0)
		return 2;
	return strcmp(range->type, "*/*") == 0;
}

enum metrics_format metrics_negotiate(const char *accept)
{
	double openmetrics = 0, text = 0;
	int closest = 1; /* the closest range decides on the text format (RFC 9110 12.5.1) */

	while (*accept) {
		size_t length = strcspn(accept, ",");
		char part[256];
		struct media_range range;
		int closeness;

		snprintf(part, sizeof(part), "%.*s", (int)length, accept);
		accept += length + (accept[length] == ',');
		if (length >= sizeof(part) || !read_range(&range, part))
			continue;
		/* Only who names it is sure to read it. */
		if (match(&range, "application/openmetrics-text", "1.0.0") == 3 &&
		    range.quality > openmetrics)
			openmetrics = range.quality;
		closeness = match(&range, "text/plain", "0.0.4");
		if (closeness > closest || (closeness == closest && range.quality > text)) {
			text = range.quality;
			closest = closeness;
		}
	}
	return openmetrics > 0 && openmetrics >= text ? METRICS_OPENMETRICS : METRICS_TEXT;
}

const char *metrics_content_type(enum metrics_format format)
{
	return format == METRICS_OPENMETRICS
		       ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
		       : "text/plain; version=0.0.4; charset=utf-8";
}
