// SPDX-License-Identifier: BSD-2-Clause
/*
 * A STUN client that behaves as told, well or badly: sockets-client COMMAND ADDRESS PORT
 * [ARGUMENT]. Ends with 0 if all went as the command's comment says. Includes nothing of the
 * product.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "live/raw.h"

#define REQUEST	     20
#define REPLY_MAX    128
#define WAIT_SECONDS 10
#define PIPELINE_MAX 4096
#define FLOOD_MAX    8192
#define STREAM_MAX   1472

static struct sockaddr_storage server;
static socklen_t server_length;
static unsigned int serial;

__attribute__((format(printf, 1, 2))) static int fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return EXIT_FAILURE;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int parse_server(const char *address, const char *port)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&server;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&server;
	uint16_t number = htons((uint16_t)strtoul(port, NULL, 10));

	if (inet_pton(AF_INET, address, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = number;
		server_length = sizeof(*in);
		return 0;
	}
	if (inet_pton(AF_INET6, address, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = number;
		server_length = sizeof(*in6);
		return 0;
	}
	return -EINVAL;
}

/* --- messages --- */

/* A bare Binding request with an ID of its own. */
static void build_request(uint8_t *request)
{
	static const uint8_t head[8] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42};

	memset(request, 0x5a, REQUEST);
	memcpy(request, head, sizeof(head));
	serial++;
	memcpy(request + 8, &serial, sizeof(serial));
}

/* What must come back to this socket for that request. Return: its length. */
static size_t build_reply(uint8_t *reply, int fd, const uint8_t *request)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} own = {.in6 = {0}};
	socklen_t length = sizeof(own);
	bool ipv4;
	size_t size;
	uint16_t port;

	getsockname(fd, &own.any, &length);
	ipv4 = own.any.sa_family == AF_INET;
	size = ipv4 ? 4 : 16;
	port = ipv4 ? own.in.sin_port : own.in6.sin6_port;
	memcpy(reply, request, REQUEST);
	memcpy(reply, (const uint8_t[4]){1, 1, 0, (uint8_t)(8 + size)}, 4);
	memcpy(reply + 20, (const uint8_t[6]){0, 0x20, 0, (uint8_t)(4 + size), 0, ipv4 ? 1 : 2}, 6);
	memcpy(reply + 26, &port, 2);
	memcpy(reply + 28, ipv4 ? (const void *)&own.in.sin_addr : &own.in6.sin6_addr, size);
	for (size_t i = 0; i < 2; i++)
		reply[26 + i] ^= request[4 + i];
	for (size_t i = 0; i < size; i++)
		reply[28 + i] ^= request[4 + i];
	return 28 + size;
}

/* --- sockets --- */

static int open_socket(int type, int receive_buffer)
{
	const struct timeval wait = {.tv_sec = WAIT_SECONDS};
	int fd = socket(server.ss_family, type | SOCK_CLOEXEC, 0);

	if (fd >= 0 && receive_buffer)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0 ||
	    connect(fd, (struct sockaddr *)&server, server_length) < 0) {
		perror("socket");
		exit(EXIT_FAILURE);
	}
	return fd;
}

/* Reads until so many bytes are there. Return: how many came before the end, or -1. */
static ssize_t receive(int fd, uint8_t *bytes, size_t size)
{
	size_t length = 0;

	while (length < size) {
		ssize_t r = recv(fd, bytes + length, size - length, 0);

		if (r < 0)
			return -1;
		if (r == 0)
			break;
		length += r;
	}
	return (ssize_t)length;
}

/* Whether the next reply on a connection is the right one. */
static bool receive_reply(int fd, const uint8_t *request)
{
	uint8_t expected[REPLY_MAX], got[REPLY_MAX];
	size_t length = build_reply(expected, fd, request);

	return receive(fd, got, length) == (ssize_t)length && memcmp(got, expected, length) == 0;
}

static bool ask(int fd)
{
	uint8_t request[REQUEST];

	build_request(request);
	return send(fd, request, sizeof(request), MSG_NOSIGNAL) == sizeof(request) &&
	       receive_reply(fd, request);
}

