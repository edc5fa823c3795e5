// SPDX-License-Identifier: BSD-2-Clause
#include "http.h"

#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX	  32
#define CONNECTION_MEMORY 16384
#define IDLE_SECONDS	  5
#define AGE_MAX_MS	  10000
#define BACKLOG		  64

struct connection {
	int fd; /* -1: the place is free */
	int64_t deadline;
};

struct http {
	struct MHD_Daemon *daemon;
	const struct http_page *pages;
	void *context;
	bool again; /* see notice() */
	struct connection connections[CONNECTIONS_MAX];
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- answers --- */

static enum MHD_Result send_answer(struct MHD_Connection *connection, unsigned int status,
				   const char *type, char *body, size_t length)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(length, body, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result result;

	if (!response) {
		free(body);
		return MHD_NO;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	/* One request a connection, so that a connection's age is a request's. */
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result send_page(struct http *http, struct MHD_Connection *connection,
				 const struct http_page *page)
{
	unsigned int status;
	size_t length = 0;
	char *body = NULL;
	FILE *out = open_memstream(&body, &length);

	if (!out)
		return MHD_NO;
	status = page->write(out, http->context);
	if (fclose(out) != 0) {
		free(body);
		return MHD_NO;
	}
	return send_answer(connection, status, page->type, body, length);
}

static enum MHD_Result send_refusal(struct MHD_Connection *connection, unsigned int status,
				    const char *text)
{
	char *body = strdup(text);

	return body ? send_answer(connection, status, "text/plain", body, strlen(body)) : MHD_NO;
}

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *path,
			      const char *method, const char *version, const char *upload,
			      size_t *upload_size, void **state)
{
	const struct http_page *page;
	struct http *http = context;

	(void)version;
	(void)upload;
	(void)upload_size;
	(void)state;
	for (page = http->pages; page->path; page++)
		if (strcmp(path, page->path) == 0)
			break;
	if (!page->path)
		return send_refusal(connection, MHD_HTTP_NOT_FOUND,
				    "not found: /metrics, /healthz and /readyz are here\n");
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return send_refusal(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
				    "only GET and HEAD are possible\n");
	return send_page(http, connection, page);
}

/* --- connections --- */

static void notice(void *context, struct MHD_Connection *connection, void **socket_context,
		   enum MHD_ConnectionNotificationCode code)
{
	struct http *http = context;
	struct connection *place = *socket_context;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (place)
			place->fd = -1;
		/* At its limit the library stops listening, and listens again in the run after this
		 * one. */
		http->again = true;
		return;
	}
	for (place = http->connections; place < http->connections + CONNECTIONS_MAX; place++) {
		if (place->fd >= 0)
			continue;
		place->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
				    ->connect_fd;
		place->deadline = now_ms() + AGE_MAX_MS;
		*socket_context = place;
		return;
	}
}

/* The library's own timeout begins anew with every byte, so that a client that drips would stay. */
static void end_old_connections(struct http *http)
{
	int64_t now = now_ms();

	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		struct connection *connection = &http->connections[i];

		if (connection->fd < 0 || now < connection->deadline)
			continue;
		shutdown(connection->fd, SHUT_RDWR); /* the library notices, and closes it */
		connection->deadline = INT64_MAX;
	}
}

/* --- */

static int say_why(int r, const struct config_listen *listen, char *error, size_t size)
{
	snprintf(error, size, "metrics cannot be served on %s: %s%s", listen->text, strerror(-r),
		 r == -EADDRINUSE      ? ": choose another address or port with --metrics, or "
					 "metrics.listen in the file"
		 : r == -EADDRNOTAVAIL ? ": no interface of this machine that is up has it"
				       : "");
	return r;
}

static int listen_on(const struct config_listen *listen_to, char *error, size_t size)
{
	const int on = 1;
	int fd, r;

	fd = socket(listen_to->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		goto failed;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&listen_to->address, listen_to->length) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
failed:
	r = -errno;
	if (fd >= 0)
		close(fd);
	return say_why(r, listen_to, error, size);
}

int http_check(const struct config_listen *listen, char *error, size_t size)
{
	struct sockaddr_storage any = listen->address;
	int fd = socket(any.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), r = 0;

	/* On any port: the one that is meant may be a running reflexd's. */
	if (any.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&any)->sin6_port = 0;
	else
		((struct sockaddr_in *)&any)->sin_port = 0;
	if (fd < 0 || bind(fd, (const struct sockaddr *)&any, listen->length) < 0)
		r = say_why(-errno, listen, error, size);
	if (fd >= 0)
		close(fd);
	return r;
}

int http_open(struct http **http, const struct config_listen *listen, const struct http_page *pages,
	      void *context, char *error, size_t size)
{
	struct http *new = calloc(1, sizeof(*new));
	int fd;

	if (!new) {
		snprintf(error, size, "out of memory");
		return -ENOMEM;
	}
	new->pages = pages;
	new->context = context;
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		new->connections[i].fd = -1;

	fd = listen_on(listen, error, size);
	if (fd < 0) {
		free(new);
		return fd;
	}
	new->daemon = MHD_start_daemon(
		MHD_USE_EPOLL, 0, NULL, NULL, answer, new, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned int)CONNECTIONS_MAX,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)IDLE_SECONDS,
		MHD_OPTION_NOTIFY_CONNECTION, notice, new, MHD_OPTION_END);
	if (!new->daemon) {
		snprintf(error, size, "metrics cannot be served on %s: libmicrohttpd did not start",
			 listen->text);
		close(fd);
		free(new);
		return -EIO;
	}
	*http = new;
	return 0;
}

int http_fd(const struct http *http)
{
	return MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

int http_timeout(const struct http *http)
{
	MHD_UNSIGNED_LONG_LONG library;
	int64_t wait = INT64_MAX, now = now_ms();

	if (http->again)
		return 0;
	if (MHD_get_timeout(http->daemon, &library) == MHD_YES && library < INT32_MAX)
		wait = (int64_t)library;
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		const struct connection *connection = &http->connections[i];

		if (connection->fd < 0 || connection->deadline == INT64_MAX)
			continue;
		if (connection->deadline - now < wait)
			wait = connection->deadline > now ? connection->deadline - now : 0;
	}
	return wait == INT64_MAX ? -1 : (int)wait;
}

void http_run(struct http *http)
{
	http->again = false;
	end_old_connections(http);
	MHD_run(http->daemon);
}

void http_close(struct http *http)
{
	if (!http)
		return;
	MHD_stop_daemon(http->daemon);
	free(http);
}
