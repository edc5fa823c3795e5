// SPDX-License-Identifier: BSD-2-Clause
#include "http.h"

#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"

#define PLACES_MAX	  32 /* connections of a listener */
#define PLACES_OWN	  8  /* of the one in the file system */
#define ACCEPTS_MAX	  8 /* of one listener in one round; and places for those that end meanwhile */
#define CONNECTION_MEMORY 16384
#define IDLE_SECONDS	  5
#define AGE_MAX_MS	  10000
#define SILENT_MS	  10 /* how long one without a whole request keeps its place from others, */
#define ASKED_MS	  1000 /* and one that is being answered */
#define NO_FILE_MS	  1000 /* without a file or memory, how long to wait */

/* The place of a connection. */
struct place {
	int fd;	      /* -1: it is free */
	bool started; /* the library has told of it */
	bool asked;   /* a whole request came */
	bool ended;   /* the library is still to notice */
	uint64_t source;
	int64_t since;
};

struct listener {
	int fd;		      /* -1: there is none */
	int64_t paused_until; /* 0: it is waited for */
	size_t limit;	      /* at most so many places are used, but for those that end */
	size_t places_count;
	struct place *places;
};

struct http {
	struct MHD_Daemon *daemon;
	const struct http_page *pages;
	void *context;
	int epoll;  /* of the library's own one and of the listeners */
	bool again; /* another round is due at once */
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct listener tcp, own;
	struct place places[PLACES_MAX + ACCEPTS_MAX + PLACES_OWN + ACCEPTS_MAX];
};

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
	const char *type = "text/plain",
		   *accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
							 MHD_HTTP_HEADER_ACCEPT);
	unsigned int status;
	size_t length = 0;
	char *body = NULL;
	FILE *out = open_memstream(&body, &length);

	if (!out)
		return MHD_NO;
	status = page->write(out, accept ? accept : "", &type, http->context);
	if (fclose(out) != 0) {
		free(body);
		return MHD_NO;
	}
	return send_answer(connection, status, type, body, length);
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
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct place *place = info ? info->socket_context : NULL;
	const struct http_page *page;
	struct http *http = context;

	if (place)
		place->asked = true;
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
	struct place *place = *socket_context;
	int fd;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (place)
			place->fd = -1;
		return;
	}
	fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	for (size_t i = 0; i < sizeof(http->places) / sizeof(http->places[0]); i++) {
		if (http->places[i].fd != fd)
			continue;
		http->places[i].started = true;
		*socket_context = &http->places[i];
	}
}

static void end(struct http *http, struct place *place)
{
	shutdown(place->fd, SHUT_RDWR); /* the library notices, and closes it */
	place->ended = true;
	http->again = true;
}

/* The library's own timeout starts again with every byte, so a client that drips would stay. */
static void end_old_connections(struct http *http)
{
	int64_t now = clock_ms();

	for (size_t i = 0; i < sizeof(http->places) / sizeof(http->places[0]); i++) {
		struct place *place = &http->places[i];

		if (place->fd >= 0 && !place->ended && now >= place->since + AGE_MAX_MS)
			end(http, place);
	}
}

/* Of IPv6 the first half, as a host has all of the rest. */
static uint64_t source_of(const struct sockaddr_storage *address)
{
	uint64_t source = 0;

	if (address->ss_family == AF_INET)
		memcpy(&source, &((const struct sockaddr_in *)address)->sin_addr, 4);
	else if (address->ss_family == AF_INET6)
		memcpy(&source, &((const struct sockaddr_in6 *)address)->sin6_addr, 8);
	return source;
}

static size_t count_source(const struct listener *listener, uint64_t source)
{
	size_t count = 0;

	for (size_t i = 0; i < listener->places_count; i++)
		count += listener->places[i].fd >= 0 && listener->places[i].source == source;
	return count;
}

/*
 * Whose place a new connection takes: of the source that has the most, the oldest; one without a
 * whole request first. So a flood of silent connections ends itself, and a scraper, which asks at
 * once, is answered before its turn comes. NULL: each of them has been there for too short.
 */
static struct place *find_victim(const struct listener *listener)
{
	int64_t now = clock_ms();
	struct place *victim = NULL;
	size_t most = 0;

	for (size_t i = 0; i < listener->places_count; i++) {
		struct place *place = &listener->places[i];
		size_t count;

		if (place->fd < 0 || place->ended ||
		    now < place->since + (place->asked ? ASKED_MS : SILENT_MS))
			continue;
		count = count_source(listener, place->source);
		if (victim &&
		    (place->asked > victim->asked ||
		     (place->asked == victim->asked &&
		      (count < most || (count == most && place->since >= victim->since)))))
			continue;
		victim = place;
		most = count;
	}
	return victim;
}

