// SPDX-License-Identifier: BSD-2-Clause
/*
 * What reflexd calls ready: the program and the sockets are asked, and their answer must be the
 * right one. Both are played here, as the real ones give no wrong answers.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "endpoint.h"
#include "health.h"
#include "link.h"
#include "log.h"
#include "probe.h"

/* What is played. */
static struct {
	int action;	       /* of the program */
	bool program_right;    /* its answer */
	bool live, up;	       /* the interface */
	bool sockets_right;    /* theirs */
	size_t sockets_length; /* of it */
	bool threads, dpdk;    /* they run */
	bool arrives, far_end;
} play;

static struct error reason;

/* The success response to the probe of PROBE_PORT that came from 192.0.2.1, as RFC 8489 has it. */
static const uint8_t success[] = {
	0x01, 0x01, 0x00, 0x0c, 0x21, 0x12, 0xa4, 0x42, 'r',  'e',  'f',
	'l',  'e',  'x',  ' ',	'p',  'r',  'o',  'b',	'e',  0x00, 0x20,
	0x00, 0x08, 0x00, 0x01, 0xf5, 0x23, 0xe1, 0x12, 0xa6, 0x43,
};

size_t loader_interface_count(const struct loader *loader)
{
	(void)loader;
	return 1;
}

struct loader_interface loader_interface_get(const struct loader *loader, size_t position)
{
	(void)loader;
	(void)position;
	return (struct loader_interface){.name = "eth0", .index = 2, .mode = LOADER_NATIVE};
}

bool loader_interface_live(const struct loader *loader, size_t position)
{
	(void)loader;
	(void)position;
	return play.live;
}

int loader_run(struct loader *loader, void *frame, size_t *length, size_t capacity)
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

bool socket_ready(struct socket_responder *responder, struct error *why)
{
	(void)responder;
	if (!play.threads)
		error_say(why, "no thread");
	return play.threads;
}

size_t socket_run(const struct socket_responder *responder, const struct message_path *path,
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

bool deliveries_ready(const struct deliveries *deliveries, const struct loader *loader,
		      struct error *why)
{
	(void)deliveries;
	(void)loader;
	if (!play.arrives)
		error_say(why, "nothing arrives");
	return play.arrives;
}

bool link_far_end(const char *name, int index, struct error *why)
{
	(void)name;
	(void)index;
	if (!play.far_end)
		error_say(why, "no far end");
	return play.far_end;
}

bool dpdk_look(struct dpdk *dpdk, struct error *why)
{
	(void)dpdk;
	if (!play.dpdk)
		error_say(why, "no reflex-dpdk");
	return play.dpdk;
}

int link_index(const char *name)
{
	(void)name;
	return 2;
}

bool link_ready(const char *name, int index, struct error *why)
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
static struct health health;

static int set_up(void **state)
{
	(void)state;
	play.action = XDP_TX;
	play.program_right = play.live = play.up = true;
	play.sockets_right = play.threads = play.dpdk = true;
	play.arrives = play.far_end = true;
	play.sockets_length = sizeof(success);
	services = (struct services){.list = &service, .count = 1};
	health = (struct health){
		.loader = (struct loader *)&play,
		.sockets = (struct socket_responder *)&play,
		.config = &config,
		.services = &services,
		.unfollowed = "",
	};
	return 0;
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
	health.loader = NULL;
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
	play.arrives = false;
	assert_unready("nothing arrives");
	play.arrives = true;
	play.far_end = false;
	assert_unready("no far end");
}

static void interfaces_of_sockets_are_up(void **state)
{
	(void)state;
	health.loader = NULL;
	config.interfaces_count = 1;
	snprintf(config.interfaces[0].name, sizeof(config.interfaces[0].name), "eth1");
	assert_true(ready());
	play.up = false;
	assert_unready("eth1: is down");
	config.interfaces_count = 0;
}

static void addresses_are_followed(void **state)
{
	(void)state;
	health.unfollowed = "there is no room";
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
	static struct dpdk dpdk;

	(void)state;
	health.loader = NULL;
	health.dpdk = &dpdk;
	play.up = false;
	assert_true(ready());
	play.dpdk = false;
	assert_unready("no reflex-dpdk");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(all_is_well, set_up),
		cmocka_unit_test_setup(program_is_asked, set_up),
		cmocka_unit_test_setup(program_is_right, set_up),
		cmocka_unit_test_setup(sockets_are_asked, set_up),
		cmocka_unit_test_setup(sockets_are_right, set_up),
		cmocka_unit_test_setup(threads_run, set_up),
		cmocka_unit_test_setup(interfaces_are_up, set_up),
		cmocka_unit_test_setup(replies_arrive, set_up),
		cmocka_unit_test_setup(interfaces_of_sockets_are_up, set_up),
		cmocka_unit_test_setup(addresses_are_followed, set_up),
		cmocka_unit_test_setup(there_is_an_address, set_up),
		cmocka_unit_test_setup(all_addresses_are_answered, set_up),
		cmocka_unit_test_setup(dpdk_is_looked_at, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