/* Whether the other side ends the connection, without a byte more. */
static bool ended(int fd)
{
	uint8_t byte;
	ssize_t r = recv(fd, &byte, 1, 0);

	return r == 0 || (r < 0 && errno == ECONNRESET);
}

/* --- commands --- */

/* One exchange over UDP, from the address that was asked, with TTL 64 and nothing in the TOS field.
 */
static int do_udp(const char *unused)
{
	bool ipv4 = server.ss_family == AF_INET;
	uint8_t request[REQUEST], expected[REPLY_MAX], got[REPLY_MAX];
	_Alignas(struct cmsghdr) uint8_t control[256];
	struct iovec bytes = {got, sizeof(got)};
	struct msghdr message = {.msg_iov = &bytes,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	int fd = open_socket(SOCK_DGRAM, 0), on = 1, seen = 0;
	size_t length;

	(void)unused;
	setsockopt(fd, ipv4 ? IPPROTO_IP : IPPROTO_IPV6, ipv4 ? IP_RECVTTL : IPV6_RECVHOPLIMIT, &on,
		   sizeof(on));
	setsockopt(fd, ipv4 ? IPPROTO_IP : IPPROTO_IPV6, ipv4 ? IP_RECVTOS : IPV6_RECVTCLASS, &on,
		   sizeof(on));
	build_request(request);
	length = build_reply(expected, fd, request);
	if (send(fd, request, sizeof(request), 0) < 0 || recvmsg(fd, &message, 0) < 0)
		return fail("no reply: %s", strerror(errno));
	if (message.msg_flags & MSG_TRUNC || bytes.iov_len < length ||
	    memcmp(got, expected, length) != 0)
		return fail("another reply");
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
		bool hops = c->cmsg_type == (ipv4 ? IP_TTL : IPV6_HOPLIMIT);
		int value = 0;

		memcpy(&value, CMSG_DATA(c), ipv4 && !hops ? 1 : sizeof(value));
		if (value != (hops ? 64 : 0))
			return fail("%s %d", hops ? "TTL" : "TOS", value);
		seen++;
	}
	return seen == 2 ? EXIT_SUCCESS : fail("no TTL");
}

static int ask_udp(int fd, const uint8_t *request, size_t size)
{
	uint8_t expected[REPLY_MAX], got[REPLY_MAX];
	size_t length = build_reply(expected, fd, request);

	if (send(fd, request, size, 0) != (ssize_t)size)
		return fail("not sent: %s", strerror(errno));
	if (recv(fd, got, sizeof(got), 0) != (ssize_t)length)
		return fail("no reply");
	return memcmp(got, expected, length) == 0 ? EXIT_SUCCESS : fail("another reply");
}

/* A request of that many bytes, with one long attribute that may be skipped. */
static int do_long(const char *argument)
{
	static uint8_t request[65536];
	size_t size = strtoul(argument, NULL, 10);
	uint16_t field = htons((uint16_t)(size - REQUEST));

	build_request(request);
	memcpy(request + 2, &field, 2);
	field = htons((uint16_t)(size - REQUEST - 4));
	memcpy(request + REQUEST, (const uint8_t[2]){0xc0, 0}, 2);
	memcpy(request + REQUEST + 2, &field, 2);
	return ask_udp(open_socket(SOCK_DGRAM, 0), request, size);
}

/* A request with IPv4 options, or with an IPv6 extension header. */
static int do_options(const char *unused)
{
	static const uint8_t ipv4[4] = {1, 1, 1, 0}, ipv6[8] = {0, 0, 1, 4};
	int fd = open_socket(SOCK_DGRAM, 0), r;
	uint8_t request[REQUEST];

	(void)unused;
	if (server.ss_family == AF_INET)
		r = setsockopt(fd, IPPROTO_IP, IP_OPTIONS, ipv4, sizeof(ipv4));
	else
		r = setsockopt(fd, IPPROTO_IPV6, IPV6_DSTOPTS, ipv6, sizeof(ipv6));
	if (r < 0)
		return fail("no options: %s", strerror(errno));
	build_request(request);
	return ask_udp(fd, request, sizeof(request));
}

