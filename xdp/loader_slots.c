// SPDX-License-Identifier: BSD-2-Clause
#include "loader_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool in_use(const struct loader *loader, uint32_t slot)
{
	for (size_t i = 0; i < loader->count; i++)
		if (loader->attachments[i].slot == slot)
			return true;
	return false;
}

/*
 * A slot that nobody used yet, else one of an interface that is not served any more, else one that
 * an earlier process's program still counts in.
 */
static uint32_t find_free(const struct loader *loader, int names)
{
	char name[STATE_NAME_MAX];
	uint32_t spare = 0, left = 0;

	for (uint32_t slot = 1; slot < STATE_SLOTS; slot++) {
		if (in_use(loader, slot))
			continue;
		if (bpf_map_lookup_elem(names, &slot, name) || !name[0])
			return slot;
		if (loader_left(loader, name))
			left = slot;
		else
			spare = slot;
	}
	return spare ? spare : left;
}

int slots_choose(struct loader *loader, const char *interface, uint32_t *slot)
{
	int names = bpf_map__fd(loader->skeleton->maps.names);
	char name[STATE_NAME_MAX] = "";

	for (*slot = 1; *slot < STATE_SLOTS; (*slot)++) {
		if (bpf_map_lookup_elem(names, slot, name))
			return -errno;
		if (strncmp(name, interface, sizeof(name)) == 0)
			return 0;
	}
	*slot = find_free(loader, names);
	memset(loader->cpu_slots, 0, (size_t)loader->cpus * sizeof(*loader->cpu_slots));
	memset(name, 0, sizeof(name));
	snprintf(name, sizeof(name), "%s", interface);
	if (bpf_map_update_elem(bpf_map__fd(loader->skeleton->maps.lanes), slot, loader->cpu_slots,
				BPF_ANY) ||
	    bpf_map_update_elem(names, slot, name, BPF_ANY))
		return -errno;
	return 0;
}

void slots_rename(const struct loader *loader, const char *pin, const char *name)
{
	int names = bpf_map__fd(loader->skeleton->maps.names);
	char from[STATE_NAME_MAX] = "", to[STATE_NAME_MAX] = "", escaped[NAME_MAX + 1];
	uint32_t old = 0, new = 0;

	for (uint32_t slot = 1; slot < STATE_SLOTS; slot++) {
		if (bpf_map_lookup_elem(names, &slot, to))
			return;
		pins_escape(escaped, to);
		if (strcmp(escaped, pin + strlen("link_")) == 0) {
			memcpy(from, to, sizeof(from));
			old = slot;
		}
		if (strcmp(to, name) == 0)
			new = slot;
	}
	if (!old)
		return;
	memset(to, 0, sizeof(to));
	snprintf(to, sizeof(to), "%s", name);
	bpf_map_update_elem(names, &old, to, BPF_ANY);
	if (new)
		bpf_map_update_elem(names, &new, from, BPF_ANY);
}

int loader_read(struct loader *loader, size_t position, struct counters *counters)
{
	uint32_t slot = loader->attachments[position].slot;

	memset(counters, 0, sizeof(*counters));
	if (bpf_map_lookup_elem(bpf_map__fd(loader->skeleton->maps.lanes), &slot,
				loader->cpu_slots))
		return -errno;
	for (int cpu = 0; cpu < loader->cpus; cpu++)
		counters_add(counters, &loader->cpu_slots[cpu].counters);
	return 0;
}
