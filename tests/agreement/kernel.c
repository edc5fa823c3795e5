// SPDX-License-Identifier: BSD-2-Clause
#include "kernel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <unistd.h>

#include "loader.h"
#include "settings.h"
#include "xdp_state.h"

static struct loader *loader;
static int lanes =
	-1; /* self-test packets are counted in slot 0, which the loader does not export */

int kernel_init(struct error *error)
{
	char instance[32], path[96];
	int result;

	snprintf(instance, sizeof(instance), "agreement-%d", getpid());
	result = loader_create(&loader, instance, error);
	if (result)
		return result;
	snprintf(path, sizeof(path), "/sys/fs/bpf/reflex/%s/" STATE_LAYOUT "/lanes", instance);
	lanes = bpf_obj_get(path);
	if (lanes < 0) {
		error_say(error, "%s: %s", path, strerror(errno));
		kernel_exit();
		return -errno;
	}
	return 0;
}

void kernel_exit(void)
{
	if (lanes >= 0)
		close(lanes);
	if (loader)
		loader_detach(loader);
	loader_destroy(loader);
	loader = NULL;
}

int kernel_configure(const struct oracle_config *config)
{
	static struct policy policy;
	int error = settings_build(&policy, config);

	if (!error)
		loader_set_policy(loader, &policy);
	return error;
}

int kernel_run(const uint8_t *frame, size_t length, struct outcome *outcome)
{
	int action;

	memcpy(outcome->frame, frame, length);
	outcome->length = length;
	outcome->verdict = NULL;
	action = loader_run(loader, outcome->frame, &outcome->length, sizeof(outcome->frame));
	outcome->answered = action == XDP_TX;
	outcome->passed = action == XDP_PASS;
	return action < 0 ? action : action == XDP_ABORTED ? -EFAULT : 0;
}

const struct tally *kernel_tally(void)
{
	static struct tally tally;
	int cpus = libbpf_num_possible_cpus();
	struct xdp_slot *parts = calloc((size_t)cpus, sizeof(*parts));
	struct counters sum = {0};
	uint32_t slot = 0;

	bpf_map_lookup_elem(lanes, &slot, parts);
	for (int cpu = 0; cpu < cpus; cpu++)
		counters_add(&sum, &parts[cpu].counters);
	free(parts);
	settings_tally(&tally, &sum);
	return &tally;
}

int kernel_reset(void)
{
	struct xdp_slot *zero = calloc((size_t)libbpf_num_possible_cpus(), sizeof(*zero));
	uint32_t slot = 0;
	int error = bpf_map_update_elem(lanes, &slot, zero, BPF_ANY) ? -errno : 0;

	free(zero);
	return error;
}
