/* SPDX-License-Identifier: BSD-2-Clause */
/* The loaded BPF program, run over single frames by BPF_PROG_TEST_RUN. */
#ifndef AGREEMENT_KERNEL_H
#define AGREEMENT_KERNEL_H

#include "error.h"
#include "host.h"

/* Return: 0 or -errno. */
int kernel_init(struct error *error);
void kernel_exit(void);
int kernel_configure(const struct oracle_config *config);
int kernel_run(const uint8_t *frame, size_t length, struct outcome *outcome);
const struct tally *kernel_tally(void);
int kernel_reset(void);

#endif
