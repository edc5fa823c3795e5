/* SPDX-License-Identifier: BSD-2-Clause */
/* Wakes the daemon when addresses or interfaces of its network namespace change. */
#ifndef REFLEX_WATCH_H
#define REFLEX_WATCH_H

/** watch_open - Return: a file descriptor that becomes readable on a change, or -errno. */
int watch_open(void);

/** watch_drain - read off what is reported; the caller looks at the state itself. */
void watch_drain(int fd);

#endif
