// SPDX-License-Identifier: BSD-2-Clause
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Says who holds the lock. */
static int refuse(const struct lock *lock, const char *instance, struct error *error)
{
	char text[24] = "";
	ssize_t length = pread(lock->fd, text, sizeof(text) - 1, 0);

	text[length > 0 ? strcspn(text, "\n") : 0] = '\0';
	return error_set(
		error, -EBUSY,
		"instance '%s' is already running%s%s: stop it first, or give this one another "
		"--instance name",
		instance, *text ? ", process " : "", text);
}

/* Whether the path still leads to the file that was locked: its holder before us may have removed
 * it. */
static bool still_there(int fd, const char *path)
{
	struct stat held, named;

	return fstat(fd, &held) == 0 && stat(path, &named) == 0 && held.st_dev == named.st_dev &&
	       held.st_ino == named.st_ino;
}

int lock_take(struct lock *lock, const char *instance, struct error *error)
{
	char path[sizeof(lock->folder) + 8];
	int r;

	lock->fd = -1;
	for (;;) {
		r = instance_make(lock->folder, instance, error);
		if (r < 0)
			return r;
		snprintf(path, sizeof(path), "%s/lock", lock->folder);
		lock->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (lock->fd < 0 && errno == ENOENT)
			continue; /* its holder before us has just removed the folder */
		if (lock->fd < 0) {
			r = -errno;
			return error_set(error, r, "%s cannot be opened: %s", path, strerror(-r));
		}
		if (flock(lock->fd, LOCK_EX | LOCK_NB) < 0) {
			r = -errno;
			if (r == -EWOULDBLOCK)
				r = refuse(lock, instance, error);
			else
				error_say(error, "%s cannot be locked: %s", path, strerror(-r));
			break;
		}
		if (still_there(lock->fd, path)) {
			if (ftruncate(lock->fd, 0) == 0 && dprintf(lock->fd, "%d\n", getpid()) > 0)
				return 0;
			r = -errno;
			error_say(error, "%s cannot be written: %s", path, strerror(-r));
			lock_release(lock);
			return r;
		}
		close(lock->fd);
	}
	close(lock->fd);
	lock->fd = -1;
	return r;
}

void lock_release(struct lock *lock)
{
	char path[sizeof(lock->folder) + 8];

	if (lock->fd < 0)
		return;
	snprintf(path, sizeof(path), "%s/lock", lock->folder);
	unlink(path);
	rmdir(lock->folder); /* other files may be in it */
	close(lock->fd);
	lock->fd = -1;
}
