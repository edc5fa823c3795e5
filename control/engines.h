/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engines of the daemon from start to end, in the order in which main() has them. Where XDP
 * cannot answer, `dataplane: auto` goes on with sockets at each step before the capabilities go.
 *
 * Functions that take @error set it to a sentence on failure, and return 0 or -errno.
 */
#ifndef REFLEX_ENGINES_H
#define REFLEX_ENGINES_H

#include <stdbool.h>

#include "daemon.h"

/** engines_check - see whether those that are configured can answer here. */
int engines_check(struct daemon *daemon, struct error *error);

/** engines_open - open them, and put the configuration in force on each. */
int engines_open(struct daemon *daemon, struct error *error);

/** engines_attach - have them answer what interfaces bring. */
int engines_attach(struct daemon *daemon, struct error *error);

/** engines_check_left - for engines_end_left, while there are capabilities. */
int engines_check_left(struct daemon *daemon, struct error *error);

/** engines_start - start what runs without capabilities. */
int engines_start(struct daemon *daemon, struct error *error);

/** engines_end_left - end what an earlier process left answering by an engine that is not in force:
 * it would answer first, by a policy of its own. The last step, as what may fail comes before. */
int engines_end_left(struct daemon *daemon, struct error *error);

/** engines_undo - after a start that failed: all or nothing, except that what an earlier process
 * left answering is never ended. */
void engines_undo(struct daemon *daemon);

/** engines_stop - end answering, as configured, and say how. Return: 0 or -errno. */
int engines_stop(struct daemon *daemon);

/** engines_close - release them; what was not undone or stopped goes on answering. */
void engines_close(struct daemon *daemon);

/** engines_need_netlink - whether one that is configured does. */
bool engines_need_netlink(const struct config *config);

#endif
