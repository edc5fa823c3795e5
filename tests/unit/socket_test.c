// SPDX-License-Identifier: BSD-2-Clause
/*
 * The socket responder as a library, on loopback addresses: behaviour discovery over its four
 * address:port pairs (RFC 5780), and what becomes of ports when the services change.
 */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "socket_responder.h"

#define REQUEST 20

enum {
	XOR_MAPPED_ADDRESS = 0x0020,
	CHANGE_REQUEST = 0x0003,
	ERROR_CODE = 0x0009,
	PADDING = 0x0026,
	RESPONSE_PORT = 0x0027,
	RESPONSE_ORIGIN = 0x802b,
};

struct fixture {
	struct socket_responder *responder;
	struct service pairs[4]; /* asked, other port, other address, both */
};

/* --- services --- */

static struct policy_service service(uint8_t host, uint16_t port)
{
	return (struct policy_service){
		.family = FAMILY_IPV4, .address = {127, 0, 0, host}, .port = port};
}

static struct policy *make_policy(const struct service *services, size_t count)
{
	struct policy_service list[8];
	const struct policy_settings settings = {
		.mirror_fingerprint = true,
		.legacy = true,
		.low_source_ports = true,
		.loopback = true,
	};
	struct policy *policy = malloc(sizeof(*policy));

	for (size_t i = 0; i < count; i++)
		list[i] = services[i].service;
	assert_non_null(policy);
	assert_int_equal(policy_build(policy, &settings, list, count, NULL), 0);
	return policy;
}

static int prepare(struct socket_responder *responder, const struct service *services, size_t count,
		   bool strict, struct error *error)
{
	struct policy *policy = make_policy(services, count);
	int r = socket_prepare(responder, services, count, policy, strict, error);

	free(policy);
	return r;
}

/* Ports that no one has, for a moment at least. */
static uint16_t free_port(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001)};
	socklen_t length = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &length), 0);
	close(fd);
	return ntohs(in.sin_port);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	const struct socket_settings settings = {.workers = 2, .services = 4};
	struct policy_service asked = service(1, free_port()), pairs[4];
	struct error error;

	assert_non_null(fixture);
	asked.alternate[0] = 127;
	asked.alternate[3] = 2;
	asked.alternate_port = free_port();
	asked.response_port = asked.padding = true;
	assert_int_equal(policy_pairs(&asked, pairs), 4);
	for (int i = 0; i < 4; i++)
		fixture->pairs[i].service = pairs[i];
	qsort(fixture->pairs, 4, sizeof(fixture->pairs[0]), service_compare);
	assert_int_equal(socket_create(&fixture->responder, &settings, &error), 0);
	assert_int_equal(prepare(fixture->responder, fixture->pairs, 4, true, &error), 0);
	socket_commit(fixture->responder);
	assert_int_equal(socket_start(fixture->responder, &error), 0);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	socket_destroy(fixture->responder);
	free(fixture);
	return 0;
}

/* --- a client --- */

static struct sockaddr_in address_of(const struct service *service)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(service->service.port)};

	memcpy(&in.sin_addr, service->service.address, 4);
	return in;
}

static int open_client(int type)
{
	const struct timeval wait = {.tv_sec = 2};
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000009)};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)), 0);
	return fd;
}

/* A request with attributes of 4 bytes each, "type, value" until type 0. */
static size_t build(uint8_t *request, const uint32_t *attributes)
{
	static const uint8_t head[8] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42};
	size_t length = REQUEST;

	memset(request, 0x77, REQUEST);
	memcpy(request, head, sizeof(head));
	for (; attributes[0]; attributes += 2, length += 8) {
		const uint32_t words[2] = {htonl(attributes[0] << 16 | 4), htonl(attributes[1])};

		memcpy(request + length, words, sizeof(words));
	}
	request[3] = (uint8_t)(length - REQUEST);
	return length;
}

/* The value of an attribute; NULL where there is none. */
static const uint8_t *value(const uint8_t *message, size_t length, unsigned int type, size_t *size)
{
	for (size_t at = REQUEST; at + 4 <= length; at += 4 + ((*size + 3) & ~(size_t)3)) {
		*size = message[at + 2] << 8 | message[at + 3];
		if ((unsigned int)(message[at] << 8 | message[at + 1]) == type)
			return message + at + 4;
	}
	return NULL;
}

