/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the file again while the daemon runs. */
#ifndef REFLEX_RECONFIGURE_H
#define REFLEX_RECONFIGURE_H

#include "daemon.h"

/** reconfigure - put the file as it is now in force, as a whole or not at all, and log which. */
void reconfigure(struct daemon *daemon);

#endif
