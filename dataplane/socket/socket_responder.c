// SPDX-License-Identifier: BSD-2-Clause
#include "socket_responder.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "socket_tcp.h"
#include "socket_udp.h"
#include "socket_worker.h"

#define EVENTS_MAX 64
#define TICK_MS	   1000
#define STALLED_MS 5000
#define FILES_REST 256 /* for all but sockets of ours */
/* Of these, what ports of addresses that come later leave to metrics, reloads and lookups; half of
 * it a reload may use. */
#define FILES_SPARE 96
#define BACKLOG	    256

#define CONNECTIONS_FEW 256 /* that are worth more than another worker */
#define CONNECTIONS_MIN 16

struct socket_responder {
	bool beside;
	bool started;
	int stop; /* an eventfd that every worker waits for */
	struct port_set *set, *next;
	struct drops *drops;	  /* of every UDP port number that there is or was */
	unsigned int connections; /* that are allowed, of all workers */
	unsigned int workers_count;
	struct worker workers[SOCKET_WORKERS_MAX];
};

static uint64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- one socket --- */

/* The header of every reply is that of the core's: TTL 64, DF, nothing else. */
static const struct option {
	int family;
	int type; /* 0: both */
	int level;
	int name;
	int value;
} options[] = {
	/* An anycast address may come later than we do, and an IPv6 one may still be tentative. */
	{AF_INET, 0, IPPROTO_IP, IP_FREEBIND, 1},
	{AF_INET6, 0, IPPROTO_IPV6, IPV6_FREEBIND, 1},
	{AF_INET6, 0, IPPROTO_IPV6, IPV6_V6ONLY, 1},
	{AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_PKTINFO, 1},
	{AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_TTL, WIRE_TTL},
	{AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_TOS, 0},
	{AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE},
	{AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1},
	{AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_UNICAST_HOPS, WIRE_TTL},
	{AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_TCLASS, 0},
	{AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, 0},
	{AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE},
	/* Connections of an earlier process may still be in TIME_WAIT. */
	{AF_UNSPEC, SOCK_STREAM, SOL_SOCKET, SO_REUSEADDR, 1},
	/* What follows holds for the connections: little memory, and no wait for a silent peer. */
	{AF_UNSPEC, SOCK_STREAM, SOL_SOCKET, SO_RCVBUF, TCP_KERNEL_BUFFER},
	{AF_UNSPEC, SOCK_STREAM, SOL_SOCKET, SO_SNDBUF, TCP_KERNEL_BUFFER},
	{AF_UNSPEC, SOCK_STREAM, IPPROTO_TCP, TCP_NODELAY, 1},
	{AF_UNSPEC, SOCK_STREAM, IPPROTO_TCP, TCP_USER_TIMEOUT, TCP_SLOW_MS},
};

static int set_options(int fd, int family, int type)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		const struct option *option = &options[i];

		if ((option->family && option->family != family) ||
		    (option->type && option->type != type))
			continue;
		if (setsockopt(fd, option->level, option->name, &option->value,
			       sizeof(option->value)) < 0)
			return -errno;
	}
	return type == SOCK_DGRAM ? udp_filter(fd, family) : 0;
}

static int share(int fd)
{
	const int on = 1;

	return setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) < 0 ? -errno : 0;
}

/*
 * The first socket of a port is bound alone, and shared only then: SO_REUSEPORT would let it join
 * another program's port.
 */
static int bind_socket(int fd, const struct service *service, bool first, bool shared)
{
	struct sockaddr_storage address;
	socklen_t length = endpoint_sockaddr(&address, &service->service, service->scope);
	int r = shared && !first ? share(fd) : 0;

	if (r == 0 && bind(fd, (struct sockaddr *)&address, length) < 0)
		r = -errno;
	if (r == 0 && shared && first)
		r = share(fd);
	return r;
}

static int open_socket(const struct service *service, bool stream, bool first, bool shared)
{
	int family = service->service.family == FAMILY_IPV6 ? AF_INET6 : AF_INET;
	int type = stream ? SOCK_STREAM : SOCK_DGRAM;
	int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), r;

	if (fd < 0)
		return -errno;
	r = set_options(fd, family, type);
	if (r == 0)
		r = bind_socket(fd, service, first, shared);
	if (r == 0 && stream && listen(fd, BACKLOG) < 0)
		r = -errno;
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

