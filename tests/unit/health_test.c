// SPDX-License-Identifier: BSD-2-Clause
/*
 * What reflexd calls ready: the program and the sockets are asked, and their answer must be the
 * right one. Both are played here, as the real ones give no wrong answers: the linker has calls of
 * loader_run go to __wrap_loader_run, and so on.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "endpoint.h"
#include "health.h"
#include "link.h"
#include "loader.h"
#include "probe.h"
#include "segment.h"
#include "socket_responder.h"

#define PLAY(type, name, ...)                                                                      \
	type __wrap_##name(__VA_ARGS__);                                                           \
	type __wrap_##name(__VA_ARGS__)

/* What is played. */
static struct {
	int action;	       /* of the program */
	bool program_right;    /* its answer */
	bool live, up;	       /* the interface */
	bool sockets_right;    /* theirs */
	size_t sockets_length; /* of it */
	bool threads, dpdk;    /* they run */
	bool far_end;
	uint64_t answers, lost; /* counted by each */
} play;

static struct error reason;

/* The success response to the probe of PROBE_PORT that came from 192.0.2.1, as RFC 8489 has it. */
static const uint8_t success[] = {
	0x01, 0x01, 0x00, 0x0c, 0x21, 0x12, 0xa4, 0x42, 'r',  'e',  'f',
	'l',  'e',  'x',  ' ',	'p',  'r',  'o',  'b',	'e',  0x00, 0x20,
	0x00, 0x08, 0x00, 0x01, 0xf5, 0x23, 0xe1, 0x12, 0xa6, 0x43,
};

/* --- the program --- */

PLAY(int, loader_create, struct loader **loader, const char *instance, struct error *why)
{
	(void)instance;
	(void)why;
	*loader = (struct loader *)&play;
	return 0;
}

PLAY(size_t, loader_interface_count, const struct loader *loader)
{
	(void)loader;
	return 1;
}

PLAY(struct loader_interface, loader_interface_get, const struct loader *loader, size_t position)
{
	(void)loader;
	(void)position;
	return (struct loader_interface){.name = "eth0", .index = 2, .mode = LOADER_NATIVE};
}

PLAY(bool, loader_interface_live, const struct loader *loader, size_t position)
{
	(void)loader;
	(void)position;
	return play.live;
}

PLAY(int, loader_run, struct loader *loader, void *frame, size_t *length, size_t capacity)
{
	(void)loader;
	if (play.action != XDP_TX)
		return play.action;
	*length += sizeof(success) - PROBE_STUN;
	assert_true(*length <= capacity);
	memcpy((uint8_t *)frame + *length - sizeof(success), success, sizeof(success));
	((uint8_t *)frame)[*length - 1] ^= !play.program_right;
	return play.action;
}

PLAY(int, loader_read, struct loader *loader, size_t position, struct counters *counters)
{
	(void)loader;
	(void)position;
	*counters = (struct counters){0};
	counters->packets[FAMILY_IPV4][VERDICT_SUCCESS] = play.answers;
	return 0;
}

PLAY(int, link_xdp_errors, int index, uint64_t *errors)
{
	(void)index;
	*errors = play.lost;
	return 0;
}

/* --- the sockets --- */

PLAY(int, socket_create, struct socket_responder **responder,
     const struct socket_settings *settings, struct error *why)
{
	(void)settings;
	(void)why;
	*responder = (struct socket_responder *)&play;
	return 0;
}

PLAY(unsigned int, socket_workers, const struct socket_responder *responder)
{
	(void)responder;
	return SOCKET_WORKERS_MAX;
}

PLAY(unsigned int, socket_connections, const struct socket_responder *responder)
{
	(void)responder;
	return SOCKET_CONNECTIONS_MAX;
}

PLAY(bool, socket_ready, struct socket_responder *responder, struct error *why)
{
	(void)responder;
	if (!play.threads)
		error_say(why, "no thread");
	return play.threads;
}