/* --- accepting --- */

static void wait_for(const struct http *http, const struct listener *listener, bool wait)
{
	struct epoll_event event = {.events = wait ? EPOLLIN : 0};

	epoll_ctl(http->epoll, EPOLL_CTL_MOD, listener->fd, &event);
}

static void pause_for(const struct http *http, struct listener *listener, int ms)
{
	listener->paused_until = clock_ms() + ms;
	wait_for(http, listener, false);
}

/* Errors of the one connection; the next may do (accept(2)). */
static bool is_passing(int error)
{
	return error == ECONNABORTED || error == EINTR || error == EPROTO || error == EPERM;
}

static void begin(struct http *http, struct place *place, int fd,
		  const struct sockaddr_storage *client, socklen_t length)
{
	*place = (struct place){.fd = fd, .source = source_of(client), .since = clock_ms()};
	http->again = true;
	if (MHD_add_connection(http->daemon, fd, (const struct sockaddr *)client, length) !=
	    MHD_YES)
		place->fd = -1; /* closed already */
}

/* Return: whether to go on. */
static bool accept_one(struct http *http, struct listener *listener)
{
	struct place *place = NULL, *victim = NULL;
	struct sockaddr_storage client = {0};
	socklen_t length = sizeof(client);
	size_t used = 0;
	int fd;

	for (size_t i = 0; i < listener->places_count; i++) {
		if (listener->places[i].fd < 0)
			place = &listener->places[i];
		else
			used += !listener->places[i].ended;
	}
	if (!place) /* until the library has closed some */
		return false;
	if (used >= listener->limit) {
		victim = find_victim(listener);
		if (!victim) {
			pause_for(http, listener, SILENT_MS);
			return false;
		}
	}
	fd = accept4(listener->fd, (struct sockaddr *)&client, &length,
		     SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0 && errno != EAGAIN && !is_passing(errno))
		pause_for(http, listener, NO_FILE_MS); /* asking again would do nothing else */
	if (fd < 0)
		return is_passing(errno);
	if (victim)
		end(http, victim);
	begin(http, place, fd, &client, length);
	return true;
}

static void accept_some(struct http *http, struct listener *listener)
{
	if (listener->fd < 0 || clock_ms() < listener->paused_until)
		return;
	if (listener->paused_until)
		wait_for(http, listener, true);
	listener->paused_until = 0;
	for (int i = 0; i < ACCEPTS_MAX && accept_one(http, listener); i++)
		;
}

/* What the library did not even begin with. */
static void free_places(struct http *http)
{
	for (size_t i = 0; i < sizeof(http->places) / sizeof(http->places[0]); i++)
		if (!http->places[i].started)
			http->places[i].fd = -1;
}

/* --- the listeners, and the whole --- */

static int say_why(int r, const struct config_listen *listen, struct error *error)
{
	return error_set(error, r, "metrics cannot be served on %s: %s%s", listen->text,
			 strerror(-r),
			 r == -EADDRINUSE ? ": choose another address or port with --metrics, or "
					    "metrics.listen in the file"
			 : r == -EADDRNOTAVAIL ? ": no interface of this machine that is up has it"
			 : r == -EACCES	       ? ": a port below 1024 needs CAP_NET_BIND_SERVICE"
					       : "");
}

static int listen_on(const struct config_listen *listen_to, struct error *error)
{
	const int on = 1;
	int fd, r;

	fd = socket(listen_to->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		goto failed;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&listen_to->address, listen_to->length) == 0 &&
	    listen(fd, SOMAXCONN) == 0)
		return fd;
failed:
	r = -errno;
	if (fd >= 0)
		close(fd);
	return say_why(r, listen_to, error);
}

int http_check(const struct config_listen *listen, struct error *error)
{
	struct sockaddr_storage any = listen->address;
	int fd = socket(any.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), r = 0;

	/* On any port: the one that is meant may be a running reflexd's. */
	if (any.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&any)->sin6_port = 0;
	else
		((struct sockaddr_in *)&any)->sin_port = 0;
	if (fd < 0 || bind(fd, (const struct sockaddr *)&any, listen->length) < 0)
		r = say_why(-errno, listen, error);
	if (fd >= 0)
		close(fd);
	return r;
}

