// SPDX-License-Identifier: BSD-2-Clause
#include "loader_private.h"

#include <errno.h>
#include <string.h>

int buffers_create_barrier(struct loader *loader, struct error *error)
{
	LIBBPF_OPTS(bpf_map_create_opts, options,
		    .inner_map_fd = (__u32)bpf_map__fd(loader->skeleton->maps.names));

	loader->barrier = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "barrier", sizeof(uint32_t),
					 sizeof(uint32_t), 1, &options);
	return loader->barrier < 0
		       ? error_set(error, -errno, "cannot make a map: %s", strerror(errno))
		       : 0;
}

/*
 * Write the idle buffer, make it the active one, and wait until no CPU runs in the other: updating
 * a map of maps ends with synchronize_rcu(), and XDP programs run inside RCU read sides. It takes
 * no capability, and unlike membarrier(2) works with nohz_full too. Any map serves as the inner
 * one.
 */
void buffers_flip(struct loader *loader)
{
	int inner = bpf_map__fd(loader->skeleton->maps.names);
	struct xdp_state *state = &loader->skeleton->bss->state;
	uint32_t idle = !state->active, key = 0;

	memcpy(&state->buffer[idle], &loader->next, sizeof(loader->next));
	__atomic_store_n(&state->active, idle, __ATOMIC_RELEASE);
	bpf_map_update_elem(loader->barrier, &key, &inner, BPF_ANY);
}

void loader_set_policy(struct loader *loader, const struct policy *policy)
{
	loader->next.policy = *policy;
	buffers_flip(loader);
}

/* Without a collision; there is always a multiplier that does. */
void buffers_place_interfaces(struct loader *loader)
{
	struct xdp_buffer *next = &loader->next;

	for (uint32_t multiplier = 0x9e3779b1u;; multiplier += 2) {
		size_t placed = 0;

		memset(next->interface, 0, sizeof(next->interface));
		next->multiplier = multiplier;
		for (; placed < loader->count; placed++) {
			const struct attachment *attachment = &loader->attachments[placed];
			struct xdp_interface *entry =
				&next->interface[xdp_state_hash(attachment->index, multiplier)];

			if (entry->index)
				break;
			entry->index = attachment->index;
			entry->slot = attachment->slot;
		}
		if (placed == loader->count)
			return;
	}
}