static size_t ask(int fd, const struct service *to, const uint32_t *attributes, uint8_t *reply,
		  size_t capacity, struct sockaddr_in *from)
{
	struct sockaddr_in in = address_of(to);
	socklen_t length = sizeof(*from);
	uint8_t request[64];
	size_t size = build(request, attributes);
	ssize_t r;

	assert_int_equal(sendto(fd, request, size, 0, (struct sockaddr *)&in, sizeof(in)), size);
	r = recvfrom(fd, reply, capacity, 0, (struct sockaddr *)from, &length);
	return r < 0 ? 0 : (size_t)r;
}

/* --- tests --- */

static void expect_from(const struct sockaddr_in *from, const struct sockaddr_in *expected)
{
	assert_int_equal(from->sin_addr.s_addr, expected->sin_addr.s_addr);
	assert_int_equal(from->sin_port, expected->sin_port);
}

static void change_request(void **state)
{
	const struct fixture *fixture = *state;
	int fd = open_client(SOCK_DGRAM);

	for (int i = 0; i < 4; i++) {
		const struct policy_service *asked = &fixture->pairs[i].service;

		for (uint32_t flags = 0; flags < 8; flags += 2) {
			const uint32_t attributes[] = {CHANGE_REQUEST, flags, 0, 0};
			struct sockaddr_in from = {0}, expected = address_of(&fixture->pairs[i]);
			uint8_t reply[256];
			size_t size, length = ask(fd, &fixture->pairs[i], attributes, reply,
						  sizeof(reply), &from);
			const uint8_t *origin;

			if (flags & 4)
				memcpy(&expected.sin_addr, asked->alternate, 4);
			if (flags & 2)
				expected.sin_port = htons(asked->alternate_port);
			assert_true(length > REQUEST);
			expect_from(&from, &expected);
			origin = value(reply, length, RESPONSE_ORIGIN, &size);
			assert_non_null(origin);
			assert_memory_equal(origin + 2, &expected.sin_port, 2);
			assert_memory_equal(origin + 4, &expected.sin_addr, 4);
		}
	}
	close(fd);
}

static void response_port(void **state)
{
	const struct fixture *fixture = *state;
	int fd = open_client(SOCK_DGRAM), other = open_client(SOCK_DGRAM);
	struct sockaddr_in in, to = address_of(&fixture->pairs[0]), from = {0};
	socklen_t length = sizeof(in);
	uint32_t attributes[] = {RESPONSE_PORT, 0, 0, 0};
	uint8_t request[64], reply[256];
	size_t size;

	assert_int_equal(getsockname(other, (struct sockaddr *)&in, &length), 0);
	attributes[1] = (uint32_t)ntohs(in.sin_port) << 16;
	size = build(request, attributes);
	assert_int_equal(sendto(fd, request, size, 0, (struct sockaddr *)&to, sizeof(to)), size);
	length = sizeof(from);
	assert_true(recvfrom(other, reply, sizeof(reply), 0, (struct sockaddr *)&from, &length) >
		    REQUEST);
	expect_from(&from, &to);
	close(fd);
	close(other);
}

static void padding(void **state)
{
	const struct fixture *fixture = *state;
	static const uint32_t attributes[] = {PADDING, 0, 0, 0}, none[] = {0};
	static uint8_t reply[16384];
	int fd = open_client(SOCK_DGRAM);
	struct socket_statistics before, after;
	struct sockaddr_in from;
	size_t size = 0, length;

	socket_read(fixture->responder, &before);
	length = ask(fd, &fixture->pairs[0], attributes, reply, sizeof(reply), &from);
	assert_non_null(value(reply, length, PADDING, &size));
	assert_int_equal(size, 9000); /* the loopback's MTU is 65,536 */
	assert_true(ask(fd, &fixture->pairs[0], none, reply, sizeof(reply), &from) > REQUEST);
	socket_read(fixture->responder, &after);
	assert_int_equal(after.counters.packets[FAMILY_IPV4][VERDICT_SUCCESS] -
				 before.counters.packets[FAMILY_IPV4][VERDICT_SUCCESS],
			 2);
	assert_int_equal(after.counters.packets[FAMILY_IPV4][VERDICT_PADDING], 0);
	close(fd);
}

