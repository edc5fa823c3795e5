/* SPDX-License-Identifier: BSD-2-Clause */
/* Instances run side by side on one machine; each has a folder for its locks and sockets. */
#ifndef REFLEX_INSTANCE_H
#define REFLEX_INSTANCE_H

#include "error.h"

#define INSTANCE_DEFAULT  "default"
#define INSTANCE_NAME_MAX 64
#define INSTANCE_PATH_MAX 512

/**
 * instance_check - whether a name will do: letters, digits, dot, dash, underscore.
 * @error: set on failure to a sentence, here and below
 *
 * Return: 0 or -EINVAL.
 */
int instance_check(const char *instance, struct error *error);

/**
 * instance_path - where a file of an instance stands: /run/reflex/NAME/FILE; without root below
 * XDG_RUNTIME_DIR, else /run/user/UID if there is one, else /tmp/reflex-UID.
 * @path: room for INSTANCE_PATH_MAX
 * @file: its name; "" for the folder itself
 *
 * Return: 0 or -errno.
 */
int instance_path(char *path, const char *instance, const char *file, struct error *error);

/**
 * instance_make - make the folder; one that is there is fine, but not another user's in /tmp.
 * @path: as for instance_path
 *
 * Return: 0 or -errno.
 */
int instance_make(char *path, const char *instance, struct error *error);

#endif
