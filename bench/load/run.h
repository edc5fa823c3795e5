/* SPDX-License-Identifier: BSD-2-Clause */
/* One run: the threads, the progress line, and the sum of what they counted. */
#ifndef REFLEX_LOAD_RUN_H
#define REFLEX_LOAD_RUN_H

#include "engine.h"
#include "error.h"

struct run {
	struct engine *engine;
	const struct settings *settings;
	struct ticket_key key;
	int signals;	/* a signalfd of SIGINT and SIGTERM */
	uint8_t number; /* of the run; replies to an earlier one count as late */
};

struct run_result {
	struct statistics statistics;
	double seconds;	  /* of sending */
	bool interrupted; /* by a signal */
};

/**
 * run_perform - send, and wait for what is to come.
 *
 * Return: 0, or -errno and a sentence where it cannot even begin.
 */
int run_perform(struct run *run, struct run_result *result, struct error *error);

#endif
