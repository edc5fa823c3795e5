// SPDX-License-Identifier: BSD-2-Clause
#include "instance.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int instance_check(const char *instance, struct error *error)
{
	size_t length = strlen(instance);

	if (length > 0 && length <= INSTANCE_NAME_MAX && instance[0] != '.' &&
	    strspn(instance, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
		    length)
		return 0;
	return error_set(
		error, -EINVAL,
		"--instance: '%s' is not a name of 1 to %d letters, digits, '-', '_' and '.', the "
		"first not '.'",
		instance, INSTANCE_NAME_MAX);
}

/* Return: 0 where it is this user's folder, which nobody else may write; -ENOENT; or -EPERM. */
static int check_ours(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) && st.st_uid == geteuid() && !(st.st_mode & (S_IWGRP | S_IWOTH))
		       ? 0
		       : -EPERM;
}

/*
 * What the instances' files stand in. @temporary: set where that is a folder of ours in /tmp, which
 * any user may have made before us.
 */
static const char *find_run(char *path, size_t size, bool *temporary)
{
	const char *run = geteuid() == 0 ? "/run" : getenv("XDG_RUNTIME_DIR");

	*temporary = false;
	if (run && *run)
		return run;
	snprintf(path, size, "/run/user/%u", geteuid());
	if (check_ours(path) == 0)
		return path;
	*temporary = true;
	snprintf(path, size, "/tmp/reflex-%u", geteuid());
	return path;
}

static int refuse_run(const char *run, struct error *error)
{
	return error_set(error, -EPERM,
			 "%s is not a folder that only this user may write: remove it, or set "
			 "XDG_RUNTIME_DIR to such a folder, for the instance's files",
			 run);
}

int instance_path(char *path, const char *instance, const char *file, struct error *error)
{
	char own[32];
	bool temporary;
	const char *run = find_run(own, sizeof(own), &temporary);

	if (temporary && check_ours(run) == -EPERM)
		return refuse_run(run, error);
	if (snprintf(path, INSTANCE_PATH_MAX, "%s/reflex/%s%s%s", run, instance, *file ? "/" : "",
		     file) >= INSTANCE_PATH_MAX)
		return error_set(error, -ENAMETOOLONG,
				 "the path of the instance's files below %.64s... is too long",
				 run);
	return 0;
}

/* In /tmp nobody but its owner can replace it once it is there. */
static int make_run(struct error *error)
{
	char own[32];
	bool temporary;
	const char *run = find_run(own, sizeof(own), &temporary);
	int r;

	if (!temporary)
		return 0;
	if (mkdir(run, 0700) < 0 && errno != EEXIST) {
		r = -errno;
		return error_set(error, r,
				 "%s cannot be made: %s: set XDG_RUNTIME_DIR to a folder for the "
				 "instance's files",
				 run, strerror(-r));
	}
	return check_ours(run) == 0 ? 0 : refuse_run(run, error);
}

int instance_make(char *path, const char *instance, struct error *error)
{
	char *last;
	int r = make_run(error);

	if (r == 0)
		r = instance_path(path, instance, "", error);
	if (r < 0)
		return r;
	last = strrchr(path, '/');
	*last = '\0';
	r = mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
	*last = '/';
	if (r == 0 && mkdir(path, 0755) < 0 && errno != EEXIST)
		r = -errno;
	if (r < 0)
		error_say(error, "%s cannot be made: %s", path, strerror(-r));
	return r;
}
