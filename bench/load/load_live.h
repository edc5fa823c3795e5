/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sending by live frames (BPF_F_TEST_XDP_LIVE_FRAMES): the kernel calls a program for one frame
 * after the other and hands them to the driver, with no socket buffer in between. Each worker has a
 * second thread for that, which takes a whole CPU even when there is nothing to send.
 */
#ifndef REFLEX_LOAD_LIVE_H
#define REFLEX_LOAD_LIVE_H

#include <stddef.h>

#include "load_settings.h"
#include "redirect.h"

struct load_live;

/**
 * load_live_open - load the programs and start the threads.
 * @live: set on success
 * @interface: the index of the interface to send by
 *
 * Return: 0 or -errno.
 */
int load_live_open(struct load_live **live, const struct load_settings *settings,
		   unsigned int interface);

/** load_live_close - end the threads; NULL is fine. */
void load_live_close(struct load_live *live);

/** load_live_error - why the kernel no longer sends. Return: an errno; 0: it does send. */
int load_live_error(const struct load_live *live);

/** load_live_room - how much room there is. Return: how many frames can be put now. */
unsigned int load_live_room(const struct load_live *live, size_t thread);

/**
 * load_live_next - where to write a frame that is put later.
 * @thread: the index of a worker
 * @number: below what load_live_room says; 0: directly behind what was put last
 *
 * Return: the place, of LIVE_BYTES.
 */
struct live_frame *load_live_next(const struct load_live *live, size_t thread, unsigned int number);

/** load_live_put - have as many frames sent as were written since the last call. */
void load_live_put(struct load_live *live, size_t thread, unsigned int count);

#endif
