/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether an interface can carry packets, and how its driver does. By ioctl on one socket that is
 * kept open, so that it works without rtnetlink (interface.h), and where no file is left.
 */
#ifndef REFLEX_LINK_H
#define REFLEX_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

/**
 * link_open - open the socket that all questions here go to, and keep it. To be called while there
 * are files left; else the first question does.
 *
 * Return: 0 or -errno.
 */
int link_open(void);

/**
 * link_index - find an interface.
 *
 * Return: its index; -ENODEV where there is none of that name; or another -errno: unknown.
 */
int link_index(const char *name);

/** link_gone - whether there is certainly no interface of that index. */
bool link_gone(int index);

/**
 * link_ready - whether packets can come in by an interface: it is there, up, and has a carrier.
 * @name: what the reason calls it
 * @index: 0 where there is none of that name, or what link_index says
 * @reason: set to a sentence when not
 */
bool link_ready(const char *name, int index, struct error *reason);

/**
 * link_far_end - whether the far end of a veth pair receives what XDP sends back. It needs an XDP
 * program of its own for that; without one, its driver drops the frames or, with GRO, leaves them
 * in its queue.
 * @reason: set to a sentence when not
 *
 * Needs no privilege, wherever the far end is. True for any interface that is not a veth.
 */
bool link_far_end(const char *name, int index, struct error *reason);

#define LINK_DRIVER_MAX 32 /* of struct ethtool_drvinfo */

/**
 * link_driver - the name of an interface's driver.
 * @driver: set to it, or to "unknown" where the kernel does not tell
 */
void link_driver(int index, char driver[LINK_DRIVER_MAX]);

/**
 * link_xdp_errors - how many frames of XDP_TX an interface did not send, by its driver's
 * statistics.
 * @errors: set on success
 *
 * Return: 0, or -errno: -ENODATA where the driver does not tell.
 */
int link_xdp_errors(int index, uint64_t *errors);

#endif
