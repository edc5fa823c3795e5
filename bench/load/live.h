/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sending by live frames (BPF_F_TEST_XDP_LIVE_FRAMES): the kernel calls a program for one frame
 * after the other and hands them to the driver, with no socket buffer in between. Each lane has a
 * thread of its own for that, which takes a CPU whether there is something to send or not.
 */
#ifndef REFLEX_LOAD_LIVE_H
#define REFLEX_LOAD_LIVE_H

#include <stddef.h>

#include "redirect.h"
#include "settings.h"

struct live;

/**
 * live_open - load the programs and start the threads.
 *
 * Return: 0 or -errno.
 */
int live_open(struct live **live, const struct settings *settings, unsigned int interface);
void live_close(struct live *live);

/* Why the kernel no longer sends, as an errno; 0: it does. */
int live_error(const struct live *live);

/* How many frames can be put now. */
unsigned int live_room(const struct live *live, size_t lane);

/* The one of that number behind the last that was put, to be written. */
struct live_frame *live_next(const struct live *live, size_t lane, unsigned int number);

/* So many are written. */
void live_put(struct live *live, size_t lane, unsigned int count);

#endif
