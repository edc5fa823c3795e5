// SPDX-License-Identifier: BSD-2-Clause
/*
 * Plain UDP sockets, each connected, with a port of its own. A batch goes out by one of them, and
 * the next by the next one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "crc32.h"
#include "engine.h"
#include "sources.h"
#include "wire.h"
#include "worker.h"

#define SOCKETS_DEFAULT 64
#define SOCKETS_MAX	4096
#define BUFFER		(4 << 20)
#define REPLY_MAX	2048

struct one {
	int fd;
	uint64_t source;
	uint16_t port;
};

struct lane {
	struct one *sockets;
	size_t count, at;
	int epoll;
	struct mmsghdr out[ENGINE_BATCH], in[ENGINE_BATCH];
	struct iovec out_bytes[ENGINE_BATCH], in_bytes[ENGINE_BATCH];
	unsigned int pending, done; /* of what is to be sent, and already has been */
	struct statistics *statistics;
	uint8_t requests[ENGINE_BATCH][PROFILE_MESSAGE_MAX];
	uint8_t replies[ENGINE_BATCH][REPLY_MAX];
};

struct message {
	uint8_t bytes[PROFILE_MESSAGE_MAX];
	size_t length;
	const struct profile *profile;
};

struct sockets {
	struct engine engine;
	struct message messages[SETTINGS_MIX_MAX];
	struct lane *lanes;
	size_t lanes_count;
};

/* --- sending --- */

/* Sends what waits. One that the kernel refuses for good is skipped; its request will be lost. */
static void flush(struct lane *lane)
{
	while (lane->done < lane->pending) {
		int r = sendmmsg(lane->sockets[lane->at].fd, lane->out + lane->done,
				 lane->pending - lane->done, MSG_DONTWAIT);

		if (r > 0) {
			lane->done += (unsigned int)r;
		} else if (errno == EAGAIN) {
			return;
		} else if (errno == ECONNREFUSED || errno == EHOSTUNREACH) {
			/* What became of an earlier one; this one has not been tried. */
			statistics_count(&lane->statistics->unreachable, 1);
		} else if (errno != EINTR) {
			statistics_count(&lane->statistics->failed, 1);
			lane->statistics->failed_errno = errno;
			lane->done++;
		}
	}
	lane->done = lane->pending = 0;
	lane->at = lane->at + 1 < lane->count ? lane->at + 1 : 0;
}

static unsigned int prepare(struct engine *engine, size_t index, struct request *requests,
			    unsigned int count)
{
	struct lane *lane = &((struct sockets *)engine)->lanes[index];
	const struct one *one;

	if (lane->pending) {
		flush(lane);
		if (lane->pending)
			return 0;
	}
	one = &lane->sockets[lane->at];
	for (unsigned int i = 0; i < count; i++) {
		requests[i].source = one->source;
		requests[i].port = one->port;
	}
	return count;
}

static void put_message(uint8_t *to, const struct message *message, const struct ticket *ticket)
{
	size_t covered = message->length - 8;
	uint32_t state = CRC32_START;

	memcpy(to, message->bytes, message->length);
	memcpy(to + sizeof(struct wire_stun) - sizeof(*ticket), ticket, sizeof(*ticket));
	if (!message->profile->fingerprint)
		return;
	for (size_t i = 0; i < covered; i += 4)
		state = crc32_1(state, wire_load32(to + i));
	state = ~state ^ STUN_FINGERPRINT_XOR ^ message->profile->fingerprint_wrong;
	wire_store32(to + covered + 4, be32_from(state).raw);
}

static void send_requests(struct engine *engine, size_t index, const struct request *requests,
			  unsigned int count, struct statistics *statistics)
{
	struct sockets *sockets = (struct sockets *)engine;
	struct lane *lane = &sockets->lanes[index];

	for (unsigned int i = 0; i < count; i++) {
		const struct message *message = &sockets->messages[requests[i].mix];

		put_message(lane->requests[i], message, &requests[i].ticket);
		lane->out_bytes[i].iov_len = message->length;
	}
	lane->statistics = statistics;
	lane->pending = count;
	flush(lane);
}

/* --- receiving --- */

static unsigned int read_socket(struct lane *lane, int fd, struct worker *worker)
{
	int r = recvmmsg(fd, lane->in, ENGINE_BATCH, MSG_DONTWAIT, NULL);

	if (r < 0 && (errno == ECONNREFUSED || errno == EHOSTUNREACH))
		statistics_count(&worker->statistics.unreachable, 1);
	if (r <= 0)
		return 0;
	worker_arrive(worker);
	for (int i = 0; i < r; i++) {
		const struct reply reply = {.message = lane->replies[i],
					    .length = lane->in[i].msg_len};

		worker_take(worker, &reply);
	}
	return (unsigned int)r;
}

static unsigned int receive(struct engine *engine, size_t index, struct worker *worker)
{
	struct lane *lane = &((struct sockets *)engine)->lanes[index];
	struct epoll_event events[ENGINE_BATCH];
	int ready = epoll_wait(lane->epoll, events, ENGINE_BATCH, 0);
	unsigned int taken = 0;

	if (lane->pending)
		flush(lane);
	for (int i = 0; i < ready; i++)
		taken += read_socket(lane, events[i].data.fd, worker);
	return taken;
}

static void await(struct engine *engine, size_t index, uint64_t nanoseconds)
{
	const struct lane *lane = &((struct sockets *)engine)->lanes[index];
	const struct timespec span = clock_span(nanoseconds);
	struct epoll_event event;

	epoll_pwait2(lane->epoll, &event, 1, &span, NULL);
}

