// SPDX-License-Identifier: BSD-2-Clause
#include "metrics_writer.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- which format --- */

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

/* --- heads --- */

/* What OpenMetrics appends to the name of the family. */
static const char *suffix(enum metric_type type)
{
	return type == METRIC_COUNTER ? "_total" : type == METRIC_INFO ? "_info" : "";
}

static void write_unit(FILE *out, const char *family, size_t length)
{
	static const char *const units[] = {"seconds", "bytes"};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t unit = strlen(units[i]);

		if (length > unit && family[length - unit - 1] == '_' &&
		    strncmp(family + length - unit, units[i], unit) == 0)
			fprintf(out, "# UNIT %.*s %s\n", (int)length, family, units[i]);
	}
}

static void write_head(const struct metrics_writer *writer)
{
	static const char *const types[][METRIC_HISTOGRAM + 1] = {
		[METRICS_TEXT] = {"counter", "gauge", "gauge", "histogram"},
		[METRICS_OPENMETRICS] = {"counter", "gauge", "info", "histogram"},
	};
	const struct metric *metric = writer->metric;
	size_t length = strlen(metric->name);

	if (writer->format == METRICS_OPENMETRICS)
		length -= strlen(suffix(metric->type));
	fprintf(writer->out, "# HELP %.*s %s\n# TYPE %.*s %s\n", (int)length, metric->name,
		metric->help, (int)length, metric->name, types[writer->format][metric->type]);
	if (writer->format == METRICS_OPENMETRICS)
		write_unit(writer->out, metric->name, length);
}

/* --- series --- */

static void write_escaped(FILE *out, const char *value)
{
	for (; *value; value++) {
		size_t plain = strcspn(value, "\\\"\n");

		fwrite(value, 1, plain, out);
		value += plain;
		if (!*value)
			return;
		fprintf(out, "\\%c", *value == '\n' ? 'n' : *value);
	}
}

/* All but the value. @part, @bound: of a histogram, such as "_bucket" and "0.5"; else "" and NULL
 */
static void write_series(const struct metrics_writer *writer, const char *part,
			 const struct metric_labels *labels, const char *bound)
{
	const char *const *names = writer->metric->label_names;
	FILE *out = writer->out;
	char before = '{';

	fprintf(out, "%s%s", writer->metric->name, part);
	for (size_t i = 0; i < METRIC_LABELS_MAX && names[i]; i++) {
		fprintf(out, "%c%s=\"", before, names[i]);
		write_escaped(out, labels->values[i]);
		fputc('"', out);
		before = ',';
	}
	if (bound) {
		fprintf(out, "%cle=\"%s\"", before, bound);
		before = ',';
	}
	fputs(before == ',' ? "} " : " ", out);
}

void metric_value(const struct metrics_writer *writer, uint64_t value,
		  const struct metric_labels *labels)
{
	write_series(writer, "", labels, NULL);
	fprintf(writer->out, "%" PRIu64 "\n", value);
}

void metric_real(const struct metrics_writer *writer, double value,
		 const struct metric_labels *labels)
{
	write_series(writer, "", labels, NULL);
	fprintf(writer->out, "%.15g\n", value);
}

/* A bucket's bound is a label, so that it always has to be written alike: 1.0, not 1. */
static void write_bucket(const struct metrics_writer *writer, double bound, uint64_t count,
			 const struct metric_labels *labels)
{
	char text[32];

	snprintf(text, sizeof(text), "%g", bound);
	if (!strpbrk(text, ".e"))
		strcat(text, ".0");
	write_series(writer, "_bucket", labels, text);
	fprintf(writer->out, "%" PRIu64 "\n", count);
}

void metric_histogram(const struct metrics_writer *writer, const struct metric_histogram *histogram,
		      const struct metric_labels *labels)
{
	size_t last = histogram->bounds_count;
	uint64_t count = 0;

	for (size_t i = 0; i < last; i++) {
		count += histogram->counts[i];
		write_bucket(writer, histogram->bounds[i], count, labels);
	}
	count += histogram->counts[last];
	write_series(writer, "_bucket", labels, "+Inf");
	fprintf(writer->out, "%" PRIu64 "\n", count);
	write_series(writer, "_sum", labels, NULL);
	fprintf(writer->out, "%.15g\n", histogram->sum);
	write_series(writer, "_count", labels, NULL);
	fprintf(writer->out, "%" PRIu64 "\n", count);
}

void metric_collect_field(const struct metrics_writer *writer, void *context)
{
	const char *field = (const char *)context + writer->metric->offset;

	metric_value(writer, *(const uint64_t *)field, NULL);
}

/* --- the whole --- */

void metrics_write_table(struct metrics_writer *writer, const struct metric *table, void *context)
{
	for (; table->name; table++) {
		writer->metric = table;
		write_head(writer);
		table->collect(writer, context);
	}
}

void metrics_end(const struct metrics_writer *writer)
{
	if (writer->format == METRICS_OPENMETRICS)
		fputs("# EOF\n", writer->out);
}
