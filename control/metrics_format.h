/* SPDX-License-Identifier: BSD-2-Clause */
/* The exposition formats of Prometheus, and which of them a client gets. */
#ifndef REFLEX_METRICS_FORMAT_H
#define REFLEX_METRICS_FORMAT_H

enum metrics_format {
	METRICS_TEXT,	     /* Prometheus text format 0.0.4 */
	METRICS_OPENMETRICS, /* OpenMetrics 1.0 */
};

/**
 * metrics_negotiate - the format that a client wants.
 * @accept: its Accept header; "": it sent none
 *
 * Return: OpenMetrics where the client names it with no lower quality than the text format, which
 * everybody else gets.
 */
enum metrics_format metrics_negotiate(const char *accept);

/** metrics_content_type - Return: the Content-Type of a format. */
const char *metrics_content_type(enum metrics_format format);

#endif
