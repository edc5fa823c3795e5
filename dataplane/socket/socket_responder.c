// SPDX-License-Identifier: BSD-2-Clause
#include "socket_responder.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "socket_tcp.h"
#include "socket_udp.h"
#include "socket_worker.h"

struct socket_responder {
	bool beside;
	bool started;
	int stop; /* an eventfd that every worker waits for */
	struct socket_port_set *set, *next;
	struct socket_drop_count *drops; /* of every UDP port number that there is or was */
	unsigned int connections;	 /* that are allowed, of all workers */
	unsigned int workers_count;
	struct socket_worker workers[SOCKET_WORKERS_MAX];
};

/* --- begin and end --- */

/* For as long as so many services' sockets may be open. */
static void limit_connections(struct socket_responder *responder, size_t services)
{
	responder->connections = socket_limits_connections(responder->workers_count, services);
	for (unsigned int i = 0; i < responder->workers_count; i++) {
		struct socket_worker *worker = &responder->workers[i];

		socket_worker_lock(worker);
		socket_tcp_allow(worker, responder->connections / responder->workers_count);
		socket_worker_unlock(worker);
	}
}

static int open_worker(struct socket_responder *responder, unsigned int index, unsigned int count)
{
	struct socket_worker *worker = &responder->workers[index];
	int r = socket_worker_init(worker, index, responder->stop);

	worker->tick = socket_tcp_tick;
	worker->set = responder->set;
	worker->udp = socket_udp_create();
	worker->tcp = socket_tcp_create(SOCKET_CONNECTIONS_MAX / count);
	return r == 0 && (!worker->udp || !worker->tcp) ? -ENOMEM : r;
}

int socket_create(struct socket_responder **responder, const struct socket_settings *settings,
		  struct error *error)
{
	unsigned int count = socket_limits_workers(settings->workers, settings->services);
	struct socket_responder *new = calloc(1, sizeof(*new));
	int r = -ENOMEM;

	if (!new)
		goto fail;
	new->beside = settings->beside;
	new->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	new->set = socket_port_set_new(count, 0);
	if (new->stop < 0)
		r = -errno;
	if (new->stop < 0 || !new->set)
		goto fail;
	for (unsigned int i = 0; i < count; i++) {
		new->workers_count = i + 1; /* one that cannot be opened is closed, too */
		r = open_worker(new, i, count);
		if (r < 0)
			goto fail;
	}
	limit_connections(new, settings->services);
	*responder = new;
	return 0;
fail:
	socket_destroy(new);
	return error_set(error, r, "the socket responder cannot be made: %s", strerror(-r));
}

int socket_start(struct socket_responder *responder, struct error *error)
{
	sigset_t all, before;
	int r = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (unsigned int i = 0; i < responder->workers_count && r == 0; i++)
		r = socket_worker_start(&responder->workers[i]);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	responder->started = true;
	if (r < 0)
		error_say(error, "no thread for the sockets: %s", strerror(-r));
	return r;
}

/* Its state is locked, or its thread has ended. */
static void close_port(struct socket_worker *worker, struct socket_port *port)
{
	if (port->stream)
		socket_tcp_remove(worker, port);
	socket_worker_close(worker, port);
}

static void close_worker(struct socket_worker *worker)
{
	socket_worker_join(worker);
	for (size_t i = 0; i < worker->set->count; i++)
		close_port(worker, socket_port_set_get(worker->set, i, worker->index));
	socket_worker_destroy(worker);
	socket_tcp_destroy(worker->tcp);
	socket_udp_destroy(worker->udp);
}

void socket_destroy(struct socket_responder *responder)
{
	const uint64_t one = 1;

	if (!responder)
		return;
	for (unsigned int i = 0; i < responder->workers_count; i++)
		socket_worker_stop(&responder->workers[i]);
	if (responder->stop >= 0 && write(responder->stop, &one, sizeof(one)) < 0)
		(void)one; /* then within a second */
	for (unsigned int i = 0; i < responder->workers_count; i++)
		close_worker(&responder->workers[i]);
	if (responder->stop >= 0)
		close(responder->stop);
	free(responder->set);
	while (responder->drops) {
		struct socket_drop_count *drops = responder->drops;

		responder->drops = drops->next;
		free(drops);
	}
	free(responder);
}

/* --- changing what is in force --- */