PLAY(void, socket_read, struct socket_responder *responder, struct socket_statistics *statistics)
{
	(void)responder;
	*statistics = (struct socket_statistics){0};
	statistics->sent[FAMILY_IPV6] = play.answers - play.lost;
	statistics->refused[FAMILY_IPV6] = play.lost;
}

PLAY(size_t, socket_run, const struct socket_responder *responder, const struct message_path *path,
     const void *request, size_t length, void *reply, size_t capacity)
{
	(void)responder;
	(void)path;
	(void)request;
	assert_int_equal(length, PROBE_STUN);
	assert_true(play.sockets_length <= capacity);
	memcpy(reply, success, play.sockets_length);
	if (play.sockets_length && !play.sockets_right)
		((uint8_t *)reply)[play.sockets_length - 1] ^= 1;
	return play.sockets_length;
}

/* --- what is around them --- */

PLAY(int, segment_look, struct segment_reader *reader, const char *path,
     struct segment_status *status)
{
	static struct segment segment;

	(void)path;
	reader->segment = &segment;
	*status = (struct segment_status){.ready = 1, .updated = 1};
	return play.dpdk ? 0 : -ESRCH;
}

PLAY(bool, link_far_end, const char *name, int index, struct error *why)
{
	(void)name;
	(void)index;
	if (!play.far_end)
		error_say(why, "no far end");
	return play.far_end;
}

PLAY(int, link_index, const char *name)
{
	(void)name;
	return 2;
}

PLAY(bool, link_ready, const char *name, int index, struct error *why)
{
	(void)index;
	if (!play.up)
		error_say(why, "%s: is down", name);
	return play.up;
}

/* --- */

static struct service service = {
	.service = {.family = FAMILY_IPV4, .address = {203, 0, 113, 10}, .port = 3478}};
static struct services services;
static struct config config;
static const struct engine_setup setup = {.config = &config, .services = &services};
static struct engine *xdp, *sockets, *dpdk, *engines[ENGINES_MAX];
static struct health health;

static struct engine *open_engine(const struct engine_kind *kind)
{
	struct engine *engine;

	assert_int_equal(kind->open(&engine, "default", &setup, &reason), 0);
	return engine;
}

/* What is in force, as the configuration has it. */
static void put_in_force(enum config_dataplane dataplane, struct engine *first,
			 struct engine *second)
{
	config.dataplane = dataplane;
	engines[0] = first;
	engines[1] = second;
	health.engines_count = second ? 2 : 1;
}

static int set_up(void **state)
{
	(void)state;
	play.action = XDP_TX;
	play.program_right = play.live = play.up = true;
	play.sockets_right = play.threads = play.dpdk = true;
	play.far_end = true;
	play.answers = play.lost = 0;
	play.sockets_length = sizeof(success);
	services = (struct services){.list = &service, .count = 1};
	config = (struct config){0};
	health = (struct health){
		.engines = engines,
		.services = &services,
		.last_follow_error = "",
	};
	xdp = open_engine(&engine_xdp);
	sockets = open_engine(&engine_socket);
	dpdk = open_engine(&engine_dpdk);
	put_in_force(CONFIG_DATAPLANE_XDP, xdp, sockets);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(xdp); /* what is played is not to be closed */
	free(sockets);
	free(dpdk);
	return 0;
}

/* For longer than an answer may take to leave. */
static void lose_answers(struct engine *engine)
{
	for (int64_t now = 1000; now < 20000; now += 1000) {
		play.answers += 10;
		play.lost += 10;
		engine->kind->measure(engine, now);
	}
}

static bool ready(void)
{
	return health_ready(&health, &reason);
}

#define assert_unready(expected)                                                                   \
	do {                                                                                       \
		assert_false(ready());                                                             \
		assert_non_null(strstr(reason.text, expected));                                    \
	} while (0)

static void all_is_well(void **state)
{
	(void)state;
	assert_true(ready());
	put_in_force(CONFIG_DATAPLANE_SOCKET, sockets, NULL);
	assert_true(ready());
}