/* So many requests over UDP, in bursts; prints how many were answered. */
static int do_burst(const char *argument)
{
	long total = strtol(argument, NULL, 10), answered = 0, lost = 0;
	int fd = open_socket(SOCK_DGRAM, 1 << 20);
	const struct timeval wait = {.tv_usec = 200000};
	uint8_t request[REQUEST], reply[REPLY_MAX];

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	for (long sent = 0; sent < total;) {
		for (int i = 0; i < 64 && sent < total; i++, sent++) {
			build_request(request);
			if (send(fd, request, sizeof(request), 0) < 0)
				return fail("not sent: %s", strerror(errno));
		}
		while (answered + lost < sent && recv(fd, reply, sizeof(reply), 0) > 0)
			answered++;
		lost = sent - answered; /* not to be waited for again */
	}
	printf("%ld\n", answered);
	return EXIT_SUCCESS;
}

/* So many requests over one connection, one after the other. */
static int do_many(const char *argument)
{
	long count = strtol(argument, NULL, 10);
	int fd = open_socket(SOCK_STREAM, 0);

	for (long i = 0; i < count; i++)
		if (!ask(fd))
			return fail("request %ld is not answered", i);
	return EXIT_SUCCESS;
}

/* A request in as many segments as it has bytes. */
static int do_bytes(const char *unused)
{
	int fd = open_socket(SOCK_STREAM, 0);
	uint8_t request[REQUEST];

	(void)unused;
	build_request(request);
	for (size_t i = 0; i < sizeof(request); i++) {
		if (send(fd, request + i, 1, MSG_NOSIGNAL) != 1)
			return fail("byte %zu: %s", i, strerror(errno));
		usleep(20000);
	}
	return receive_reply(fd, request) ? EXIT_SUCCESS : fail("not answered");
}

/* So many requests at once, then the end of ours: all replies in order, then the end of theirs. */
static int do_pipeline(const char *argument)
{
	static uint8_t requests[PIPELINE_MAX][REQUEST];
	size_t count = strtoul(argument, NULL, 10);
	int fd = open_socket(SOCK_STREAM, 0);

	if (count > PIPELINE_MAX)
		return fail("at most %d", PIPELINE_MAX);
	for (size_t i = 0; i < count; i++)
		build_request(requests[i]);
	if (send(fd, requests, count * REQUEST, MSG_NOSIGNAL) != (ssize_t)(count * REQUEST))
		return fail("not sent");
	shutdown(fd, SHUT_WR);
	for (size_t i = 0; i < count; i++)
		if (!receive_reply(fd, requests[i]))
			return fail("reply %zu is missing or wrong", i);
	return ended(fd) ? EXIT_SUCCESS : fail("still open");
}

/* Waits for the end, and prints after how many seconds it came. */
static int print_end(int fd, double begin)
{
	struct pollfd end = {.fd = fd, .events = POLLIN};

	if (poll(&end, 1, 20000) != 1 || !ended(fd))
		return fail("still open");
	printf("%.0f\n", seconds() - begin);
	return EXIT_SUCCESS;
}

/* A connection that says nothing. */
static int do_idle(const char *unused)
{
	double begin = seconds();

	(void)unused;
	return print_end(open_socket(SOCK_STREAM, 0), begin);
}

/* A request, and then one that comes byte by byte and so never is idle. */
static int do_drip(const char *unused)
{
	int fd = open_socket(SOCK_STREAM, 0);
	double begin = seconds();
	uint8_t request[REQUEST];

	(void)unused;
	if (!ask(fd))
		return fail("not answered");
	build_request(request);
	for (int i = 0; i < 18; i++) {
		struct pollfd end = {.fd = fd, .events = POLLIN};

		if (poll(&end, 1, 1000) == 1)
			break;
		send(fd, request + i, 1, MSG_NOSIGNAL);
	}
	return print_end(fd, begin);
}