static void say_why(int r, const struct socket_responder *responder, const struct service *service,
		    bool stream, size_t services, struct error *error)
{
	const char *kind = stream ? "TCP port " : "";
	char text[ENDPOINT_TEXT_MAX];

	endpoint_print(text, &service->service, service->scope);
	switch (r) {
	case -EADDRINUSE:
		error_say(error,
			  "%s%s is in use by another program: `ss -%slpn 'sport = :%u'` names it; "
			  "stop it%s",
			  kind, text, stream ? "t" : "u", service->service.port,
			  responder->beside ? ", or set `otherwise: pass` to share the port with it"
					    : "");
		break;
	case -EACCES:
		error_say(error,
			  "%s%s cannot be bound: a port below 1024 needs CAP_NET_BIND_SERVICE%s",
			  kind, text,
			  responder->started
				  ? ", which is dropped after the start: restart reflexd to have it"
				  : ": start as root, or with that capability");
		break;
	case -EMFILE:
	case -ENFILE:
		error_say(
			error,
			"%s%s cannot be bound: too many open files: raise the limit (`ulimit -n`, "
			"LimitNOFILE=) to %zu",
			kind, text, socket_limits_advice(responder->workers_count, services));
		break;
	default:
		error_say(error, "%s%s cannot be bound: %s", kind, text, strerror(-r));
	}
}

/* It waits for no events yet, but is added to epoll now: that may fail, and socket_commit cannot.
 */
static int open_port(struct socket_port **port, struct socket_responder *responder,
		     unsigned int index, const struct service *service, bool stream, size_t spare)
{
	struct socket_drop_count *drops = NULL;
	struct socket_port *new;
	int r;

	/* First, so that its series is there even where the port cannot be had. */
	if (!stream) {
		drops = socket_drop_count_find(&responder->drops, service->service.port);
		if (!drops)
			return -ENOMEM;
	}
	r = socket_port_open(&new, service, stream, index == 0, responder->workers_count > 1,
			     spare);
	if (r < 0)
		return r;
	new->source.ready = stream ? socket_tcp_accept : socket_udp_ready;
	new->drops = drops;
	r = socket_worker_add(&responder->workers[index], &new->source, 0);
	if (r < 0) {
		socket_port_close(new);
		free(new);
		return r;
	}
	*port = new;
	return 0;
}

/* The port with every worker: what is in force, or opened now. */
static int add_entry(struct socket_responder *responder, const struct service *service, bool stream,
		     size_t spare)
{
	const struct socket_port_set *old = responder->set;
	struct socket_port_set *next = responder->next;
	struct socket_port **row = &next->ports[next->count * next->workers];
	size_t entry = socket_port_set_find(old, service, stream);
	unsigned int i;
	int r = 0;

	for (i = 0; i < next->workers && r == 0; i++) {
		if (entry < old->count)
			row[i] = socket_port_set_get(old, entry, i);
		else
			r = open_port(&row[i], responder, i, service, stream, spare);
	}
	if (r == 0) {
		next->count++;
		return 0;
	}
	for (i--; i-- > 0;) {
		socket_worker_lock(&responder->workers[i]);
		close_port(&responder->workers[i], row[i]);
		socket_worker_unlock(&responder->workers[i]);
	}
	return r;
}

static size_t services_of(const struct socket_port_set *set)
{
	return set->count / SOCKET_TRANSPORTS;
}

int socket_prepare(struct socket_responder *responder, const struct service *services, size_t count,
		   const struct policy *policy, bool strict, struct error *error)
{
	struct socket_port_set *next = socket_port_set_new(responder->workers_count, count);
	/* A reload may use half of what addresses that come later must leave. */
	size_t spare = strict ? SOCKET_SPARE / 2 : SOCKET_SPARE;

	if (!next)
		return error_set(error, -ENOMEM, "out of memory");
	next->policy = *policy;
	responder->next = next;
	/* Before they are opened, as more files may be needed than now. */
	limit_connections(responder, count > services_of(responder->set)
					     ? count
					     : services_of(responder->set));
	for (size_t i = 0; i < SOCKET_TRANSPORTS * count; i++) {
		const struct service *service = &services[i / SOCKET_TRANSPORTS];
		bool stream = i % SOCKET_TRANSPORTS;
		int r = add_entry(responder, service, stream, spare);

		if (r == 0)
			continue;
		say_why(r, responder, service, stream, count, error);
		if (strict) {
			socket_abandon(responder);
			return r;
		}
		if (!next->missing_count++) {
			next->missing = *error;
			next->missing_stream = stream;
		}
	}
	return 0;
}

