// SPDX-License-Identifier: BSD-2-Clause
/*
 * Bare requests from plain UDP sockets, connected and not, over both families: each transaction ID
 * must be answered exactly once, with the socket's own address, and the whole must be counted.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "live.h"
#include "oracle/cases.h"
#include "tally.h"

#define WINDOW	   64	 /* requests without an answer, well under a veth's ring of 256 */
#define PATIENCE   15000 /* ms for a reply */
#define STRAGGLERS 300	 /* ms for a second one */
#define SHOWN	   10
#define REQUEST	   20
#define REPLY_MAX  64
#define SOCKETS	   8

struct client {
	struct sockaddr_storage service, own;
	socklen_t length; /* of either */
	int fd;
	int family; /* 4 or 6 */
	bool connected;
};

static unsigned char *answered; /* by the number of the request, how often */
static unsigned long total, failures;
static uint64_t run_id;

static void complain(const struct client *client, const char *why, unsigned long number)
{
	if (failures++ < SHOWN)
		printf("  IPv%d, %s: request %lu: %s\n", client->family,
		       client->connected ? "connected" : "not connected", number, why);
}

static void set_address(struct sockaddr_storage *to, const struct oracle_service *service)
{
	struct sockaddr_in *in = (struct sockaddr_in *)to;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;

	memset(to, 0, sizeof(*to));
	if (service->family == 4) {
		in->sin_family = AF_INET;
		in->sin_port = htons(service->port);
		memcpy(&in->sin_addr, service->address, 4);
	} else {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(service->port);
		memcpy(&in6->sin6_addr, service->address, 16);
	}
}

/* The route says what our own address is; a socket that is not connected is bound to it. */
static int open_client(struct client *client, const struct oracle_service *service, bool connected)
{
	int buffer = 4 << 20;

	client->family = service->family;
	client->connected = connected;
	set_address(&client->service, service);
	client->fd = socket(client->service.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	client->length =
		client->family == 4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
	if (client->fd < 0 ||
	    setsockopt(client->fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer)) ||
	    connect(client->fd, (struct sockaddr *)&client->service, client->length) ||
	    getsockname(client->fd, (struct sockaddr *)&client->own, &client->length))
		return -errno;
	if (connected)
		return 0;
	close(client->fd);
	client->fd = socket(client->service.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (client->fd < 0 ||
	    setsockopt(client->fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer)) ||
	    bind(client->fd, (struct sockaddr *)&client->own, client->length))
		return -errno;
	return 0;
}

static void build_request(uint8_t request[REQUEST], uint32_t number)
{
	static const uint8_t start[8] = {0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42};

	number = htonl(number);
	memcpy(request, start, 8);
	memcpy(request + 8, &run_id, 8);
	memcpy(request + 16, &number, 4);
}

/* RFC 8489 section 14.2, from the socket's own address. */
static size_t build_reply(uint8_t reply[REPLY_MAX], const struct client *client, uint32_t number)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)&client->own;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&client->own;
	const void *port = client->family == 4 ? (const void *)&in->sin_port : &in6->sin6_port;
	const void *address = client->family == 4 ? (const void *)&in->sin_addr : &in6->sin6_addr;
	size_t size = client->family == 4 ? 4 : 16;

	build_request(reply, number);
	reply[0] = 0x01;
	reply[3] = (uint8_t)(8 + size);
	memcpy(reply + 20, (const uint8_t[]){0x00, 0x20, 0x00, (uint8_t)(4 + size), 0x00}, 5);
	reply[25] = client->family == 4 ? 1 : 2;
	memcpy(reply + 26, port, 2);
	memcpy(reply + 28, address, size);
	for (size_t i = 0; i < 2; i++)
		reply[26 + i] ^= reply[4 + i];
	for (size_t i = 0; i < size; i++)
		reply[28 + i] ^= reply[4 + i];
	return 28 + size;
}