/* Requests without end, and no reply is read; prints the seconds from the last that was taken. */
static int do_slow(const char *unused)
{
	int fd = open_socket(SOCK_STREAM, 4096);
	double taken = seconds(), begin = taken;
	uint8_t request[REQUEST];

	(void)unused;
	build_request(request);
	while (seconds() - begin < 20) {
		ssize_t r = send(fd, request, sizeof(request), MSG_NOSIGNAL | MSG_DONTWAIT);

		if (r > 0)
			taken = seconds();
		else if (errno != EAGAIN)
			break;
		else
			usleep(50000);
	}
	if (seconds() - begin >= 20)
		return fail("never cut off");
	printf("%.0f\n", seconds() - taken);
	return EXIT_SUCCESS;
}

/* So many connections, each with a request; all are kept. Prints how many are open in the end. */
static int do_flood(const char *argument)
{
	size_t count = strtoul(argument, NULL, 10), open = 0;
	struct rlimit files = {count + 16, count + 16};
	static struct pollfd all[FLOOD_MAX];

	if (count > FLOOD_MAX)
		return fail("at most %d", FLOOD_MAX);
	if (setrlimit(RLIMIT_NOFILE, &files) < 0)
		perror("RLIMIT_NOFILE");
	for (size_t i = 0; i < count; i++) {
		all[i] = (struct pollfd){.fd = open_socket(SOCK_STREAM, 0), .events = POLLIN};
		if (!ask(all[i].fd))
			return fail("connection %zu is not answered", i);
	}
	usleep(200000);
	if (poll(all, count, 0) < 0)
		return fail("poll: %s", strerror(errno));
	for (size_t i = 0; i < count; i++)
		open += all[i].revents == 0;
	if (!ask(all[count - 1].fd))
		return fail("the last one is not answered");
	printf("%zu\n", open);
	return EXIT_SUCCESS;
}

/* Without waiting for it. */
static int begin_connection(void)
{
	int fd = socket(server.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&server, server_length) < 0 &&
	    errno != EINPROGRESS) {
		close(fd);
		return -1;
	}
	return fd;
}

/* "COUNT" or "COUNT/TEXT": holds so many connections, each with a text that it begins with, and
 * makes anew what ends; for a minute, if it is not ended before. */
static int do_hold(const char *argument)
{
	size_t count = strtoul(argument, NULL, 10);
	struct rlimit files = {count + 16, count + 16};
	const char *text = strchr(argument, '/');
	static struct pollfd all[FLOOD_MAX];
	double begin = seconds();

	if (count > FLOOD_MAX)
		return fail("at most %d", FLOOD_MAX);
	if (setrlimit(RLIMIT_NOFILE, &files) < 0)
		perror("RLIMIT_NOFILE");
	for (size_t i = 0; i < count; i++)
		all[i].fd = -1;
	while (seconds() - begin < 60) {
		for (size_t i = 0; i < count; i++) {
			if (all[i].fd < 0)
				all[i] = (struct pollfd){begin_connection(), POLLIN | POLLOUT, 0};
			else if (all[i].revents & (POLLIN | POLLERR | POLLHUP)) {
				close(all[i].fd);
				all[i].fd = -1;
			} else if (all[i].revents & POLLOUT) {
				if (text)
					send(all[i].fd, text + 1, strlen(text + 1), MSG_NOSIGNAL);
				all[i].events = POLLIN;
			}
			all[i].revents = 0;
		}
		usleep(20000);
		poll(all, count, 100);
	}
	return EXIT_SUCCESS;
}

static size_t parse_bytes(uint8_t *bytes, size_t capacity, const char *text)
{
	size_t length = 0;
	unsigned int byte;

	for (; length < capacity && sscanf(text, "%2x", &byte) == 1; text += 2)
		bytes[length++] = (uint8_t)byte;
	return length;
}