/* --- opening --- */

static void close_sockets(struct engine *engine)
{
	struct sockets *sockets = (struct sockets *)engine;

	for (size_t i = 0; sockets->lanes && i < sockets->lanes_count; i++) {
		struct lane *lane = &sockets->lanes[i];

		for (size_t j = 0; j < lane->count; j++)
			close(lane->sockets[j].fd);
		if (lane->epoll >= 0)
			close(lane->epoll);
		free(lane->sockets);
	}
	free(sockets->lanes);
	free(sockets);
}

static int complain(struct error *error, const char *what, const struct endpoint *endpoint)
{
	int r = -errno;
	char text[ADDRESS_TEXT_MAX];

	return error_set(error, r, "cannot %s %s: %s", what, address_print_endpoint(text, endpoint),
			 strerror(-r));
}

/* Opens one from that source; port 0 and the address :: or 0.0.0.0 are for the kernel to choose. */
static int open_one(struct one *one, struct sockets *sockets, const struct endpoint *source,
		    const struct endpoint *target, struct error *error)
{
	struct sockaddr_storage storage;
	struct sockaddr *address = (struct sockaddr *)&storage;
	socklen_t length = address_socket(&storage, source);
	const int buffer = BUFFER;
	struct endpoint own;

	one->fd = socket(target->address.family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (one->fd < 0)
		return complain(error, "open a socket to", target);
	if (setsockopt(one->fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer)) < 0)
		setsockopt(one->fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
	if (bind(one->fd, address, length) < 0)
		return complain(error, "send from", source);
	length = address_socket(&storage, target);
	if (connect(one->fd, address, length) < 0)
		return complain(error, "send to", target);
	length = sizeof(storage);
	if (getsockname(one->fd, address, &length) < 0 || !address_from_socket(&own, address))
		return complain(error, "tell the source to", target);
	sockets->engine.source = own.address;
	one->source = engine_lower(&own.address);
	one->port = own.port;
	return 0;
}

/* Every source address with every port, or as many ports as the kernel likes to choose. */
static size_t count_sockets(const struct settings *settings)
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
static struct endpoint choose_source(const struct settings *settings, size_t number)
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

static int open_next(struct sockets *sockets, struct lane *lane, const struct endpoint *source,
		     const struct endpoint *target, struct error *error)
{
	struct one *one = &lane->sockets[lane->count];
	struct epoll_event event = {.events = EPOLLIN};
	int r = open_one(one, sockets, source, target, error);

	lane->count += one->fd >= 0;
	if (r < 0)
		return r;
	event.data.fd = one->fd;
	if (epoll_ctl(lane->epoll, EPOLL_CTL_ADD, one->fd, &event) < 0)
		return complain(error, "watch a socket to", target);
	return 0;
}

static int open_lane(struct lane *lane, size_t room)
{
	for (unsigned int i = 0; i < ENGINE_BATCH; i++) {
		lane->out_bytes[i].iov_base = lane->requests[i];
		lane->out[i].msg_hdr.msg_iov = &lane->out_bytes[i];
		lane->out[i].msg_hdr.msg_iovlen = 1;
		lane->in_bytes[i] = (struct iovec){lane->replies[i], REPLY_MAX};
		lane->in[i].msg_hdr.msg_iov = &lane->in_bytes[i];
		lane->in[i].msg_hdr.msg_iovlen = 1;
	}
	lane->sockets = calloc(room, sizeof(*lane->sockets));
	lane->epoll = epoll_create1(EPOLL_CLOEXEC);
	return lane->epoll >= 0 && lane->sockets ? 0 : -1;
}

static int open_all(struct sockets *sockets, const struct settings *settings, struct error *error)
{
	size_t lanes = settings_threads(settings), count = count_sockets(settings);

	if (count == 0) {
		return error_set(
			error, -E2BIG,
			"more than %d source addresses and ports: sockets are for fewer, so name "
			"an --interface",
			SOCKETS_MAX);
	}
	count = count > lanes ? count : lanes;
	for (size_t i = 0; i < lanes; i++) {
		sockets->lanes_count++;
		if (open_lane(&sockets->lanes[i], count / lanes + 1) < 0)
			return complain(error, "watch sockets to", &settings->target);
	}
	for (size_t i = 0; i < count; i++) {
		const struct endpoint source = choose_source(settings, i);
		int r = open_next(sockets, &sockets->lanes[i % lanes], &source, &settings->target,
				  error);

		if (r < 0)
			return r;
	}
	return 0;
}

int sockets_open(struct engine **engine, const struct settings *settings, struct error *error)
{
	static const struct engine_kind kind = {
		.prepare = prepare,
		.send = send_requests,
		.receive = receive,
		.wait = await,
		.close = close_sockets,
	};
	struct sockets *sockets = calloc(1, sizeof(*sockets));
	struct rlimit files = {0};
	int r = -ENOMEM;

	error_say(error, "no memory");
	if (!sockets)
		return r;
	sockets->engine = (struct engine){.kind = &kind, .mode = MODE_SOCKET};
	sockets->lanes = calloc(settings_threads(settings), sizeof(*sockets->lanes));
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	for (size_t i = 0; i < settings->mix_count; i++) {
		struct message *message = &sockets->messages[i];

		message->profile = settings->mix[i].profile;
		message->length = profile_message(message->bytes, message->profile);
	}
	if (sockets->lanes)
		r = open_all(sockets, settings, error);
	if (r < 0)
		close_sockets(&sockets->engine);
	else
		*engine = &sockets->engine;
	return r;
}