/* A reply over TCP goes back on its connection, whatever is asked for. */
static void stream(void **state)
{
	const struct fixture *fixture = *state;
	static const struct {
		uint32_t attributes[4];
		unsigned int expected;
	} rows[] = {
		{{0}, XOR_MAPPED_ADDRESS},	   {{CHANGE_REQUEST, 0}, XOR_MAPPED_ADDRESS},
		{{CHANGE_REQUEST, 4}, ERROR_CODE}, {{RESPONSE_PORT, 0x10000000}, ERROR_CODE},
		{{PADDING, 0}, ERROR_CODE},
	};
	struct sockaddr_in to = address_of(&fixture->pairs[3]);
	int fd = open_client(SOCK_STREAM);

	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t request[64], reply[256];
		size_t size = build(request, rows[i].attributes);
		ssize_t length;

		assert_int_equal(send(fd, request, size, 0), size);
		length = recv(fd, reply, sizeof(reply), 0);
		assert_true(length > REQUEST);
		assert_non_null(value(reply, (size_t)length, rows[i].expected, &size));
	}
	close(fd);
}

/* Whether a bare request to a service is answered. */
static bool answers(const struct service *service)
{
	static const uint32_t none[] = {0};
	const struct timeval wait = {.tv_usec = 300000};
	int fd = open_client(SOCK_DGRAM);
	struct sockaddr_in from;
	uint8_t reply[256];
	bool answered;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	answered = ask(fd, service, none, reply, sizeof(reply), &from) > REQUEST;
	close(fd);
	return answered;
}

static void taken_port(void **state)
{
	struct fixture *fixture = *state;
	struct service next[2] = {{.service = service(1, free_port())},
				  {.service = service(3, free_port())}};
	struct sockaddr_in in = address_of(&next[1]);
	struct error error, reason;
	const char *sentence;
	bool stream;

	for (int type = SOCK_STREAM; type <= SOCK_DGRAM; type++) {
		int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

		assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
		if (type == SOCK_STREAM)
			assert_int_equal(listen(fd, 1), 0);
		assert_int_equal(socket_probe(&next[1]), type == SOCK_DGRAM ? -EADDRINUSE : 0);

		/* All or nothing: nothing has changed. */
		assert_int_equal(prepare(fixture->responder, next, 2, true, &error), -EADDRINUSE);
		assert_non_null(strstr(error.text, type == SOCK_STREAM ? "ss -tlpn" : "ss -ulpn"));
		assert_false(answers(&next[0]));
		assert_true(answers(&fixture->pairs[0]));

		/* Or all but that. */
		assert_int_equal(prepare(fixture->responder, next, 2, false, &error), 0);
		socket_commit(fixture->responder);
		assert_int_equal(socket_missing(fixture->responder, &sentence, &stream), 1);
		assert_non_null(strstr(sentence, "in use by another program"));
		assert_int_equal(stream, type == SOCK_STREAM);
		assert_true(answers(&next[0]));
		assert_int_equal(answers(&next[1]), type == SOCK_STREAM);
		assert_false(answers(&fixture->pairs[0]));
		assert_false(socket_ready(fixture->responder, &reason));
		assert_non_null(strstr(reason.text, "in use"));

		assert_int_equal(prepare(fixture->responder, fixture->pairs, 4, true, &error), 0);
		socket_commit(fixture->responder);
		assert_true(socket_ready(fixture->responder, &reason));
		close(fd);
	}
}

static void abandon(void **state)
{
	struct fixture *fixture = *state;
	struct service next = {.service = service(1, free_port())};
	struct error error;

	assert_int_equal(prepare(fixture->responder, &next, 1, true, &error), 0);
	socket_abandon(fixture->responder);
	assert_int_equal(socket_probe(&next), 0);
	assert_false(answers(&next));
	assert_true(answers(&fixture->pairs[0]));
}

/* No port is shared with a second responder, though each has several sockets on it. */
static void second_responder(void **state)
{
	struct fixture *fixture = *state;
	const struct socket_settings settings = {.workers = 2, .services = 4};
	struct socket_responder *second;
	struct error error;

	assert_int_equal(socket_create(&second, &settings, &error), 0);
	assert_int_equal(prepare(second, fixture->pairs, 4, true, &error), -EADDRINUSE);
	socket_destroy(second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(change_request),   cmocka_unit_test(response_port),
		cmocka_unit_test(padding),	    cmocka_unit_test(stream),
		cmocka_unit_test(taken_port),	    cmocka_unit_test(abandon),
		cmocka_unit_test(second_responder),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