int socket_probe(const struct service *service)
{
	int fd = open_socket(service, false, true, false);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* --- paths --- */

static void path_to(struct message_path *path, const struct service *service, bool stream)
{
	memset(path, 0, sizeof(*path));
	path->family = service->service.family;
	path->stream = stream;
	path->destination_port = be16_from(service->service.port);
	memcpy(&path->destination, service->service.address, sizeof(path->destination));
}

void path_from(struct message_path *path, const struct sockaddr_storage *address)
{
	if (address->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;

		path->source_port.raw = in6->sin6_port;
		memcpy(&path->source, &in6->sin6_addr, sizeof(in6->sin6_addr));
	} else {
		const struct sockaddr_in *in = (const struct sockaddr_in *)address;

		path->source_port.raw = in->sin_port;
		memcpy(&path->source, &in->sin_addr, sizeof(in->sin_addr));
	}
}

/* --- ports --- */

static struct port *column(const struct port_set *set, size_t entry, unsigned int worker)
{
	return set->ports[entry * set->workers + worker];
}

static int compare_port(const struct port *port, const struct service *service, bool stream)
{
	int r = service_compare(&port->service, service);

	return r ? r : (int)port->stream - (int)stream;
}

/* Return: the entry, or the count of entries where it is none. */
static size_t find(const struct port_set *set, const struct service *service, bool stream)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int r = compare_port(column(set, middle, 0), service, stream);

		if (r == 0)
			return middle;
		if (r < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return set->count;
}

struct port *worker_find(const struct worker *worker, const struct service *service, bool stream)
{
	size_t entry = find(worker->set, service, stream);

	return entry < worker->set->count ? column(worker->set, entry, worker->index) : NULL;
}

void worker_watch(const struct worker *worker, struct source *source, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = source};

	epoll_ctl(worker->epoll, EPOLL_CTL_MOD, source->fd, &event);
}

/* Return: what counts for a port number; NULL where there is no memory. */
static struct drops *find_drops(struct drops **first, uint16_t port)
{
	struct drops *drops = *first;

	while (drops && drops->port != port)
		drops = drops->next;
	if (drops)
		return drops;
	drops = calloc(1, sizeof(*drops));
	if (!drops)
		return NULL;
	drops->port = port;
	drops->next = *first;
	return *first = drops;
}

/* The kernel's number wraps around, and ends with the socket. */
static void count_drops(struct port *port)
{
	uint32_t info[SK_MEMINFO_VARS];
	socklen_t length = sizeof(info);

	if (!port->drops ||
	    getsockopt(port->source.fd, SOL_SOCKET, SO_MEMINFO, info, &length) < 0 ||
	    length <= SK_MEMINFO_DROPS * sizeof(info[0]))
		return;
	port->drops->count += info[SK_MEMINFO_DROPS] - port->dropped;
	port->dropped = info[SK_MEMINFO_DROPS];
}

static size_t files_limit(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) < 0 ? 0 : limit.rlim_cur;
}

/* The kernel gives out the lowest number that is free, so a high one says that few are left. */
static int keep_spare(int fd, size_t spare)
{
	if (fd < 0 || (size_t)fd + spare < files_limit())
		return fd;
	close(fd);
	return -EMFILE;
}

/* Waits for nothing yet: that it is known to epoll is what may fail, and must not fail later. */
static int open_port(struct port **port, const struct worker *worker, const struct service *service,
		     bool stream, bool shared, size_t spare)
{
	struct port *new = calloc(1, sizeof(*new));
	struct epoll_event event = {.data.ptr = new};
	int r;

	if (!new)
		return -ENOMEM;
	new->service = *service;
	new->stream = stream;
	new->fresh = true;
	new->source.ready = stream ? tcp_accept : udp_ready;
	path_to(&new->path, service, stream);
	if (!stream) {
		new->drops = find_drops(worker->drops, service->service.port);
		r = new->drops ? 0 : -ENOMEM;
		if (r < 0)
			goto fail;
	}
	r = keep_spare(open_socket(service, stream, worker->index == 0, shared), spare);
	if (r < 0)
		goto fail;
	new->source.fd = r;
	if (epoll_ctl(worker->epoll, EPOLL_CTL_ADD, new->source.fd, &event) < 0) {
		r = -errno;
		close(new->source.fd);
		goto fail;
	}
	*port = new;
	return 0;
fail:
	free(new);
	return r;
}

