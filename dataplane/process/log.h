/* SPDX-License-Identifier: BSD-2-Clause */
/* One line to stderr for each message, with the journal's level if the journal reads it. */
#ifndef REFLEX_LOG_H
#define REFLEX_LOG_H

#include <syslog.h>

/**
 * log_open - find out whether stderr is the journal's; call it first.
 * @program: what lines begin with elsewhere
 */
void log_open(const char *program);

/**
 * log_write - write one line; control characters in it become blanks.
 * @level: LOG_ERR, LOG_WARNING or LOG_INFO
 */
void log_write(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)	 log_write(LOG_ERR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_WARNING, __VA_ARGS__)
#define log_info(...)	 log_write(LOG_INFO, __VA_ARGS__)

#endif
