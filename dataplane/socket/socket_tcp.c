// SPDX-License-Identifier: BSD-2-Clause
#include "socket_tcp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <unistd.h>

#define IDLE_MS	    10000 /* until a client must have sent a whole message */
#define ACCEPTS_MAX 16	  /* of one listener in one round */
#define ROUND_MAX   16	  /* messages of one connection in one round */
#define REPLY_MAX   (MESSAGE_REPLY_MAX - MESSAGE_PADDING_MAX) /* no PADDING over TCP */

/* A reply that is not written yet. */
struct tcp_reply {
	struct counters_event event; /* counted when it is */
	uint32_t end;		     /* in the output */
};

struct tcp_connection {
	struct socket_source source; /* first, as events point to it */
	const struct socket_port *port;
	TAILQ_ENTRY(tcp_connection) link;
	struct message_path path;
	uint64_t heard;	  /* when the last whole message came */
	uint64_t blocked; /* since when output waits; 0: none does */
	uint32_t events;
	bool ended; /* no more is read; it is closed once all is answered and written */
	enum socket_reason reason; /* why it has ended */
	uint32_t in_length;
	uint32_t out_start, out_length;
	unsigned int replies_first, replies_count;
	struct tcp_reply replies[ROUND_MAX];
	uint8_t in[STUN_STREAM_MAX];
	uint8_t out[ROUND_MAX * REPLY_MAX];
};

TAILQ_HEAD(tcp_connections, tcp_connection);

struct socket_tcp {
	struct tcp_connections open; /* in the order of `heard` */
	struct tcp_connections unused;
	unsigned int allowed;
	struct tcp_connection all[];
};

struct socket_tcp *socket_tcp_create(unsigned int connections)
{
	struct socket_tcp *tcp = calloc(1, sizeof(*tcp) + connections * sizeof(tcp->all[0]));

	if (!tcp)
		return NULL;
	tcp->allowed = connections;
	TAILQ_INIT(&tcp->open);
	TAILQ_INIT(&tcp->unused);
	for (unsigned int i = 0; i < connections; i++) {
		tcp->all[i].source.fd = -1;
		TAILQ_INSERT_TAIL(&tcp->unused, &tcp->all[i], link);
	}
	return tcp;
}

void socket_tcp_destroy(struct socket_tcp *tcp)
{
	struct tcp_connection *connection;

	if (!tcp)
		return;
	for (connection = TAILQ_FIRST(&tcp->open); connection;
	     connection = TAILQ_NEXT(connection, link))
		close(connection->source.fd);
	free(tcp);
}

/* --- the end of a connection --- */

static void disconnect(struct socket_worker *worker, struct tcp_connection *connection,
		       enum socket_reason reason)
{
	const struct linger at_once = {.l_onoff = 1};
	struct socket_tcp *tcp = worker->tcp;

