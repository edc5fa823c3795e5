// SPDX-License-Identifier: BSD-2-Clause
/*
 * Loads an XDP program as a NIC's driver would, with frames that were never in a socket: those of
 * AF_XDP cost a veth's other end more than what it does with them. Bare requests, as fast as can
 * be, by BPF_PROG_TEST_RUN with live frames. Prints JSON as reflex-load does.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <getopt.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "floor.skel.h"
#include "tests/oracle/frames.h"

#define CALL  50000 /* packets */
#define BATCH 64    /* as NAPI does */

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void lay_out(struct floor_bpf *programs)
{
	struct frame frame;

	frame_init(&frame, 4);
	frame_stun(&frame, 0x0001, true);
	programs->data->request_length =
		(__u32)frame_build(&frame, programs->bss->request, FRAME_MAX);
}

static int send_call(const struct floor_bpf *programs, int interface)
{
	struct xdp_md context = {.ingress_ifindex = (__u32)interface};
	uint8_t frame[64] = {0};

	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = sizeof(frame),
		    .ctx_in = &context, .ctx_size_in = sizeof(context), .repeat = CALL,
		    .batch_size = BATCH, .flags = BPF_F_TEST_XDP_LIVE_FRAMES);
	context.data_end = sizeof(frame);
	return bpf_prog_test_run_opts(bpf_program__fd(programs->progs.generate), &options);
}

/* Returns 0 or an errno. */
static int run(struct floor_bpf *programs, int interface, double seconds)
{
	struct timespec rest = {0, 10000000}; /* what is under way comes in */
	double start = now(), took;
	unsigned long sent = 0, answered;

	while (now() < start + seconds) {
		if (send_call(programs, interface))
			return errno;
		sent += CALL;
	}
	took = now() - start;
	nanosleep(&rest, NULL);
	answered = programs->bss->responses;
	printf("{\"mode\": \"live\", \"seconds\": %.6f, \"sent\": %lu, \"answered\": %lu, "
	       "\"lost\": %lu, "
	       "\"wrong\": 0, \"rtt_ns\": {}}\n",
	       took, sent, answered, sent - answered);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option names[] = {{"interface", required_argument, NULL, 'i'},
					      {"duration", required_argument, NULL, 'd'},
					      {"cpu", required_argument, NULL, 'c'},
					      {NULL, 0, NULL, 0}};
	struct floor_bpf *programs;
	int option, interface = 0, error;
	double seconds = 1;

	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (option) {
		case 'i':
			interface = (int)if_nametoindex(optarg);
			break;
		case 'd':
			seconds = strtod(optarg, NULL);
			break;
		case 'c':
			pin((int)strtol(optarg, NULL, 10));
			break;
		default:
			return 2;
		}
	}
	if (!interface) {
		fprintf(stderr, "usage: live --interface IF [--duration SECONDS] [--cpu N]\n");
		return 2;
	}
	programs = floor_bpf__open_and_load();
	error = programs ? 0 : errno;
	if (!error) {
		lay_out(programs);
		error = -bpf_xdp_attach(interface, bpf_program__fd(programs->progs.count),
					XDP_FLAGS_DRV_MODE, NULL);
	}
	if (!error) {
		error = run(programs, interface, seconds);
		bpf_xdp_detach(interface, XDP_FLAGS_DRV_MODE, NULL);
	}
	floor_bpf__destroy(programs);
	if (error)
		fprintf(stderr, "live: %s\n", strerror(error));
	return error != 0;
}
