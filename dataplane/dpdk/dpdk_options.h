/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line: EAL's options, then "--", then those of reflex-dpdk. */
#ifndef REFLEX_DPDK_OPTIONS_H
#define REFLEX_DPDK_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

enum options_result {
	OPTIONS_RUN,
	OPTIONS_DONE, /* help or version has been printed */
	OPTIONS_WRONG,
};

struct dpdk_options {
	int eal_count; /* arguments for rte_eal_init, the program's name first */
	const char *file;
	const char *instance;
	bool check;
};

/**
 * options_parse - read the command line; it is not changed up to argv[eal_count - 1].
 * @error: set to a sentence when it is wrong
 */
enum options_result options_parse(struct dpdk_options *options, int argc, char **argv,
				  struct error *error);

#endif
