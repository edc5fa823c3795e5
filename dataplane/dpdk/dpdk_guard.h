/* SPDX-License-Identifier: BSD-2-Clause */
/* The segment may be truncated by whoever may write it. Its pages are gone then, and whoever counts
 * in them gets a SIGBUS: the process ends with an error instead. */
#ifndef REFLEX_DPDK_GUARD_H
#define REFLEX_DPDK_GUARD_H

#include "segment.h"

/**
 * guard_open - end the process with an error as soon as a page of the segment is missed.
 * @writer: stays where it is
 * @path: how the error calls it
 */
void guard_open(const struct segment_writer *writer, const char *path);

/** guard_check - the same where no page is missed yet. */
void guard_check(void);

#endif