/* Both sets are still there: what the old one has and the new one has not is closed. */
static void change_over(struct socket_worker *worker, struct socket_port_set *next)
{
	const struct socket_port_set *old = worker->set;

	for (size_t i = 0; i < old->count; i++)
		socket_port_set_get(old, i, worker->index)->wanted = false;
	for (size_t i = 0; i < next->count; i++) {
		struct socket_port *port = socket_port_set_get(next, i, worker->index);

		port->wanted = true;
		if (port->fresh)
			socket_worker_watch(worker, &port->source, EPOLLIN);
		port->fresh = false;
	}
	for (size_t i = 0; i < old->count; i++) {
		struct socket_port *port = socket_port_set_get(old, i, worker->index);

		if (!port->wanted)
			close_port(worker, port);
	}
	worker->set = next;
}

void socket_commit(struct socket_responder *responder)
{
	for (unsigned int i = 0; i < responder->workers_count; i++) {
		socket_worker_lock(&responder->workers[i]);
		change_over(&responder->workers[i], responder->next);
		socket_worker_unlock(&responder->workers[i]);
	}
	free(responder->set);
	responder->set = responder->next;
	responder->next = NULL;
	limit_connections(responder, services_of(responder->set));
}

void socket_abandon(struct socket_responder *responder)
{
	struct socket_port_set *next = responder->next;

	for (unsigned int i = 0; i < responder->workers_count; i++) {
		struct socket_worker *worker = &responder->workers[i];

		socket_worker_lock(worker);
		for (size_t j = 0; j < next->count; j++)
			if (socket_port_set_get(next, j, i)->fresh)
				close_port(worker, socket_port_set_get(next, j, i));
		socket_worker_unlock(worker);
	}
	free(next);
	responder->next = NULL;
	limit_connections(responder, services_of(responder->set));
}

/* --- what is there, and what it counts --- */

unsigned int socket_connections(const struct socket_responder *responder)
{
	return responder->connections;
}

unsigned int socket_workers(const struct socket_responder *responder)
{
	return responder->workers_count;
}

static void add_statistics(struct socket_statistics *sum, const struct socket_statistics *part)
{
	counters_add(&sum->counters, &part->counters);
	sum->connections += part->connections;
	sum->accepted += part->accepted;
	for (int reason = 0; reason < SOCKET_REASONS; reason++)
		sum->closed[reason] += part->closed[reason];
	for (int family = 0; family < FAMILIES; family++) {
		sum->sent[family] += part->sent[family];
		sum->refused[family] += part->refused[family];
	}
}

void socket_read(struct socket_responder *responder, struct socket_statistics *statistics)
{
	memset(statistics, 0, sizeof(*statistics));
	for (unsigned int i = 0; i < responder->workers_count; i++) {
		socket_worker_lock(&responder->workers[i]);
		add_statistics(statistics, &responder->workers[i].statistics);
		socket_worker_unlock(&responder->workers[i]);
	}
}

void socket_drops(struct socket_responder *responder,
		  void (*take)(uint16_t port, uint64_t drops, void *context), void *context)
{
	const struct socket_port_set *set = responder->set;

	for (size_t i = 0; i < set->count * set->workers; i++)
		socket_port_count_drops(set->ports[i]);
	for (const struct socket_drop_count *drops = responder->drops; drops; drops = drops->next)
		take(drops->port, drops->count, context);
}

size_t socket_missing(const struct socket_responder *responder, const char **sentence, bool *stream)
{
	if (sentence)
		*sentence = responder->set->missing.text;
	if (stream)
		*stream = responder->set->missing_stream;
	return responder->set->missing_count;
}

bool socket_ready(struct socket_responder *responder, struct error *reason)
{
	for (unsigned int i = 0; i < responder->workers_count; i++)
		if (!socket_worker_ready(&responder->workers[i], reason))
			return false;
	if (responder->beside || !responder->set->missing.text[0])
		return true;
	*reason = responder->set->missing;
	return false;
}

size_t socket_run(const struct socket_responder *responder, const struct message_path *path,
		  const void *request, size_t length, void *reply, size_t capacity)
{
	const struct policy *policy = &responder->set->policy;
	const uint8_t *message = request;
	struct binding binding = {0};
	enum verdict verdict;
	size_t needed;

	verdict = message_examine(message, message + length, policy, path, &binding);
	if (verdict_action(verdict) != ACTION_ANSWER)
		return 0;
	needed = message_reply_length(&binding);
	if (needed > capacity || !message_emit(reply, (uint8_t *)reply + needed, policy, &binding))
		return 0;
	return needed;
}

int socket_probe(const struct service *service)
{
	int fd = socket_port_bind(service, false, true, false);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}
