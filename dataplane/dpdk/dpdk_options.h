/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line: EAL's options, then "--", then those of reflex-dpdk. */
#ifndef REFLEX_DPDK_OPTIONS_H
#define REFLEX_DPDK_OPTIONS_H

#include <stdbool.h>

#include "error.h"
#include "options.h"

struct dpdk_options {
	int eal_count; /* arguments for rte_eal_init, the program's name first */
	char **eal;
	const char *file;
	const char *instance;
	bool check;
};

/**
 * dpdk_options_parse - read the command line.
 * @options: point into @argv
 * @argv: not changed up to argv[eal_count - 1]
 * @error: set for OPTIONS_WRONG to a sentence
 *
 * Return: what to do next.
 */
enum options_result dpdk_options_parse(struct dpdk_options *options, int argc, char **argv,
				       struct error *error);

#endif
