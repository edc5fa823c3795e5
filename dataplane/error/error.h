/* SPDX-License-Identifier: BSD-2-Clause */
/* Why something failed, in a sentence for people. */
#ifndef REFLEX_ERROR_H
#define REFLEX_ERROR_H

#define ERROR_TEXT_MAX 512

struct error {
	char text[ERROR_TEXT_MAX]; /* one sentence without a full stop: the cause, and what to do */
};

/**
 * error_say - say why something failed, in place of what was said before.
 * @format: as for printf, and what follows as well; it may print @error->text
 */
void error_say(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/**
 * error_set - the same, for a caller that returns an errno.
 * @r: a negative errno
 *
 * A macro, so that compilers and analyzers see what it returns.
 * Return: @r.
 */
#define error_set(error, r, ...)                                                                   \
	({                                                                                         \
		int error_set_r = (r); /* before errno may change */                               \
		error_say(error, __VA_ARGS__);                                                     \
		error_set_r;                                                                       \
	})

#endif
