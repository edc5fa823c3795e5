// SPDX-License-Identifier: BSD-2-Clause
#include "loader_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool loader_left(const struct loader *loader, const char *name)
{
	char path[PIN_MAX];
	unsigned int index;

	pins_link_path(path, loader, name);
	return links_find_pinned(loader, path, &index) == PLACE_HERE;
}

static bool is_other(const struct loader *loader, const char *pin)
{
	char path[PIN_MAX];

	for (size_t i = 0; i < loader->count; i++) {
		pins_link_path(path, loader, loader->attachments[i].name);
		if (strcmp(strrchr(path, '/') + 1, pin) == 0)
			return false;
	}
	return true;
}

static bool is_other_here(const struct loader *loader, const char *pin)
{
	char path[PIN_MAX];
	unsigned int index;

	pins_path(path, loader, pin);
	return is_other(loader, pin) && links_find_pinned(loader, path, &index) != PLACE_ELSEWHERE;
}

int left_find(const struct loader *loader, char pin[NAME_MAX + 1], bool any)
{
	return pins_find_link(loader, pin, any ? is_other : is_other_here);
}

/* --- renamed interfaces --- */

/* Whether a link's interface has another name by now, and there is no right pin of that name. */
static bool has_new_name(const struct loader *loader, const char *pin, char name[IF_NAMESIZE])
{
	char path[PIN_MAX], right[PIN_MAX];
	unsigned int index, there;

	pins_path(path, loader, pin);
	if (links_find_pinned(loader, path, &index) != PLACE_HERE || !if_indextoname(index, name))
		return false;
	pins_link_path(right, loader, name);
	return strcmp(path, right) != 0 &&
	       (links_find_pinned(loader, right, &there) != PLACE_HERE || there != index);
}

static bool is_renamed(const struct loader *loader, const char *pin)
{
	char name[IF_NAMESIZE];

	return has_new_name(loader, pin, name);
}

/* Interfaces may have swapped their names, even. */
void left_follow_names(const struct loader *loader)
{
	char pin[NAME_MAX + 1], name[IF_NAMESIZE], path[PIN_MAX], right[PIN_MAX];

	while (pins_find_link(loader, pin, is_renamed) > 0 && has_new_name(loader, pin, name)) {
		pins_path(path, loader, pin);
		pins_link_path(right, loader, name);
		if (renameat2(AT_FDCWD, path, AT_FDCWD, right,
			      access(right, F_OK) ? RENAME_NOREPLACE : RENAME_EXCHANGE))
			return;
		slots_rename(loader, pin, name);
	}
}

/* --- ending them --- */

/* Whether it is the link of an attachment: somebody may have pinned it a second time. */
static bool is_held(const struct loader *loader, int link)
{
	uint32_t id = pins_identify(link);

	for (size_t i = 0; i < loader->count; i++)
		if (pins_identify(loader->attachments[i].link) == id)
			return true;
	return false;
}

/* A pin that cannot be removed keeps its link. Return: 0 or -errno. */
static int end_link(const struct loader *loader, const char *path)
{
	struct bpf_link_info info;
	int link = bpf_obj_get(path), r = 0;

	if (link < 0)
		return -errno;
	if (links_find(loader, link, &info) == PLACE_UNKNOWN)
		r = loader->netlink < 0 ? loader->netlink : -EAGAIN;
	else if (unlink(path))
		r = -errno;
	else if (!is_held(loader, link))
		bpf_link_detach(link);
	close(link);
	return r;
}

/*
 * End what earlier processes left on other interfaces.
 * @path: set after an error to what could not be ended
 *
 * Return: how many, or -errno.
 */
static int end_others(const struct loader *loader, char path[PIN_MAX])
{
	char pin[NAME_MAX + 1];
	int ended = 0, found;

	for (; (found = left_find(loader, pin, false)) > 0; ended++) {
		int r;

		pins_path(path, loader, pin);
		r = end_link(loader, path);
		if (r < 0)
			return r;
	}
	/* What this user may not even read is not this user's. */
	if (found >= 0 || found == -EACCES)
		return ended;
	snprintf(path, PIN_MAX, "%s/link_*", loader->folder);
	return found;
}

void loader_end_others(struct loader *loader)
{
	char path[PIN_MAX];

	end_others(loader, path);
}

int loader_check_left(const char *instance, struct error *error)
{
	struct loader *loader = loader_allocate(instance);
	char pin[NAME_MAX + 1];
	int r = 0;

	if (!loader)
		return error_set(error, -ENOMEM, "out of memory");
	if (left_find(loader, pin, false) > 0)
		r = pins_check_owner(loader, error);
	loader_destroy(loader);
	return r;
}

int loader_end_left(const char *instance, struct error *error)
{
	struct loader *loader = loader_allocate(instance);
	char path[PIN_MAX], pin[NAME_MAX + 1];
	int ended;

	if (!loader)
		return error_set(error, -ENOMEM, "out of memory");
	ended = end_others(loader, path);
	if (ended < 0)
		error_say(error,
			  "an XDP program of this instance may still answer, and cannot be ended "
			  "(%s): `rm %s` as root ends it; if it is another daemon's, take another "
			  "--instance",
			  strerror(-ended), path);
	else if (left_find(loader, pin, true) == 0)
		pins_remove(loader);
	loader_destroy(loader);
	return ended;
}