/* The worker's state is locked. */
static void close_port(struct worker *worker, struct port *port)
{
	if (port->stream)
		tcp_remove(worker, port);
	count_drops(port);
	close(port->source.fd);
	port->source.fd = -1;
	port->next = worker->closed;
	worker->closed = port;
}

static void bury(struct worker *worker)
{
	while (worker->closed) {
		struct port *port = worker->closed;

		worker->closed = port->next;
		free(port);
	}
}

/* --- workers --- */

static void lock(struct worker *worker)
{
	pthread_mutex_lock(&worker->turn);
	pthread_mutex_lock(&worker->state);
	pthread_mutex_unlock(&worker->turn);
}

static void unlock(struct worker *worker)
{
	pthread_mutex_unlock(&worker->state);
}

static void tick(struct worker *worker)
{
	const struct port_set *set = worker->set;

	if (worker->now - worker->ticked < TICK_MS)
		return;
	worker->ticked = worker->now;
	tcp_expire(worker);
	/* Those at which nothing could be accepted wait for this. */
	for (size_t i = 0; i < set->count; i++) {
		struct port *port = column(set, i, worker->index);

		if (port->stream)
			tcp_resume(worker, port);
	}
}

static void work(struct worker *worker, const struct epoll_event *events, int count)
{
	worker->now = milliseconds();
	atomic_store(&worker->beat, worker->now);
	for (int i = 0; i < count; i++) {
		struct source *source = events[i].data.ptr;

		if (source && source->fd >= 0)
			source->ready(worker, source);
	}
	tick(worker);
	bury(worker);
}

static void *run(void *argument)
{
	struct epoll_event events[EVENTS_MAX];
	struct worker *worker = argument;
	bool stop = false;

	while (!stop) {
		int count = epoll_wait(worker->epoll, events, EVENTS_MAX, TICK_MS);
		int r = count < 0 && errno != EINTR ? errno : 0;

		lock(worker);
		worker->failed = r;
		stop = worker->stop || r;
		if (!stop)
			work(worker, events, count);
		unlock(worker);
	}
	return NULL;
}

static int open_worker(struct worker *worker, unsigned int index, unsigned int count, int stop)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};

	worker->index = index;
	pthread_mutex_init(&worker->turn, NULL);
	pthread_mutex_init(&worker->state, NULL);
	worker->epoll = epoll_create1(EPOLL_CLOEXEC);
	worker->udp = udp_create();
	worker->tcp = tcp_create(SOCKET_CONNECTIONS_MAX / count);
	if (worker->epoll < 0)
		return -errno;
	if (!worker->udp || !worker->tcp)
		return -ENOMEM;
	return epoll_ctl(worker->epoll, EPOLL_CTL_ADD, stop, &event) < 0 ? -errno : 0;
}

/* --- the responder --- */

/* A reload has the old sockets and the new ones for a moment. */
static size_t files_of_ports(unsigned int workers, size_t services)
{
	return 2 * (2 * services * workers);
}

static size_t files_needed(unsigned int workers, size_t services)
{
	size_t files = files_of_ports(workers, services) + SOCKET_CONNECTIONS_MAX + FILES_REST;

	return (files + 1023) / 1024 *
	       1024; /* the same for a while, as what is said once names it */
}

/* Return: how many workers the limit of open files allows. */
static unsigned int allow_workers(unsigned int workers, size_t services)
{
	while (workers > 1 &&
	       files_of_ports(workers, services) + CONNECTIONS_FEW + FILES_REST > files_limit())
		workers--;
	return workers;
}

/* Connections have what is left by ports and all the rest, so that no client can take it. */
static unsigned int allow_connections(unsigned int workers, size_t services)
{
	size_t limit = files_limit(), ports = files_of_ports(workers, services);
	size_t left = limit > ports ? limit - ports : 0;

	left -= left / 2 < FILES_REST ? left / 2 : FILES_REST;
	if (left < CONNECTIONS_MIN)
		return CONNECTIONS_MIN;
	return left < SOCKET_CONNECTIONS_MAX ? left : SOCKET_CONNECTIONS_MAX;
}

/* For as long as so many services' sockets may be open. */
static void limit_connections(struct socket_responder *responder, size_t services)
{
	responder->connections = allow_connections(responder->workers_count, services);
	for (unsigned int i = 0; i < responder->workers_count; i++) {
		struct worker *worker = &responder->workers[i];

		lock(worker);
		tcp_allow(worker, responder->connections / responder->workers_count);
		unlock(worker);
	}
}

