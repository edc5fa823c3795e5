/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the program and its loader share: the layout of the maps. */
#ifndef REFLEX_XDP_STATE_H
#define REFLEX_XDP_STATE_H

#include "responder.h"

/* Raise it when struct xdp_slot changes: pinned counters of another layout are not taken over. */
#define STATE_LAYOUT "v1"

#define STATE_SLOTS	 33 /* 32 interfaces; slot 0 is for packets of none, such as self-tests */
#define STATE_TABLE_BITS 8
#define STATE_TABLE	 (1 << STATE_TABLE_BITS)
#define STATE_NAME_MAX	 16

/* An interface's place in a table without collisions; the loader picks the multiplier. */
struct xdp_interface {
	uint32_t index; /* 0: free */
	uint32_t slot;
};

/* All that the program reads. There are two; the loader writes the idle one, then flips. */
struct xdp_buffer {
	uint32_t multiplier; /* odd */
	struct xdp_interface interface[STATE_TABLE];
	struct policy policy;
};

struct xdp_state {
	uint32_t active; /* 0 or 1 */
	struct xdp_buffer buffer[2];
};

static inline uint32_t xdp_state_hash(uint32_t index, uint32_t multiplier)
{
	return index * multiplier >> (32 - STATE_TABLE_BITS);
}

/* One interface on one CPU: its counters, and the program's working memory. */
struct xdp_slot {
	struct counters counters;
	union {
		struct {
			struct packet packet;
			struct link_header link;
		};
		uint8_t room[512]; /* so that its growth does not change the layout */
	};
};

#endif
