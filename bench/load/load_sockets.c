// SPDX-License-Identifier: BSD-2-Clause
/*
 * UDP sockets, each connected, with a port of its own. Each batch is sent by the next socket in
 * turn.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crc32.h"
#include "load_clock.h"
#include "load_engine.h"
#include "load_worker.h"
#include "protocols.h"
#include "sources.h"

#define SOCKETS_DEFAULT 64
#define SOCKETS_MAX	4096
#define BUFFER		(4 << 20)
#define REPLY_MAX	2048

struct client_socket {
	int fd;
	uint64_t source;
	uint16_t port;
};

struct sockets_thread {
	struct client_socket *sockets;
	size_t count, at;
	int epoll;
	struct mmsghdr out[LOAD_BATCH], in[LOAD_BATCH];
	struct iovec out_bytes[LOAD_BATCH], in_bytes[LOAD_BATCH];
	unsigned int pending, done; /* requests of the batch; how many of them are sent */
	struct statistics *statistics;
	uint8_t requests[LOAD_BATCH][PROFILE_MESSAGE_MAX];
	uint8_t replies[LOAD_BATCH][REPLY_MAX];
};

struct sockets_message {
	uint8_t bytes[PROFILE_MESSAGE_MAX];
	size_t length;
	const struct load_profile *profile;
};

struct load_sockets {
	struct load_engine engine;
	struct sockets_message messages[LOAD_MIX_MAX];
	struct sockets_thread *threads;
	size_t threads_count;
};

/* --- sending --- */

/* Sends the rest of the batch. A request that the kernel refuses for good is skipped, and so lost.
 */
static void tx_flush(struct sockets_thread *thread)
{
	while (thread->done < thread->pending) {
		int r = sendmmsg(thread->sockets[thread->at].fd, thread->out + thread->done,
				 thread->pending - thread->done, MSG_DONTWAIT);

		if (r > 0) {
			thread->done += (unsigned int)r;
		} else if (errno == EAGAIN) {
			return;
		} else if (errno == ECONNREFUSED || errno == EHOSTUNREACH) {
			/* The error of an earlier request; this one has not been tried. */
			statistics_count(&thread->statistics->unreachable, 1);
		} else if (errno != EINTR) {
			statistics_count(&thread->statistics->failed, 1);
			thread->statistics->failed_errno = errno;
			thread->done++;
		}
	}
	thread->done = thread->pending = 0;
	thread->at = thread->at + 1 < thread->count ? thread->at + 1 : 0;
}

static unsigned int prepare(struct load_engine *engine, size_t index, struct load_request *requests,
			    unsigned int count)
{
	struct sockets_thread *thread = &((struct load_sockets *)engine)->threads[index];
	const struct client_socket *client;

	if (thread->pending) {
		tx_flush(thread);
		if (thread->pending)
			return 0;
	}
	client = &thread->sockets[thread->at];
	for (unsigned int i = 0; i < count; i++) {
		requests[i].source = client->source;
		requests[i].port = client->port;
	}
	return count;
}

static void put_message(uint8_t *to, const struct sockets_message *message,
			const struct ticket *ticket)
{
	size_t covered = message->length - 8;
	uint32_t state = CRC32_START;

	memcpy(to, message->bytes, message->length);
	memcpy(to + sizeof(struct wire_stun) - sizeof(*ticket), ticket, sizeof(*ticket));
	if (!message->profile->fingerprint)
		return;
	for (size_t i = 0; i < covered; i += 4)
		state = crc32_1(state, bytes_load32(to + i));
	state = ~state ^ STUN_FINGERPRINT_XOR ^ message->profile->fingerprint_wrong;
	bytes_store32(to + covered + 4, be32_from(state).raw);
}

static void send_requests(struct load_engine *engine, size_t index,
			  const struct load_request *requests, unsigned int count,
			  struct statistics *statistics)
{
	struct load_sockets *sockets = (struct load_sockets *)engine;
	struct sockets_thread *thread = &sockets->threads[index];

	for (unsigned int i = 0; i < count; i++) {
		const struct sockets_message *message = &sockets->messages[requests[i].mix];

		put_message(thread->requests[i], message, &requests[i].ticket);
		thread->out_bytes[i].iov_len = message->length;
	}
	thread->statistics = statistics;
	thread->pending = count;
	tx_flush(thread);
}

