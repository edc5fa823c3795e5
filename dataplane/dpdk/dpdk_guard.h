/* SPDX-License-Identifier: BSD-2-Clause */
/* Whoever may write the segment's file may also truncate it. Counting in pages that are gone raises
 * SIGBUS: the process then ends with an error that says so. */
#ifndef REFLEX_DPDK_GUARD_H
#define REFLEX_DPDK_GUARD_H

#include "segment.h"

/**
 * dpdk_guard_open - from now on, end the process with an error when a page of the segment is
 * missing.
 * @writer: stays valid
 * @path: of the segment, for the error
 */
void dpdk_guard_open(const struct segment_writer *writer, const char *path);

/** dpdk_guard_check - do the same now if the file was truncated, though no page was needed yet. */
void dpdk_guard_check(void);

#endif