static struct port_set *new_set(unsigned int workers, size_t services)
{
	size_t ports = 2 * services * workers;
	struct port_set *set = calloc(1, sizeof(*set) + ports * sizeof(struct port *));

	if (set)
		set->workers = workers;
	return set;
}

int socket_create(struct socket_responder **responder, const struct socket_settings *settings,
		  struct error *error)
{
	struct socket_responder *new = calloc(1, sizeof(*new));
	int r = -ENOMEM;

	if (!new)
		goto fail;
	new->beside = settings->beside;
	new->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = new->stop < 0 ? -errno : 0;
	new->workers_count = allow_workers(settings->workers, settings->services);
	for (unsigned int i = 0; i < new->workers_count; i++) {
		int opened = open_worker(&new->workers[i], i, new->workers_count, new->stop);

		new->workers[i].drops = &new->drops;
		r = r ? r : opened;
	}
	new->set = new_set(new->workers_count, 0);
	if (r == 0 && !new->set)
		r = -ENOMEM;
	if (r < 0)
		goto fail;
	for (unsigned int i = 0; i < new->workers_count; i++)
		new->workers[i].set = new->set;
	limit_connections(new, settings->services);
	*responder = new;
	return 0;
fail:
	socket_destroy(new);
	return error_set(error, r, "the socket responder cannot be made: %s", strerror(-r));
}

unsigned int socket_connections(const struct socket_responder *responder)
{
	return responder->connections;
}

unsigned int socket_workers(const struct socket_responder *responder)
{
	return responder->workers_count;
}

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
			kind, text, files_needed(responder->workers_count, services));
		break;
	default:
		error_say(error, "%s%s cannot be bound: %s", kind, text, strerror(-r));
	}
}

/* The port with every worker: what is in force, or opened now. */
static int add_entry(struct socket_responder *responder, const struct service *service, bool stream,
		     size_t spare)
{
	const struct port_set *old = responder->set;
	struct port_set *next = responder->next;
	struct port **row = &next->ports[next->count * next->workers];
	size_t entry = find(old, service, stream);
	unsigned int i;
	int r = 0;

	for (i = 0; i < next->workers && r == 0; i++) {
		if (entry < old->count)
			row[i] = column(old, entry, i);
		else
			r = open_port(&row[i], &responder->workers[i], service, stream,
				      next->workers > 1, spare);
	}
	if (r == 0) {
		next->count++;
		return 0;
	}
	for (i--; i-- > 0;) {
		lock(&responder->workers[i]);
		close_port(&responder->workers[i], row[i]);
		unlock(&responder->workers[i]);
	}
	return r;
}

int socket_prepare(struct socket_responder *responder, const struct service *services, size_t count,
		   const struct policy *policy, bool strict, struct error *error)
{
	struct port_set *next = new_set(responder->workers_count, count);

	if (!next) {
		return error_set(error, -ENOMEM, "out of memory");
	}
	next->policy = *policy;
	responder->next = next;
	/* Before the new ones are opened, as there may be more of them than before. */
	limit_connections(responder,
			  2 * count > responder->set->count ? count : responder->set->count / 2);
	for (size_t i = 0; i < 2 * count; i++) {
		bool stream = i % 2;
		int r = add_entry(responder, &services[i / 2], stream,
				  strict ? FILES_SPARE / 2 : FILES_SPARE);

		if (r == 0)
			continue;
		say_why(r, responder, &services[i / 2], stream, count, error);
		if (strict) {
			socket_abandon(responder);
			return r;
		}
		if (!next->missing_count++) {
			snprintf(next->missing, sizeof(next->missing), "%s", error->text);
			next->missing_stream = stream;
		}
	}
	return 0;
}

/* Both sets are still there: what the old one has and the new one has not is closed. */
static void change_over(struct worker *worker, struct port_set *next)
{
	const struct port_set *old = worker->set;

	for (size_t i = 0; i < old->count; i++)
		column(old, i, worker->index)->wanted = false;
	for (size_t i = 0; i < next->count; i++) {
		struct port *port = column(next, i, worker->index);

		port->wanted = true;
		if (port->fresh)
			worker_watch(worker, &port->source, EPOLLIN);
		port->fresh = false;
	}
	for (size_t i = 0; i < old->count; i++) {
		struct port *port = column(old, i, worker->index);

		if (!port->wanted)
			close_port(worker, port);
	}
	worker->set = next;
}