/* --- receiving --- */

static unsigned int read_socket(struct sockets_thread *thread, int fd, struct load_worker *worker)
{
	int r = recvmmsg(fd, thread->in, LOAD_BATCH, MSG_DONTWAIT, NULL);

	if (r < 0 && (errno == ECONNREFUSED || errno == EHOSTUNREACH))
		statistics_count(&worker->statistics.unreachable, 1);
	if (r <= 0)
		return 0;
	load_worker_arrive(worker);
	for (int i = 0; i < r; i++) {
		const struct load_reply reply = {.message = thread->replies[i],
						 .length = thread->in[i].msg_len};

		load_worker_take(worker, &reply);
	}
	return (unsigned int)r;
}

static unsigned int receive(struct load_engine *engine, size_t index, struct load_worker *worker)
{
	struct sockets_thread *thread = &((struct load_sockets *)engine)->threads[index];
	struct epoll_event events[LOAD_BATCH];
	int ready = epoll_wait(thread->epoll, events, LOAD_BATCH, 0);
	unsigned int taken = 0;

	if (thread->pending)
		tx_flush(thread);
	for (int i = 0; i < ready; i++)
		taken += read_socket(thread, events[i].data.fd, worker);
	return taken;
}

static void await(struct load_engine *engine, size_t index, uint64_t nanoseconds)
{
	const struct sockets_thread *thread = &((struct load_sockets *)engine)->threads[index];
	const struct timespec span = clock_span(nanoseconds);
	struct epoll_event event;

	epoll_pwait2(thread->epoll, &event, 1, &span, NULL);
}

/* --- opening --- */

static void close_sockets(struct load_engine *engine)
{
	struct load_sockets *sockets = (struct load_sockets *)engine;

	for (size_t i = 0; sockets->threads && i < sockets->threads_count; i++) {
		struct sockets_thread *thread = &sockets->threads[i];

		for (size_t j = 0; j < thread->count; j++)
			close(thread->sockets[j].fd);
		if (thread->epoll >= 0)
			close(thread->epoll);
		free(thread->sockets);
	}
	free(sockets->threads);
	free(sockets);
}

static int say_errno(struct error *error, const char *what, const struct endpoint *endpoint)
{
	int r = -errno;
	char text[ADDRESS_TEXT_MAX];

	return error_set(error, r, "cannot %s %s: %s", what, address_print_endpoint(text, endpoint),
			 strerror(-r));
}

/* Opens a socket at a source; the kernel chooses for port 0 and for the address :: or 0.0.0.0. */
static int open_client(struct client_socket *client, struct load_sockets *sockets,
		       const struct endpoint *source, const struct endpoint *target,
		       struct error *error)
{
	struct sockaddr_storage storage;
	struct sockaddr *address = (struct sockaddr *)&storage;
	socklen_t length = address_socket(&storage, source);
	const int buffer = BUFFER;
	struct endpoint own;

	client->fd = socket(target->address.family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (client->fd < 0)
		return say_errno(error, "open a socket to", target);
	if (setsockopt(client->fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer)) < 0)
		setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
	if (bind(client->fd, address, length) < 0)
		return say_errno(error, "send from", source);
	length = address_socket(&storage, target);
	if (connect(client->fd, address, length) < 0)
		return say_errno(error, "send to", target);
	length = sizeof(storage);
	if (getsockname(client->fd, address, &length) < 0 || !address_from_socket(&own, address))
		return say_errno(error, "tell the source to", target);
	sockets->engine.source = own.address;
	client->source = load_engine_lower(&own.address);
	client->port = own.port;
	return 0;
}

/* How many sockets: each source address with each port, or ports that the kernel chooses. */
static size_t count_sockets(const struct load_settings *settings)
{
	uint64_t addresses = settings->source_given ? sources_count(&settings->source) : 1;
	uint64_t ports = settings->ports_given
				 ? (uint64_t)(settings->port_last - settings->port_first) + 1
				 : 1;

	if (addresses > SOCKETS_MAX || addresses * ports > SOCKETS_MAX)
		return 0;
	if (!settings->ports_given && addresses < SOCKETS_DEFAULT)
		return SOCKETS_DEFAULT;
	return (size_t)(addresses * ports);
}

