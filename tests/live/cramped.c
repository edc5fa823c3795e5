// SPDX-License-Identifier: BSD-2-Clause
/*
 * Requests whose frames have room to grow at one end only, or at neither: answered from the end
 * that is left, else punted untouched and counted as no_room.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cramped.skel.h"
#include "judge.h"
#include "oracle/cases.h"

#define PATIENCE   15000 /* ms */
#define STRAGGLERS 200
#define GIVE_UP	   5  /* failures */
#define TRIES	   40 /* a buffer at the end of its page has more room than most */

static struct raw client; /* where requests are sent and replies come */
static struct raw server; /* where one sees what was punted */
static int sockets[2];	  /* UDP over IPv4, IPv6, on the service's port */
static int link_fd = -1;
static struct cramped_bpf *skeleton;
static const struct oracle_config *config;
static struct tally tally;
static struct test_case test;
static struct oracle_answer answer;
static unsigned long failures, sent, grown, passed[2];

static void complain(const char *stage, const char *why, const uint8_t *came, size_t length)
{
	failures++;
	printf("  %s, %s: %s (room: %d at the head, %d at the tail)\n", stage, test.name, why,
	       skeleton->bss->head_room, skeleton->bss->tail_room);
	judge_print("sent    ", test.frame, test.length);
	judge_print("expected", answer.reply, answer.reply_length);
	if (came)
		judge_print("came    ", came, length);
}

/* ---- the lab ---- */

/* A socket stays in the namespace that it was made in. */
static int open_client(const struct live_options *options)
{
	int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int other = open(options->client, O_RDONLY | O_CLOEXEC);
	int error = -1;

	if (own >= 0 && other >= 0 && !setns(other, CLONE_NEWNET)) {
		error = raw_open(&client, options->interface);
		if (setns(own, CLONE_NEWNET))
			error = -errno;
	}
	if (error)
		fprintf(stderr, "live: %s: cannot work there\n", options->client);
	close(own);
	close(other);
	return error;
}

static int open_socket(const struct oracle_service *service)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(service->port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(service->port)};
	bool ipv4 = service->family == 4;
	int fd = socket(ipv4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(&in.sin_addr, service->address, sizeof(in.sin_addr));
	memcpy(&in6.sin6_addr, service->address, sizeof(in6.sin6_addr));
	if (fd < 0 || bind(fd, ipv4 ? (struct sockaddr *)&in : (struct sockaddr *)&in6,
			   ipv4 ? sizeof(in) : sizeof(in6))) {
		fprintf(stderr, "live: no socket on a service's port: %s\n", strerror(errno));
		return -1;
	}
	return fd;
}

static int load(const struct live_options *options)
{
	LIBBPF_OPTS(bpf_link_create_opts, native, .flags = XDP_FLAGS_DRV_MODE);
	int responder = bpf_obj_get(options->program);
	uint32_t key = 0;

	skeleton = cramped_bpf__open_and_load();
	if (responder < 0 || !skeleton ||
	    bpf_map_update_elem(bpf_map__fd(skeleton->maps.responder), &key, &responder, BPF_ANY)) {
		fprintf(stderr, "live: %s: cannot go on into it: %s\n", options->program,
			strerror(errno));
		return -1;
	}
	close(responder);
	link_fd = bpf_link_create(bpf_program__fd(skeleton->progs.no_head),
				  (int)if_nametoindex(options->server), BPF_XDP, &native);
	if (link_fd < 0)
		fprintf(stderr, "live: %s: cannot attach: %s\n", options->server, strerror(errno));
	return link_fd < 0 ? -1 : 0;
}

static int open_lab(const struct live_options *options)
{
	if (!options->server || !options->client || !options->program)
		return -1;
	config = cases_config(CASES_DEFAULT);
	for (int i = 0; i < 2; i++) {
		sockets[i] = open_socket(&config->services[i]);
		if (sockets[i] < 0)
			return -1;
	}
	return raw_open(&server, options->server) || open_client(options) || load(options) ? -1 : 0;
}

/* ---- one request ---- */

/* What was punted must reach a socket too; but the kernel knows no tags here. */
static void judge_socket(const char *stage)
{
	int fd = sockets[test.family == 4 ? 0 : 1];
	struct pollfd event = {fd, POLLIN, 0};
	struct frame_layout layout;
	uint8_t came[FRAME_MAX];
	ssize_t length;

	if (test.tags)
		return;
	frame_locate(test.frame, test.length, &layout);
	length = poll(&event, 1, PATIENCE) > 0 ? recv(fd, came, sizeof(came), MSG_DONTWAIT) : -1;
	if (length < 0)
		complain(stage, "not seen by the socket on the service's port", NULL, 0);
	else if ((size_t)length != layout.end - layout.payload ||
		 memcmp(came, test.frame + layout.payload, (size_t)length) != 0)
		complain(stage, "the socket got something else", came, (size_t)length);
}

