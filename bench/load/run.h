/* SPDX-License-Identifier: BSD-2-Clause */
/* One run: the threads, the progress line, and the sum of what they counted. */
#ifndef REFLEX_LOAD_RUN_H
#define REFLEX_LOAD_RUN_H

#include "error.h"
#include "load_engine.h"

struct load_run {
	struct load_engine *engine;
	const struct load_settings *settings;
	struct ticket_key key;
	int signals;	/* a signalfd of SIGINT and SIGTERM */
	uint8_t number; /* of the run; replies to an earlier one count as late */
};

struct load_run_result {
	struct statistics statistics;
	double seconds;	  /* of sending */
	bool interrupted; /* by a signal */
};

/**
 * run_perform - send, and wait for the replies.
 * @result: set on success
 * @error: set to a sentence on failure
 *
 * Return: 0, or -errno where it cannot even begin.
 */
int run_perform(struct load_run *run, struct load_run_result *result, struct error *error);

#endif