/* In the file system, where no flood over a network gets. The caller holds the instance's lock, so
 * what is there is left over. */
static int listen_own(const char *path, struct error *error)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), r;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd >= 0) {
		unlink(path);
		if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
		    chmod(path, 0666) == 0 && listen(fd, SOMAXCONN) == 0)
			return fd;
	}
	r = -errno;
	if (fd >= 0)
		close(fd);
	return error_set(error, r, "metrics cannot be served on %s: %s", path, strerror(-r));
}

static int watch_fd(const struct http *http, int fd)
{
	struct epoll_event event = {.events = EPOLLIN};

	return epoll_ctl(http->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int start(struct http *http, const char *where, struct error *error)
{
	int r = -EIO;

	http->epoll = epoll_create1(EPOLL_CLOEXEC);
	http->daemon =
		MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, answer,
				 http, MHD_OPTION_CONNECTION_LIMIT,
				 (unsigned int)(sizeof(http->places) / sizeof(http->places[0])),
				 MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
				 MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)IDLE_SECONDS,
				 MHD_OPTION_NOTIFY_CONNECTION, notice, http, MHD_OPTION_END);
	if (http->epoll >= 0 && http->daemon)
		r = watch_fd(http,
			     MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd);
	if (r == 0)
		r = watch_fd(http, http->tcp.fd);
	if (r == 0 && http->own.fd >= 0)
		r = watch_fd(http, http->own.fd);
	if (r < 0)
		error_say(error, "metrics cannot be served on %s: libmicrohttpd did not start",
			  where);
	return r;
}

int http_open(struct http **http, const struct config_listen *listen, const char *path,
	      const struct http_page *pages, void *context, struct error *error)
{
	struct http *new = calloc(1, sizeof(*new));
	int r;

	if (!new)
		return error_set(error, -ENOMEM, "out of memory");
	new->pages = pages;
	new->context = context;
	for (size_t i = 0; i < sizeof(new->places) / sizeof(new->places[0]); i++)
		new->places[i].fd = -1;
	new->epoll = -1;
	new->own = (struct listener){-1, 0, PLACES_OWN, PLACES_OWN + ACCEPTS_MAX, new->places};
	new->tcp = (struct listener){-1, 0, PLACES_MAX, PLACES_MAX + ACCEPTS_MAX,
				     new->places + PLACES_OWN + ACCEPTS_MAX};
	r = new->tcp.fd = listen_on(listen, error);
	if (r >= 0 && strlen(path) < sizeof(new->path)) {
		r = new->own.fd = listen_own(path, error);
		if (r >= 0)
			snprintf(new->path, sizeof(new->path), "%s", path);
	}
	if (r >= 0)
		r = start(new, listen->text, error);
	if (r < 0) {
		http_close(new);
		return r;
	}
	*http = new;
	return 0;
}

int http_fd(const struct http *http)
{
	return http->epoll;
}

int http_timeout(const struct http *http)
{
	const int64_t pauses[] = {http->tcp.paused_until, http->own.paused_until};
	MHD_UNSIGNED_LONG_LONG library;
	int64_t wait = INT64_MAX, now = clock_ms();

	if (http->again)
		return 0;
	if (MHD_get_timeout(http->daemon, &library) == MHD_YES && library < INT32_MAX)
		wait = (int64_t)library;
	for (size_t i = 0; i < sizeof(http->places) / sizeof(http->places[0]); i++) {
		const struct place *place = &http->places[i];

		if (place->fd >= 0 && !place->ended && place->since + AGE_MAX_MS - now < wait)
			wait = place->since + AGE_MAX_MS - now;
	}
	for (size_t i = 0; i < 2; i++)
		if (pauses[i] && pauses[i] - now < wait)
			wait = pauses[i] - now;
	return wait == INT64_MAX ? -1 : wait < 0 ? 0 : (int)wait;
}

/* What came is read before more is accepted, or the flood would take the place of one that just
 * asked. */
void http_run(struct http *http)
{
	http->again = false;
	end_old_connections(http);
	MHD_run(http->daemon);
	free_places(http);
	accept_some(http, &http->own);
	accept_some(http, &http->tcp);
}

void http_close(struct http *http)
{
	if (!http)
		return;
	if (http->daemon)
		MHD_stop_daemon(http->daemon);
	if (http->path[0])
		unlink(http->path);
	if (http->own.fd >= 0)
		close(http->own.fd);
	if (http->tcp.fd >= 0)
		close(http->tcp.fd);
	if (http->epoll >= 0)
		close(http->epoll);
	free(http);
}