/* Where the socket of that number sends from. */
static struct endpoint choose_source(const struct load_settings *settings, size_t number)
{
	struct endpoint source = {.address.family = settings->target.address.family};
	uint64_t addresses = 1;

	if (settings->source_given) {
		addresses = sources_count(&settings->source);
		source.address = sources_address(&settings->source, number % addresses);
	}
	if (settings->ports_given)
		source.port = (uint16_t)(settings->port_first + number / addresses);
	return source;
}

static int open_next(struct load_sockets *sockets, struct sockets_thread *thread,
		     const struct endpoint *source, const struct endpoint *target,
		     struct error *error)
{
	struct client_socket *client = &thread->sockets[thread->count];
	struct epoll_event event = {.events = EPOLLIN};
	int r = open_client(client, sockets, source, target, error);

	thread->count += client->fd >= 0;
	if (r < 0)
		return r;
	event.data.fd = client->fd;
	if (epoll_ctl(thread->epoll, EPOLL_CTL_ADD, client->fd, &event) < 0)
		return say_errno(error, "watch a socket to", target);
	return 0;
}

static int open_thread(struct sockets_thread *thread, size_t room)
{
	for (unsigned int i = 0; i < LOAD_BATCH; i++) {
		thread->out_bytes[i].iov_base = thread->requests[i];
		thread->out[i].msg_hdr.msg_iov = &thread->out_bytes[i];
		thread->out[i].msg_hdr.msg_iovlen = 1;
		thread->in_bytes[i] = (struct iovec){thread->replies[i], REPLY_MAX};
		thread->in[i].msg_hdr.msg_iov = &thread->in_bytes[i];
		thread->in[i].msg_hdr.msg_iovlen = 1;
	}
	thread->sockets = calloc(room, sizeof(*thread->sockets));
	thread->epoll = epoll_create1(EPOLL_CLOEXEC);
	return thread->epoll >= 0 && thread->sockets ? 0 : -1;
}

static int open_all(struct load_sockets *sockets, const struct load_settings *settings,
		    struct error *error)
{
	size_t threads = load_settings_threads(settings), count = count_sockets(settings);

	if (count == 0)
		return error_set(
			error, -E2BIG,
			"more than %d source addresses and ports: sockets are for fewer, so name "
			"an --interface",
			SOCKETS_MAX);
	count = count > threads ? count : threads;
	for (size_t i = 0; i < threads; i++) {
		sockets->threads_count++;
		if (open_thread(&sockets->threads[i], count / threads + 1) < 0)
			return say_errno(error, "watch sockets to", &settings->target);
	}
	for (size_t i = 0; i < count; i++) {
		const struct endpoint source = choose_source(settings, i);
		int r = open_next(sockets, &sockets->threads[i % threads], &source,
				  &settings->target, error);

		if (r < 0)
			return r;
	}
	return 0;
}

int load_sockets_open(struct load_engine **engine, const struct load_settings *settings,
		      struct error *error)
{
	static const struct load_engine_kind kind = {
		.prepare = prepare,
		.send = send_requests,
		.receive = receive,
		.wait = await,
		.close = close_sockets,
	};
	struct load_sockets *sockets = calloc(1, sizeof(*sockets));
	struct rlimit files = {0};
	int r = -ENOMEM;

	error_say(error, "no memory");
	if (!sockets)
		return r;
	sockets->engine = (struct load_engine){.kind = &kind, .mode = MODE_SOCKET};
	sockets->threads = calloc(load_settings_threads(settings), sizeof(*sockets->threads));
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	for (size_t i = 0; i < settings->mix_count; i++) {
		struct sockets_message *message = &sockets->messages[i];

		message->profile = settings->mix[i].profile;
		message->length = profile_message(message->bytes, message->profile);
	}
	if (sockets->threads)
		r = open_all(sockets, settings, error);
	if (r < 0)
		close_sockets(&sockets->engine);
	else
		*engine = &sockets->engine;
	return r;
}