/* A connection over which these bytes have been sent, all of them; else -1. */
static int send_bytes(const char *argument)
{
	int fd = open_socket(SOCK_STREAM, 0);
	uint8_t bytes[STREAM_MAX];
	size_t length = parse_bytes(bytes, sizeof(bytes), argument);

	return send(fd, bytes, length, MSG_NOSIGNAL) == (ssize_t)length ? fd : -1;
}

/* These bytes over a connection; it must be ended at once, without a reply. */
static int do_refused(const char *argument)
{
	int fd = send_bytes(argument);

	if (fd < 0)
		return fail("not sent");
	return ended(fd) ? EXIT_SUCCESS : fail("still open, or answered");
}

/* These bytes over a connection get no reply, but the next request does. */
static int do_ignored(const char *argument)
{
	int fd = send_bytes(argument);

	if (fd < 0)
		return fail("not sent");
	return ask(fd) ? EXIT_SUCCESS : fail("the request behind it is not answered");
}

/* One connection; a request for each line of the standard input, and "answered" or "ended". */
static int do_keep(const char *unused)
{
	int fd = open_socket(SOCK_STREAM, 0), byte;

	(void)unused;
	while ((byte = getchar()) != EOF) {
		if (byte != '\n')
			continue;
		puts(ask(fd) ? "answered" : "ended");
		fflush(stdout);
	}
	return EXIT_SUCCESS;
}

/* --- a frame that no honest machine sends --- */

static unsigned int fold(const uint8_t *from, size_t length, uint32_t sum)
{
	for (size_t i = 0; i + 1 < length; i += 2)
		sum += from[i] << 8 | from[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

/* A request over IPv6 from the server's own address: "DEVICE/MAC of the server". Not waited for. */
static int do_land(const char *argument)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&server;
	const size_t size = 8 + REQUEST;
	struct raw_frame frame = {.length = 14 + 40 + size};
	uint8_t bytes[14 + 40 + 8 + REQUEST] = {0}, *ip = bytes + 14, *udp = ip + 40;
	char device[16] = "";
	unsigned int sum;
	struct raw raw;
	int r;

	if (sscanf(argument, "%15[^/]/%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", device, bytes,
		   bytes + 1, bytes + 2, bytes + 3, bytes + 4, bytes + 5) != 7)
		return fail("not DEVICE/MAC: %s", argument);
	bytes[6] = 2;
	memcpy(bytes + 12, (const uint8_t[2]){0x86, 0xdd}, 2);
	memcpy(ip, (const uint8_t[8]){0x60, 0, 0, 0, 0, (uint8_t)size, 17, 64}, 8);
	memcpy(ip + 8, &in6->sin6_addr, 16);
	memcpy(ip + 24, &in6->sin6_addr, 16);
	udp[0] = 0x30;
	memcpy(udp + 2, &in6->sin6_port, 2);
	udp[5] = (uint8_t)size;
	build_request(udp + 8);
	sum = fold(ip + 8, 32 + size, 17 + size);
	udp[6] = (uint8_t)(sum >> 8);
	udp[7] = (uint8_t)sum;
	frame.bytes = bytes;
	if (raw_open(&raw, device) < 0)
		return EXIT_FAILURE;
	r = raw_send(&raw, &frame, 1);
	raw_close(&raw);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static const struct {
	const char *name;
	int (*run)(const char *argument);
} commands[] = {
	{"udp", do_udp},	   {"long", do_long},	{"options", do_options},
	{"burst", do_burst},	   {"many", do_many},	{"bytes", do_bytes},
	{"pipeline", do_pipeline}, {"idle", do_idle},	{"drip", do_drip},
	{"slow", do_slow},	   {"flood", do_flood}, {"refused", do_refused},
	{"ignored", do_ignored},   {"keep", do_keep},	{"land", do_land},
	{"hold", do_hold},
};

int main(int argc, char **argv)
{
	if (argc < 4 || parse_server(argv[2], argv[3]) < 0)
		return fail("usage: sockets-client COMMAND ADDRESS PORT [ARGUMENT]");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, argv[1]) == 0)
			return commands[i].run(argc > 4 ? argv[4] : "");
	return fail("no command %s", argv[1]);
}
