/* SPDX-License-Identifier: BSD-2-Clause */
/* Why something failed, in a sentence for people. */
#ifndef REFLEX_ERROR_H
#define REFLEX_ERROR_H

#define ERROR_TEXT_MAX 512

struct error {
	char text[ERROR_TEXT_MAX]; /* one sentence without a full stop: the cause, and what to do */
};

/**
 * error_set - say why; what was said before is written over.
 * @r: a negative errno
 * @format: as for printf, and what follows as well; it may print @error->text
 *
 * Return: @r.
 */
int error_set(struct error *error, int r, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** error_say - the same, for who returns no errno. */
void error_say(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
