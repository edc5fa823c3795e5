// SPDX-License-Identifier: BSD-2-Clause
#include "load_live.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "live.skel.h"

#define REPEAT (1 << 18) /* calls of the program, until the thread checks whether to stop */
#define BATCH  32	 /* frames that the driver gets at a time */

struct live_thread {
	struct load_live *live;
	struct live_bpf *bpf;
	struct live_ring *ring; /* the program's own */
	pthread_t id;
};

struct load_live {
	const struct load_settings *settings;
	unsigned int interface;
	atomic_bool stop;
	atomic_int error;
	size_t opened, started;
	struct live_thread threads[QUEUES_MAX];
};

/* Moves this thread off the CPUs that workers are pinned to, if there are others. */
static void keep_off(const struct load_settings *settings)
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
	struct live_thread *thread = argument;
	uint8_t frame[64] = {0};
	struct xdp_md context = {
		.data_end = sizeof(frame),
		.ingress_ifindex = thread->live->interface,
	};
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = sizeof(frame),
		    .ctx_in = &context, .ctx_size_in = sizeof(context), .repeat = REPEAT,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = BATCH);
	int program = bpf_program__fd(thread->bpf->progs.live);

	keep_off(thread->live->settings);
	while (!atomic_load_explicit(&thread->live->stop, memory_order_relaxed)) {
		if (bpf_prog_test_run_opts(program, &options) < 0 && errno != EINTR) {
			atomic_store(&thread->live->error, errno);
			break;
		}
	}
	return NULL;
}

static int open_thread(struct live_thread *thread, struct load_live *live)
{
	int r;

	thread->live = live;
	thread->bpf = live_bpf__open();
	if (!thread->bpf)
		return -errno;
	live->opened++;
	r = live_bpf__load(thread->bpf);
	if (r < 0)
		return r;
	thread->ring = &thread->bpf->bss->ring;
	r = -pthread_create(&thread->id, NULL, push, thread);
	live->started += r == 0;
	return r;
}

int load_live_open(struct load_live **result, const struct load_settings *settings,
		   unsigned int interface)
{
	struct load_live *live = calloc(1, sizeof(*live));
	int r = 0;

	if (!live)
		return -ENOMEM;
	live->settings = settings;
	live->interface = interface;
	for (size_t i = 0; i < load_settings_threads(settings) && r == 0; i++)
		r = open_thread(&live->threads[i], live);
	if (r < 0)
		load_live_close(live);
	else
		*result = live;
	return r;
}

void load_live_close(struct load_live *live)
{
	if (!live)
		return;
	atomic_store(&live->stop, true);
	for (size_t i = 0; i < live->started; i++)
		pthread_join(live->threads[i].id, NULL);
	for (size_t i = 0; i < live->opened; i++)
		live_bpf__destroy(live->threads[i].bpf);
	free(live);
}

int load_live_error(const struct load_live *live)
{
	return atomic_load_explicit(&live->error, memory_order_relaxed);
}

unsigned int load_live_room(const struct load_live *live, size_t thread)
{
	const struct live_ring *ring = live->threads[thread].ring;

	return LIVE_RING -
	       (unsigned int)(ring->put - __atomic_load_n(&ring->taken, __ATOMIC_ACQUIRE));
}

struct live_frame *load_live_next(const struct load_live *live, size_t thread, unsigned int number)
{
	struct live_ring *ring = live->threads[thread].ring;

	return &ring->frames[(ring->put + number) & (LIVE_RING - 1)];
}

void load_live_put(struct load_live *live, size_t thread, unsigned int count)
{
	struct live_ring *ring = live->threads[thread].ring;

	__atomic_store_n(&ring->put, ring->put + count, __ATOMIC_RELEASE);
}
