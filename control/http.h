/* SPDX-License-Identifier: BSD-2-Clause */
/* A few pages over HTTP, inside the caller's own poll loop. */
#ifndef REFLEX_HTTP_H
#define REFLEX_HTTP_H

#include <stdio.h>

#include "config.h"
#include "error.h"

struct http;

struct http_page {
	const char *path;
	/* Writes the page and returns the HTTP status. @accept: the request's Accept header; "":
	 * none; @type: the answer's Content-Type, text/plain unless it is changed */
	unsigned int (*write)(FILE *out, const char *accept, const char **type, void *context);
};

/**
 * http_open - listen; GET and HEAD of the pages are answered, and each connection has one request.
 * @http: set on success; end it with http_close
 * @path: of a socket to make in the file system, for the same; one too long for that is left out
 * @pages: ends with a NULL path; must outlive @http, as must @context
 * @error: set on failure to a sentence
 *
 * Return: 0 or -errno.
 */
int http_open(struct http **http, const struct config_listen *listen, const char *path,
	      const struct http_page *pages, void *context, struct error *error);

/**
 * http_check - whether an address of this machine is meant. The port may be in use.
 * @error: set on failure to a sentence
 *
 * Return: 0 or -errno.
 */
int http_check(const struct config_listen *listen, struct error *error);

/** http_fd - what to poll for reading. */
int http_fd(const struct http *http);

/** http_timeout - milliseconds until http_run is due even if nothing comes; -1: never. */
int http_timeout(const struct http *http);

/** http_run - do what is to be done, without waiting. */
void http_run(struct http *http);

/** http_close - stop; NULL is fine. */
void http_close(struct http *http);

#endif