static void judge_reply(const struct client *client, const uint8_t *reply, size_t length,
			const struct sockaddr_storage *from)
{
	uint8_t expected[REPLY_MAX];
	uint32_t number = 0;

	if (length >= REQUEST)
		memcpy(&number, reply + 16, 4);
	number = ntohl(number);
	if (number >= total)
		complain(client, "a reply to nobody", number);
	else if (length != build_reply(expected, client, number) ||
		 memcmp(reply, expected, length) != 0)
		complain(client, "a wrong reply", number);
	else if (!client->connected && memcmp(from, &client->service, client->length) != 0)
		complain(client, "a reply from elsewhere", number);
	else if (answered[number]++)
		complain(client, "answered again", number);
}

/* Returns whether there was one in time. */
static bool receive(const struct client *client, int milliseconds)
{
	struct pollfd event = {client->fd, POLLIN, 0};
	struct sockaddr_storage from;
	socklen_t size = sizeof(from);
	uint8_t reply[2048];
	ssize_t length;

	memset(&from, 0, sizeof(from));
	if (poll(&event, 1, milliseconds) <= 0)
		return false;
	length = recvfrom(client->fd, reply, sizeof(reply), MSG_DONTWAIT, (struct sockaddr *)&from,
			  &size);
	if (length < 0)
		complain(client, strerror(errno), 0); /* an ICMP error, for one */
	else
		judge_reply(client, reply, (size_t)length, &from);
	return true;
}

static int send_one(const struct client *client, uint32_t number)
{
	uint8_t request[REQUEST];

	build_request(request, number);
	if (client->connected)
		return send(client->fd, request, REQUEST, 0) == REQUEST ? 0 : -errno;
	return sendto(client->fd, request, REQUEST, 0, (const struct sockaddr *)&client->service,
		      client->length) == REQUEST
		       ? 0
		       : -errno;
}

/* Sends requests first to last - 1, and takes what comes; what is missing shows in answered[]. */
static void ask(const struct client *client, uint32_t first, uint32_t last)
{
	uint32_t sent = first, received = first;

	while (received < last) {
		while (sent < last && sent - received < WINDOW) {
			if (send_one(client, sent))
				complain(client, strerror(errno), sent);
			sent++;
		}
		if (!receive(client, PATIENCE))
			return;
		received++;
	}
}

static void account(const struct client *clients, struct tally *tally)
{
	for (uint32_t number = 0; number < total; number++) {
		const struct client *client = &clients[number / (total / SOCKETS)];
		unsigned long headers = client->family == 4 ? 14 + 20 + 8 : 14 + 40 + 8;

		if (!answered[number])
			complain(client, "never answered", number);
		tally_add(tally, client->family == 4 ? "ipv4" : "ipv6", "success", "answer", 1,
			  headers + 20, headers + (client->family == 4 ? 32 : 44));
	}
}

int sockets_run(const struct live_options *options)
{
	const struct oracle_service *services = cases_config(CASES_DEFAULT)->services;
	struct client clients[SOCKETS];
	struct tally tally = {0};
	uint32_t share = (uint32_t)(options->count / SOCKETS);
	int error = 0;

	total = share * SOCKETS;
	answered = calloc(total + 1, 1);
	run_id = options->seed * 0x9e3779b97f4a7c15;
	for (size_t i = 0; i < SOCKETS && !error; i++)
		error = open_client(&clients[i], &services[i & 1], i & 2);
	if (!answered || error) {
		printf("cannot set up the sockets: %s\n", strerror(-error));
		return 1;
	}
	for (uint32_t i = 0; i < SOCKETS; i++)
		ask(&clients[i], i * share, (i + 1) * share);
	for (size_t i = 0; i < SOCKETS; i++)
		while (receive(&clients[i], STRAGGLERS / SOCKETS))
			;
	account(clients, &tally);
	printf("%lu requests, %lu failures; seed %llu\n", total, failures,
	       (unsigned long long)options->seed);
	free(answered);
	return tally_write(&tally, options->counted, options->expect) || failures ? 1 : 0;
}
