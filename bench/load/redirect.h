/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the BPF programs share with userspace. */
#ifndef REFLEX_LOAD_REDIRECT_H
#define REFLEX_LOAD_REDIRECT_H

#include "ticket.h"

#define QUEUES_MAX 64 /* of an interface */

/* A ring of requests on their way to the program that sends them. */
#define LIVE_RING  1024
#define LIVE_BYTES 252 /* of a frame; a multiple of 4 */

struct live_frame {
	uint32_t length;
	uint8_t bytes[LIVE_BYTES];
};

/* Each number has one writer, and a cache line of its own. */
struct live_ring {
	_Alignas(64) uint64_t put;
	_Alignas(64) uint64_t taken;
	_Alignas(64) struct live_frame frames[LIVE_RING];
};

#endif
