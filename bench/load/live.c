// SPDX-License-Identifier: BSD-2-Clause
#include "live.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "live.skel.h"

#define REPEAT (1 << 18) /* frames, sent or not, until the thread looks whether it is to end */
#define BATCH  32	 /* frames that the driver gets at a time */

struct lane {
	struct live *live;
	struct live_bpf *bpf;
	struct live_ring *ring; /* the program's own */
	pthread_t thread;
};

struct live {
	const struct settings *settings;
	unsigned int interface;
	atomic_bool stop;
	atomic_int error;
	size_t opened, started;
	struct lane lanes[QUEUES_MAX];
};

/* Off the CPUs that the lanes' own threads are pinned to, where there are others. */
static void keep_off(const struct settings *settings)
{
	cpu_set_t set;

	if (settings->cpus_count == 0 || sched_getaffinity(0, sizeof(set), &set) < 0)
		return;
	for (size_t i = 0; i < settings->cpus_count; i++)
		CPU_CLR((size_t)settings->cpus[i], &set);
	if (CPU_COUNT(&set) > 0)
		sched_setaffinity(0, sizeof(set), &set);
}

static void *push(void *argument)
{
	struct lane *lane = argument;
	uint8_t frame[64] = {0};
	struct xdp_md context = {
		.data_end = sizeof(frame),
		.ingress_ifindex = lane->live->interface,
	};
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = sizeof(frame),
		    .ctx_in = &context, .ctx_size_in = sizeof(context), .repeat = REPEAT,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = BATCH);
	int program = bpf_program__fd(lane->bpf->progs.live);

	keep_off(lane->live->settings);
	while (!atomic_load_explicit(&lane->live->stop, memory_order_relaxed)) {
		if (bpf_prog_test_run_opts(program, &options) < 0 && errno != EINTR) {
			atomic_store(&lane->live->error, errno);
			break;
		}
	}
	return NULL;
}

static int open_lane(struct lane *lane, struct live *live)
{
	int r;

	lane->live = live;
	lane->bpf = live_bpf__open();
	if (!lane->bpf)
		return -errno;
	live->opened++;
	r = live_bpf__load(lane->bpf);
	if (r < 0)
		return r;
	lane->ring = &lane->bpf->bss->ring;
	r = -pthread_create(&lane->thread, NULL, push, lane);
	live->started += r == 0;
	return r;
}

int live_open(struct live **result, const struct settings *settings, unsigned int interface)
{
	struct live *live = calloc(1, sizeof(*live));
	int r = 0;

	if (!live)
		return -ENOMEM;
	live->settings = settings;
	live->interface = interface;
	for (size_t i = 0; i < settings_threads(settings) && r == 0; i++)
		r = open_lane(&live->lanes[i], live);
	if (r < 0)
		live_close(live);
	else
		*result = live;
	return r;
}

void live_close(struct live *live)
{
	if (!live)
		return;
	atomic_store(&live->stop, true);
	for (size_t i = 0; i < live->started; i++)
		pthread_join(live->lanes[i].thread, NULL);
	for (size_t i = 0; i < live->opened; i++)
		live_bpf__destroy(live->lanes[i].bpf);
	free(live);
}

int live_error(const struct live *live)
{
	return atomic_load_explicit(&live->error, memory_order_relaxed);
}

unsigned int live_room(const struct live *live, size_t lane)
{
	const struct live_ring *ring = live->lanes[lane].ring;

	return LIVE_RING -
	       (unsigned int)(ring->put - __atomic_load_n(&ring->taken, __ATOMIC_ACQUIRE));
}

struct live_frame *live_next(const struct live *live, size_t lane, unsigned int number)
{
	struct live_ring *ring = live->lanes[lane].ring;

	return &ring->frames[(ring->put + number) & (LIVE_RING - 1)];
}

void live_put(struct live *live, size_t lane, unsigned int count)
{
	struct live_ring *ring = live->lanes[lane].ring;

	__atomic_store_n(&ring->put, ring->put + count, __ATOMIC_RELEASE);
}
