// SPDX-License-Identifier: BSD-2-Clause
#include "instance.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int instance_check(const char *instance, char *error, size_t size)
{
	size_t length = strlen(instance);

	if (length > 0 && length <= INSTANCE_NAME_MAX && instance[0] != '.' &&
	    strspn(instance, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
		    length)
		return 0;
	snprintf(error, size,
		 "--instance: '%s' is not a name of 1 to %d letters, digits, '-', '_' and '.', the "
		 "first not '.'",
		 instance, INSTANCE_NAME_MAX);
	return -EINVAL;
}

int instance_path(char *path, const char *instance, const char *file, char *error, size_t size)
{
	const char *run = geteuid() == 0 ? "/run" : getenv("XDG_RUNTIME_DIR");

	if (!run || !*run) {
		snprintf(error, size,
			 "no place for the instance's files: XDG_RUNTIME_DIR is not set, and only "
			 "root uses /run");
		return -ENOENT;
	}
	if (snprintf(path, INSTANCE_PATH_MAX, "%s/reflex/%s%s%s", run, instance, *file ? "/" : "",
		     file) >= INSTANCE_PATH_MAX) {
		snprintf(error, size, "the path of the instance's files below %.64s... is too long",
			 run);
		return -ENAMETOOLONG;
	}
	return 0;
}

int instance_make(char *path, const char *instance, char *error, size_t size)
{
	char *last;
	int r = instance_path(path, instance, "", error, size);

	if (r < 0)
		return r;
	last = strrchr(path, '/');
	*last = '\0';
	r = mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
	*last = '/';
	if (r == 0 && mkdir(path, 0755) < 0 && errno != EEXIST)
		r = -errno;
	if (r < 0)
		snprintf(error, size, "%s cannot be made: %s", path, strerror(-r));
	return r;
}
