// SPDX-License-Identifier: BSD-2-Clause
#include "pages.h"

#include <string.h>

#include "metrics.h"

static unsigned int write_metrics(FILE *out, const char *accept, const char **type, void *context)
{
	enum metrics_format format = metrics_negotiate(accept);
	struct daemon *daemon = context;
	struct error reason;
	struct metrics metrics = {
		.engines = daemon->engines,
		.engines_count = daemon->engines_count,
		.services = &daemon->services,
		.version = REFLEX_VERSION,
		.ready = daemon_ready(daemon, &reason),
		.generation = daemon->generation,
		.last_reload_successful = daemon->last_reload_successful,
	};
	int r = metrics_write(out, format, &metrics);

	*type = metrics_content_type(r == 0 ? format : METRICS_TEXT);
	if (r == 0)
		return 200;
	fprintf(out, "# the counters cannot be read: %s\n", strerror(-r));
	return 500;
}

static unsigned int write_healthz(FILE *out, const char *accept, const char **type, void *context)
{
	(void)accept;
	(void)type;
	(void)context;
	fputs("ok\n", out);
	return 200;
}

static unsigned int write_readyz(FILE *out, const char *accept, const char **type, void *context)
{
	struct daemon *daemon = context;
	struct error reason;

	(void)accept;
	(void)type;
	if (daemon_ready(daemon, &reason)) {
		fputs("ok\n", out);
		return 200;
	}
	fprintf(out, "%s\n", reason.text);
	return 503;
}

static const struct http_page pages[] = {
	{"/metrics", write_metrics},
	{"/healthz", write_healthz},
	{"/readyz", write_readyz},
	{NULL, NULL},
};

int pages_open(struct daemon *daemon, struct error *error)
{
	char path[INSTANCE_PATH_MAX];
	int r = instance_path(path, daemon->options.instance, "metrics", error);

	if (r < 0)
		return r;
	return http_open(&daemon->http, &daemon->config.metrics, path, pages, daemon, error);
}
