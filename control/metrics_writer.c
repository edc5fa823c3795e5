// SPDX-License-Identifier: BSD-2-Clause
#include "metrics_writer.h"

#include <inttypes.h>
#include <string.h>

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

/* All but the value. @part, @bound: a histogram's, such as "_bucket" and "0.5"; else "" and NULL */
static void write_series(const struct metrics_writer *writer, const char *part,
			 const struct metric_labels *labels, const char *bound)
{
	const char *const *names = writer->metric->label_names;
	FILE *out = writer->out;
	char before = '{';

	fprintf(out, "%s%s", writer->metric->name, part);
	for (size_t i = 0; labels && i < METRIC_LABELS_MAX && names[i]; i++) {
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
	char digits[24], text[32];

	snprintf(digits, sizeof(digits), "%g", bound);
	snprintf(text, sizeof(text), "%s%s", digits, strpbrk(digits, ".e") ? "" : ".0");
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