/* Waits until one side has something; returns its length, and which it was. */
static int await(const struct raw **side, uint8_t *came, size_t capacity)
{
	struct pollfd events[] = {{client.fd, POLLIN, 0}, {server.fd, POLLIN, 0}};

	if (poll(events, 2, PATIENCE) <= 0)
		return 0;
	*side = events[0].revents ? &client : &server;
	return raw_receive(*side, came, capacity, 0);
}

static void judge_one(const char *stage, int growth)
{
	const struct raw_frame raw_frame = {test.length, test.frame};
	const struct raw *side = NULL;
	uint8_t came[FRAME_MAX];
	bool fits;
	int length;

	sent++;
	if (raw_send(&client, &raw_frame, 1))
		complain(stage, "cannot be sent", NULL, 0);
	length = await(&side, came, sizeof(came));
	fits = growth <= skeleton->bss->head_room || growth <= skeleton->bss->tail_room;
	if (length <= 0) {
		complain(stage, "vanished", NULL, 0);
	} else if (fits) {
		tally_frame(&tally, &answer, test.length);
		grown += growth > 0;
		if (side != &client || (size_t)length != answer.reply_length ||
		    memcmp(came, answer.reply, answer.reply_length) != 0)
			complain(stage, "a wrong reply", came, (size_t)length);
	} else {
		tally_add(&tally, answer.family, "no_room", "handoff", 1, test.length, 0);
		passed[test.family == 6]++;
		if (side != &server || (size_t)length != test.length ||
		    memcmp(came, test.frame, test.length) != 0)
			complain(stage, "not passed up untouched", came, (size_t)length);
		judge_socket(stage);
	}
}

/* ---- stages ---- */

static const struct stage {
	const char *name;
	bool head, tail; /* which end has room */
} stages[] = {
	{"room at the tail", false, true},
	{"room at the head", true, false},
	{"no room", false, false},
};

/* Whether the last frame's buffer was as the stage wants it. */
static bool as_wanted(const struct stage *stage, int growth)
{
	return (growth <= skeleton->bss->head_room) == stage->head &&
	       (growth <= skeleton->bss->tail_room) == stage->tail;
}

/* Returns how many requests that have to grow met the state that the stage is about. */
static unsigned long run_stage(const struct stage *stage)
{
	unsigned long met = 0;

	for (size_t i = 0; i < cases_seeds_count() && failures < GIVE_UP; i++) {
		int growth, tries = 0;

		cases_seed_get(i, &test);
		oracle_decide(config, test.frame, test.length, &answer);
		if (!raw_takes(&client, test.length) || answer.action != ORACLE_ANSWER)
			continue;
		growth = (int)answer.reply_length - (int)test.length;
		skeleton->bss->spare = growth > 0 ? growth - 1 : 0; /* too little by one byte */
		do
			judge_one(stage->name, growth);
		while (growth > 0 && !as_wanted(stage, growth) && ++tries < TRIES && !failures);
		met += growth > 0 && as_wanted(stage, growth);
	}
	return met;
}

static void listen_for_more(const char *stage)
{
	uint8_t came[FRAME_MAX];
	int length;

	while ((length = raw_receive(&client, came, sizeof(came), STRAGGLERS)) > 0)
		complain(stage, "nobody asked for this", came, (size_t)length);
	while ((length = raw_receive(&server, came, sizeof(came), 0)) > 0)
		complain(stage, "passed up too", came, (size_t)length);
}

static void run_stages(void)
{
	const int programs[] = {bpf_program__fd(skeleton->progs.no_head),
				bpf_program__fd(skeleton->progs.no_tail),
				bpf_program__fd(skeleton->progs.no_room)};

	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]) && !failures; i++) {
		unsigned long met;

		if (bpf_link_update(link_fd, programs[i], NULL)) {
			printf("  %s: %s\n", stages[i].name, strerror(errno));
			failures++;
			return;
		}
		met = run_stage(&stages[i]);
		listen_for_more(stages[i].name);
		printf("  %s: %lu kinds of requests had to grow like this\n", stages[i].name, met);
		if (!met && (stages[i].head || stages[i].tail))
			failures++;
	}
}

int cramped_run(const struct live_options *options)
{
	int error = open_lab(options);

	if (!error) {
		run_stages();
		error = tally_write(&tally, options->counted, options->expect);
		printf("%lu requests: %lu grown at the end that has room, passed up untouched: %lu "
		       "IPv4, %lu IPv6",
		       sent, grown, passed[0], passed[1]);
		if (failures)
			printf("; %lu failures", failures);
		printf("\n");
	}
	if (link_fd >= 0)
		close(link_fd);
	cramped_bpf__destroy(skeleton);
	if (error || failures)
		return 1;
	return passed[0] && passed[1] ? 0 : 2;
}
