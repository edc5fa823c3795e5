/* SPDX-License-Identifier: BSD-2-Clause */
/* The series that every exporter has about its own process. */
#ifndef REFLEX_METRICS_PROCESS_H
#define REFLEX_METRICS_PROCESS_H

#include "metrics_writer.h"

/** metrics_process - write the series process_*. Those that /proc tells are left out without it. */
void metrics_process(struct metrics_writer *writer);

#endif