static void program_is_asked(void **state)
{
	(void)state;
	play.action = XDP_DROP;
	assert_unready("the program does not answer for 203.0.113.10:3478 (XDP action 1)");
	play.action = XDP_PASS;
	assert_unready("the program does not answer for 203.0.113.10:3478 (XDP action 2)");
	play.action = -ENOMEM;
	assert_unready("the program cannot be run");
}

static void program_is_right(void **state)
{
	(void)state;
	play.program_right = false;
	assert_unready("the program gives a wrong answer for 203.0.113.10:3478");
}

static void sockets_are_asked(void **state)
{
	(void)state;
	play.sockets_length = 0;
	assert_unready("the sockets give no answer for 203.0.113.10:3478");
}

static void sockets_are_right(void **state)
{
	(void)state;
	play.sockets_right = false;
	assert_unready("the sockets give a wrong answer for 203.0.113.10:3478");
	play.sockets_length = 20;
	assert_unready("the sockets give a wrong answer");
}

static void threads_run(void **state)
{
	(void)state;
	play.threads = false;
	assert_unready("no thread");
}

static void interfaces_are_up(void **state)
{
	(void)state;
	play.up = false;
	assert_unready("eth0: is down");
	play.up = true;
	play.live = false;
	assert_unready("eth0: the program is no longer attached");
}

static void replies_arrive(void **state)
{
	(void)state;
	play.far_end = false;
	assert_unready("no far end");
	play.far_end = true;
	lose_answers(xdp);
	assert_unready("eth0: its driver does not send the answers");
}

static void replies_of_sockets_arrive(void **state)
{
	(void)state;
	lose_answers(sockets); /* of few clients, beside a program */
	assert_true(ready());
	put_in_force(CONFIG_DATAPLANE_SOCKET, sockets, NULL);
	lose_answers(sockets);
	assert_unready("the kernel refuses the replies over IPv6");
}

static void interfaces_of_sockets_are_up(void **state)
{
	(void)state;
	put_in_force(CONFIG_DATAPLANE_SOCKET, sockets, NULL);
	config.interfaces_count = 1;
	snprintf(config.interfaces[0].name, sizeof(config.interfaces[0].name), "eth1");
	assert_true(ready());
	play.up = false;
	assert_unready("eth1: is down");
}

static void addresses_are_followed(void **state)
{
	(void)state;
	health.last_follow_error = "there is no room";
	assert_unready("the addresses changed, but there is no room");
}

static void there_is_an_address(void **state)
{
	(void)state;
	services.count = 0;
	assert_unready("no interface has an address yet");
}

static void all_addresses_are_answered(void **state)
{
	(void)state;
	services.excess = 1;
	assert_unready("there are more own addresses and ports");
}

/* Ports of DPDK are reflex-dpdk's affair. */
static void dpdk_is_looked_at(void **state)
{
	(void)state;
	put_in_force(CONFIG_DATAPLANE_DPDK, dpdk, sockets);
	play.up = false;
	assert_true(ready());
	play.dpdk = false;
	assert_unready("reflex-dpdk is not running");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_is_well, set_up, tear_down),
		cmocka_unit_test_setup_teardown(program_is_asked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(program_is_right, set_up, tear_down),
		cmocka_unit_test_setup_teardown(sockets_are_asked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(sockets_are_right, set_up, tear_down),
		cmocka_unit_test_setup_teardown(threads_run, set_up, tear_down),
		cmocka_unit_test_setup_teardown(interfaces_are_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(replies_arrive, set_up, tear_down),
		cmocka_unit_test_setup_teardown(replies_of_sockets_arrive, set_up, tear_down),
		cmocka_unit_test_setup_teardown(interfaces_of_sockets_are_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(addresses_are_followed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(there_is_an_address, set_up, tear_down),
		cmocka_unit_test_setup_teardown(all_addresses_are_answered, set_up, tear_down),
		cmocka_unit_test_setup_teardown(dpdk_is_looked_at, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