	for (; connection->replies_first < connection->replies_count; connection->replies_first++)
		counters_record_reply(&worker->statistics.counters,
				      &connection->replies[connection->replies_first].event, 1,
				      false);
	/* The kernel would keep what was not read for minutes. */
	if (reason == SOCKET_SLOW)
		setsockopt(connection->source.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(connection->source.fd);
	connection->source.fd = -1;
	TAILQ_REMOVE(&tcp->open, connection, link);
	TAILQ_INSERT_HEAD(&tcp->unused, connection, link);
	worker->statistics.connections--;
	worker->statistics.closed[reason]++;
}

void socket_tcp_allow(struct socket_worker *worker, unsigned int connections)
{
	worker->tcp->allowed = connections ? connections : 1;
	while (worker->statistics.connections > worker->tcp->allowed)
		disconnect(worker, TAILQ_FIRST(&worker->tcp->open), SOCKET_FULL);
}

static enum socket_reason reason_of(int error)
{
	if (error == ETIMEDOUT)
		return SOCKET_SLOW; /* TCP_USER_TIMEOUT */
	return error == ECONNRESET || error == EPIPE ? SOCKET_CLIENT : SOCKET_ERROR;
}

static void expire(struct socket_worker *worker)
{
	struct tcp_connection *connection, *next;

	for (connection = TAILQ_FIRST(&worker->tcp->open); connection; connection = next) {
		next = TAILQ_NEXT(connection, link);
		if (connection->blocked && worker->now - connection->blocked >= SOCKET_TCP_SLOW_MS)
			disconnect(worker, connection, SOCKET_SLOW);
		else if (worker->now - connection->heard >= IDLE_MS)
			disconnect(worker, connection, SOCKET_IDLE);
	}
}

void socket_tcp_remove(struct socket_worker *worker, const struct socket_port *port)
{
	struct tcp_connection *connection, *next;

	for (connection = TAILQ_FIRST(&worker->tcp->open); connection; connection = next) {
		next = TAILQ_NEXT(connection, link);
		if (connection->port == port)
			disconnect(worker, connection, SOCKET_REMOVED);
	}
}

/* --- messages --- */

/*
 * The length of the message that the input begins with. Return: 0 where it is not whole yet; -1
 * where it is none, or too long, so that nobody can know where the next one begins.
 */
static int message_length(const struct tcp_connection *connection)
{
	const struct wire_stun *stun = (const struct wire_stun *)connection->in;
	uint32_t length;

	if (connection->in_length > 0 && connection->in[0] > 3)
		return -1;
	if (connection->in_length < sizeof(*stun))
		return 0;
	length = sizeof(*stun) + be16_to(&stun->length);
	if (length % 4 || length > STUN_STREAM_MAX)
		return -1;
	return length <= connection->in_length ? (int)length : 0;
}

/* Answers a message into the output, which has room. */
static void answer(struct socket_worker *worker, struct tcp_connection *connection,
		   const uint8_t *message, uint32_t length)
{
	const struct policy *policy = &worker->set->policy;
	uint8_t *reply = connection->out + connection->out_length;
	struct counters *counters = &worker->statistics.counters;
	struct counters_event event = {.family = (enum family)connection->path.family,
				       .received = length};
	struct binding binding = {0};

	event.verdict =
		message_examine(message, message + length, policy, &connection->path, &binding);
	if (verdict_action(event.verdict) != ACTION_ANSWER) {
		counters_record(counters, &event, 1);
		return;
	}
	event.sent = message_reply_length(&binding);
	event.private_client = binding.private_client;
	if (event.sent > REPLY_MAX || !message_emit(reply, reply + event.sent, policy, &binding)) {
		counters_record_reply(counters, &event, 1, false);
		return;
	}
	connection->out_length += event.sent;
	connection->replies[connection->replies_count++] =
		(struct tcp_reply){event, connection->out_length};
}

/* Answers the messages that are whole, up to ROUND_MAX of them. */
static void answer_input(struct socket_worker *worker, struct tcp_connection *connection)
{
	const uint8_t *in = connection->in;
	int length = message_length(connection);

	if (length > 0) {
		TAILQ_REMOVE(&worker->tcp->open, connection, link);
		TAILQ_INSERT_TAIL(&worker->tcp->open, connection, link);
		connection->heard = worker->now;
	}
	for (int i = 0; i < ROUND_MAX && length > 0; i++) {
		answer(worker, connection, in, length);
		connection->in_length -= length;
		memmove(connection->in, in + length, connection->in_length);
		length = message_length(connection);
	}
	if (length < 0 && connection->replies_count < ROUND_MAX) {
		/* Its header says why, however little of it has come. */
		answer(worker, connection, in, sizeof(struct wire_stun));
		connection->in_length = 0;
		connection->ended = true;
		connection->reason = SOCKET_FRAMING;
	}
}

/* Return: whether the connection goes on. */
static bool read_input(struct socket_worker *worker, struct tcp_connection *connection)
{
	ssize_t r = recv(connection->source.fd, connection->in + connection->in_length,
			 sizeof(connection->in) - connection->in_length, MSG_DONTWAIT);

	if (r > 0) {
		connection->in_length += r;
		return true;
	}
	if (r < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (r < 0) {
		disconnect(worker, connection, reason_of(errno));
		return false;
	}
	connection->ended = true; /* it may still read */
	connection->reason = SOCKET_CLIENT;
	return true;
}

/* Return: whether the connection goes on. */
static bool write_output(struct socket_worker *worker, struct tcp_connection *connection)
{
	struct tcp_reply *reply;
	ssize_t r;

	if (connection->out_start == connection->out_length)
		return true;
	r = send(connection->source.fd, connection->out + connection->out_start,
		 connection->out_length - connection->out_start, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (r < 0 && errno != EAGAIN && errno != EINTR) {
		disconnect(worker, connection, reason_of(errno));
		return false;
	}
	connection->out_start += r > 0 ? r : 0;
	while (connection->replies_first < connection->replies_count) {
		reply = &connection->replies[connection->replies_first];
		if (reply->end > connection->out_start)
			break;
		counters_record_reply(&worker->statistics.counters, &reply->event, 1, true);
		connection->replies_first++;
	}
	if (connection->out_start < connection->out_length) {
		connection->blocked = connection->blocked ? connection->blocked : worker->now;
		return true;
	}
	connection->out_start = connection->out_length = 0;
	connection->replies_first = connection->replies_count = 0;
	connection->blocked = 0;
	return true;
}

/*
 * Writes the rest of the output; if nothing is left of it, answers what has come in. Nothing is
 * read while output waits, so a client that does not read fills its own buffer. A connection with
 * work left that needs no input waits for EPOLLOUT: in most cases that comes at once, but after the
 * events of all others.
 */
static void serve(struct socket_worker *worker, struct socket_source *source)
{
	struct tcp_connection *connection = (struct tcp_connection *)source;
	uint32_t events = EPOLLIN;

	if (!write_output(worker, connection))
		return;
	if (connection->out_length == 0) {
		if (!connection->ended && message_length(connection) == 0 &&
		    !read_input(worker, connection))
			return;
		answer_input(worker, connection);
		if (!write_output(worker, connection))
			return;
	}
	if (connection->out_length > 0 || message_length(connection) != 0)
		events = EPOLLOUT;
	else if (connection->ended) {
		disconnect(worker, connection, connection->reason);
		return;
	}
	if (connection->events != events)
		socket_worker_watch(worker, source, events);
	connection->events = events;
}

/* --- the start of a connection --- */

static bool connect_client(struct socket_worker *worker, const struct socket_port *port, int fd,
			   const struct sockaddr_storage *client)
{
	struct socket_tcp *tcp = worker->tcp;
	struct tcp_connection *connection;

	if (worker->statistics.connections >= tcp->allowed)
		disconnect(worker, TAILQ_FIRST(&tcp->open), SOCKET_FULL);
	connection = TAILQ_FIRST(&tcp->unused);
	connection->source = (struct socket_source){fd, serve};
	if (socket_worker_add(worker, &connection->source, EPOLLIN) < 0) {
		connection->source.fd = -1;
		return false;
	}
	TAILQ_REMOVE(&tcp->unused, connection, link);
	TAILQ_INSERT_TAIL(&tcp->open, connection, link);
	connection->port = port;
	connection->path = port->path;
	socket_path_from(&connection->path, client);
	connection->heard = worker->now;
	connection->blocked = 0;
	connection->events = EPOLLIN;
	connection->ended = false;
	connection->in_length = connection->out_start = connection->out_length = 0;
	connection->replies_first = connection->replies_count = 0;
	worker->statistics.connections++;
	worker->statistics.accepted++;
	return true;
}

/* Whether an error is that of one connection, and the next may be accepted (accept(2)). */
static bool is_passing(int error)
{
	return error == ECONNABORTED || error == EINTR || error == EPROTO || error == EPERM;
}

void socket_tcp_accept(struct socket_worker *worker, struct socket_source *source)
{
	struct socket_port *port = socket_port_of(source);

	for (int i = 0; i < ACCEPTS_MAX; i++) {
		struct sockaddr_storage client;
		socklen_t length = sizeof(client);
		int fd = accept4(source->fd, (struct sockaddr *)&client, &length,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0 && connect_client(worker, port, fd, &client))
			continue;
		if (fd >= 0)
			close(fd);
		else if (errno == EAGAIN)
			return;
		else if (is_passing(errno))
			continue;
		/* Out of files or memory: socket_tcp_tick tries again. */
		socket_worker_watch(worker, source, 0);
		port->paused = true;
		return;
	}
}

void socket_tcp_tick(struct socket_worker *worker)
{
	const struct socket_port_set *set = worker->set;

	expire(worker);
	for (size_t i = 0; i < set->count; i++) {
		struct socket_port *port = socket_port_set_get(set, i, worker->index);

		if (port->paused)
			socket_worker_watch(worker, &port->source, EPOLLIN);
		port->paused = false;
	}
}
