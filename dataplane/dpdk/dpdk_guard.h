/* SPDX-License-Identifier: BSD-2-Clause */
/* Who may write the segment's file may also truncate it. Its pages are gone then, and counting in
 * them raises SIGBUS: the process ends with an error that says so. */
#ifndef REFLEX_DPDK_GUARD_H
#define REFLEX_DPDK_GUARD_H

#include "segment.h"

/**
 * guard_open - from now on, end the process with an error when a page of the segment is missing.
 * @writer: stays valid
 * @path: of the segment, for the error
 */
void guard_open(const struct segment_writer *writer, const char *path);

/** guard_check - do the same now if the file was truncated, though no page was needed yet. */
void guard_check(void);

#endif
