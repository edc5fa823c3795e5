/* SPDX-License-Identifier: BSD-2-Clause */
/* One daemon for each instance: a lock in the instance's folder below /run. */
#ifndef REFLEX_LOCK_H
#define REFLEX_LOCK_H

#include "error.h"
#include "instance.h"

struct lock {
	char folder[INSTANCE_PATH_MAX];
	int fd;
};

/**
 * lock_take - make the instance's folder and lock it.
 * @error: set on failure to a sentence
 *
 * Return: 0; -EBUSY when another daemon runs as that instance; or another -errno.
 */
int lock_take(struct lock *lock, const char *instance, struct error *error);

/**
 * lock_release - remove the folder and release the lock.
 */
void lock_release(struct lock *lock);

#endif
