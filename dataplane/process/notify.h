/* SPDX-License-Identifier: BSD-2-Clause */
/* What a daemon tells its supervisor, where there is one that listens (sd_notify(3)). */
#ifndef REFLEX_NOTIFY_H
#define REFLEX_NOTIFY_H

/** notify_ready - the start, or a reload, is over. */
void notify_ready(void);

/** notify_reloading - a reload begins; notify_ready follows, even if it fails. */
void notify_reloading(void);

/** notify_stopping - the end begins. */
void notify_stopping(void);

#endif