void socket_commit(struct socket_responder *responder)
{
	for (unsigned int i = 0; i < responder->workers_count; i++) {
		lock(&responder->workers[i]);
		change_over(&responder->workers[i], responder->next);
		unlock(&responder->workers[i]);
	}
	free(responder->set);
	responder->set = responder->next;
	responder->next = NULL;
	limit_connections(responder, responder->set->count / 2);
}

void socket_abandon(struct socket_responder *responder)
{
	struct port_set *next = responder->next;

	for (unsigned int i = 0; i < responder->workers_count; i++) {
		struct worker *worker = &responder->workers[i];

		lock(worker);
		for (size_t j = 0; j < next->count; j++)
			if (column(next, j, i)->fresh)
				close_port(worker, column(next, j, i));
		unlock(worker);
	}
	free(next);
	responder->next = NULL;
	limit_connections(responder, responder->set->count / 2);
}

int socket_start(struct socket_responder *responder, struct error *error)
{
	sigset_t all, before;
	int r = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (unsigned int i = 0; i < responder->workers_count && r == 0; i++) {
		struct worker *worker = &responder->workers[i];

		atomic_store(&worker->beat, milliseconds());
		r = -pthread_create(&worker->thread, NULL, run, worker);
		worker->running = r == 0;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	responder->started = true;
	if (r < 0)
		error_say(error, "no thread for the sockets: %s", strerror(-r));
	return r;
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
		lock(&responder->workers[i]);
		add_statistics(statistics, &responder->workers[i].statistics);
		unlock(&responder->workers[i]);
	}
}

void socket_drops(struct socket_responder *responder,
		  void (*take)(uint16_t port, uint64_t drops, void *context), void *context)
{
	const struct port_set *set = responder->set;

	for (size_t i = 0; i < set->count * set->workers; i++)
		count_drops(set->ports[i]);
	for (const struct drops *drops = responder->drops; drops; drops = drops->next)
		take(drops->port, drops->count, context);
}

size_t socket_missing(const struct socket_responder *responder, const char **sentence, bool *stream)
{
	if (sentence)
		*sentence = responder->set->missing;
	if (stream)
		*stream = responder->set->missing_stream;
	return responder->set->missing_count;
}

bool socket_ready(struct socket_responder *responder, struct error *reason)
{
	uint64_t now = milliseconds();

	for (unsigned int i = 0; i < responder->workers_count; i++) {
		struct worker *worker = &responder->workers[i];
		uint64_t beat = atomic_load(&worker->beat);
		int failed;

		if (now > beat + STALLED_MS) {
			error_say(reason, "a thread of the sockets has not run for %d seconds",
				  STALLED_MS / 1000);
			return false;
		}
		lock(worker);
		failed = worker->failed;
		unlock(worker);
		if (failed) {
			error_say(reason, "a thread of the sockets has ended: %s",
				  strerror(failed));
			return false;
		}
	}
	if (responder->beside || !responder->set->missing[0])
		return true;
	error_say(reason, "%s", responder->set->missing);
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

static void stop_worker(struct worker *worker)
{
	if (!worker->running)
		return;
	lock(worker);
	worker->stop = true;
	unlock(worker);
}

static void close_worker(struct worker *worker)
{
	if (worker->running)
		pthread_join(worker->thread, NULL);
	for (size_t i = 0; worker->set && i < worker->set->count; i++)
		close_port(worker, column(worker->set, i, worker->index));
	bury(worker);
	tcp_destroy(worker->tcp);
	udp_destroy(worker->udp);
	close(worker->epoll);
	pthread_mutex_destroy(&worker->turn);
	pthread_mutex_destroy(&worker->state);
}

void socket_destroy(struct socket_responder *responder)
{
	const uint64_t one = 1;

	if (!responder)
		return;
	for (unsigned int i = 0; i < responder->workers_count; i++)
		stop_worker(&responder->workers[i]);
	if (responder->stop >= 0 && write(responder->stop, &one, sizeof(one)) < 0)
		(void)one; /* then within a second */
	for (unsigned int i = 0; i < responder->workers_count; i++)
		close_worker(&responder->workers[i]);
	if (responder->stop >= 0)
		close(responder->stop);
	free(responder->set);
	while (responder->drops) {
		struct drops *drops = responder->drops;

		responder->drops = drops->next;
		free(drops);
	}
	free(responder);
}
