// SPDX-License-Identifier: BSD-2-Clause
#include "loader_private.h"

#include <dirent.h>
#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#define NETNS "/run/netns/"

/* --- names --- */

void pins_escape(char to[NAME_MAX + 1], const char *from)
{
	size_t used = 0;

	for (; *from && used + 3 <= NAME_MAX; from++) {
		if (*from == '.' || *from == '%')
			used += (size_t)snprintf(to + used, 4, "%%%02x", *from);
		else
			to[used++] = *from;
	}
	to[used] = '\0';
}

void pins_path(char path[PIN_MAX], const struct loader *loader, const char *name)
{
	snprintf(path, PIN_MAX, "%s/%s", loader->folder, name);
}

void pins_link_path(char path[PIN_MAX], const struct loader *loader, const char *interface)
{
	char escaped[NAME_MAX + 1];

	pins_escape(escaped, interface);
	snprintf(path, PIN_MAX, "%s/link_%s", loader->folder, escaped);
}

/* --- folders --- */

/* `ip netns exec` mounts /sys anew, with the name of the network namespace as its source. */
static bool under_ip_netns(char name[NAME_MAX + 1])
{
	char line[PATH_MAX], path[sizeof(NETNS) + NAME_MAX + 1], end;
	FILE *mounts = fopen("/proc/self/mountinfo", "re");

	name[0] = '\0';
	while (mounts && fgets(line, sizeof(line), mounts)) {
		const char *type = strstr(line, " - sysfs ");

		/* What was mounted last is what shows. */
		if (type && sscanf(line, "%*s %*s %*s %*s /sys%c", &end) == 1 && end == ' ' &&
		    sscanf(type, " - sysfs %255s", name) != 1)
			name[0] = '\0';
	}
	if (mounts)
		fclose(mounts);
	snprintf(path, sizeof(path), NETNS "%s", name);
	return name[0] && access(path, F_OK) == 0;
}

static int check_bpffs(struct error *error)
{
	char name[NAME_MAX + 1];
	struct statfs info;

	if (statfs(BPFFS, &info) == 0 && (unsigned long)info.f_type == BPF_FS_MAGIC)
		return 0;
	if (under_ip_netns(name))
		return error_set(error, -ENODEV,
				 "`ip netns exec` hides bpffs, without which the program ends with "
				 "reflexd: start it by `nsenter --net=" NETNS "%s` instead",
				 name);
	return error_set(error, -ENODEV,
			 "bpffs is not mounted on " BPFFS ": run `mount -t bpf bpf " BPFFS "`");
}

static int fail_folder(const struct loader *loader, const char *path, struct error *error)
{
	int r = -errno;

	if (geteuid() == 0 || (r != -EACCES && r != -EPERM))
		return error_set(error, r, "cannot make %s: %s", path, strerror(-r));
	return error_set(error, r,
			 "cannot make %s: %s; run as root, or let root hand a folder over: "
			 "`%sinstall -d -o %u %s`",
			 path, strerror(-r), access(BPFFS, X_OK) ? "chmod a+x " BPFFS " && " : "",
			 geteuid(), loader->folder);
}

/* Anyone may make folders in a bpffs that is mounted without a mode, and change what is in them. */
static int make_folder(const struct loader *loader, const char *path, struct error *error)
{
	struct stat made;

	if ((mkdir(path, 0755) && errno != EEXIST) || lstat(path, &made))
		return fail_folder(loader, path, error);
	if (S_ISDIR(made.st_mode) && (made.st_uid == 0 || made.st_uid == geteuid()) &&
	    !(made.st_mode & (S_IWGRP | S_IWOTH)))
		return 0;
	return error_set(
		error, -EEXIST,
		"%s can be changed by others than root and user %u (owner %u, mode %o), and so "
		"can what is pinned there: as root, remove it, or run `chown %u %s && chmod "
		"755 %s`",
		path, geteuid(), made.st_uid, made.st_mode & 07777,
		strcmp(path, PIN_ROOT) ? geteuid() : 0, path, path);
}

static int make_folders(const struct loader *loader, struct error *error)
{
	char path[PIN_MAX];
	int r = make_folder(loader, PIN_ROOT, error);

	pins_path(path, loader, STATE_LAYOUT);
	if (r == 0)
		r = make_folder(loader, loader->folder, error);
	return r < 0 ? r : make_folder(loader, path, error);
}

void pins_remove_folders(const struct loader *loader)
{
	char path[PIN_MAX];

	pins_path(path, loader, STATE_LAYOUT);
	rmdir(path);
	rmdir(loader->folder);
	rmdir(PIN_ROOT);
}

/* bpffs may have been mounted anew since. */
static bool same_folder(const struct loader *loader)
{
	struct stat now;

	return stat(loader->folder, &now) == 0 && now.st_dev == loader->folder_stat.st_dev &&
	       now.st_ino == loader->folder_stat.st_ino;
}

int pins_find_link(const struct loader *loader, char pin[NAME_MAX + 1],
		   bool (*matches)(const struct loader *loader, const char *pin))
{
	DIR *folder = opendir(loader->folder);
	const struct dirent *entry;
	int r = 0;

	if (!folder)
		return errno == ENOENT ? 0 : -errno;
	while (r == 0 && (errno = 0, entry = readdir(folder))) {
		if (strncmp(entry->d_name, "link_", strlen("link_")) != 0 ||
		    !matches(loader, entry->d_name))
			continue;
		snprintf(pin, NAME_MAX + 1, "%s", entry->d_name);
		r = 1;
	}
	if (r == 0)
		r = -errno;
	closedir(folder);
	return r;
}

static bool is_elsewhere(const struct loader *loader, const char *pin)
{
	char path[PIN_MAX];
	unsigned int index;

	pins_path(path, loader, pin);
	return links_find_pinned(loader, path, &index) == PLACE_ELSEWHERE;
}

/* The folder is not shared with an instance of another namespace, or counters would be too. */
static int check_namespace(const struct loader *loader, struct error *error)
{
	char path[PIN_MAX], pin[NAME_MAX + 1];

	if (pins_find_link(loader, pin, is_elsewhere) <= 0)
		return 0;
	pins_path(path, loader, pin);
	return links_fail_elsewhere(path, error);
}

int pins_claim(struct loader *loader, struct error *error)
{
	int r = check_bpffs(error);

	if (r == 0)
		r = make_folders(loader, error);
	if (r == 0)
		r = check_namespace(loader, error);
	if (r == 0 && stat(loader->folder, &loader->folder_stat))
		r = error_set(error, -errno, "cannot look at %s: %s", loader->folder,
			      strerror(errno));
	return r;
}

/* --- the owner --- */

/*
 * The lock in /run does not keep apart containers that have a /run each and share bpffs. So entry 0
 * of the names, which no interface has, holds the id of a map that is gone when its process is.
 */
static bool owner_lives(const struct loader *loader)
{
	char path[PIN_MAX], name[STATE_NAME_MAX] = "";
	uint32_t slot = 0, id = 0;
	int names, owner = -1;

	pins_path(path, loader, STATE_LAYOUT "/names");
	names = bpf_obj_get(path);
	if (names < 0)
		return false;
	if (bpf_map_lookup_elem(names, &slot, name) == 0)
		memcpy(&id, name, sizeof(id));
	if (id)
		owner = bpf_map_get_fd_by_id(id); /* as root; others cannot tell */
	if (owner >= 0)
		close(owner);
	close(names);
	return owner >= 0;
}

int pins_check_owner(const struct loader *loader, struct error *error)
{
	if (!owner_lives(loader))
		return 0;
	return error_set(
		error, -EBUSY,
		"%s is in use by another reflexd, perhaps in a container: stop that, or take "
		"another --instance",
		loader->folder);
}

int pins_own(const struct loader *loader, struct error *error)
{
	uint32_t slot = 0, id = pins_identify(loader->barrier);
	char name[STATE_NAME_MAX] = "";

	memcpy(name, &id, sizeof(id));
	if (!id ||
	    bpf_map_update_elem(bpf_map__fd(loader->skeleton->maps.names), &slot, name, BPF_ANY))
		return error_set(error, -errno, "cannot write a map: %s", strerror(errno));
	return 0;
}

/* --- pins --- */

/* What the kernel tells first of a program, a map and a link alike. */
struct identity {
	uint32_t type;
	uint32_t id; /* 0: unknown */
};

static struct identity identify(int fd)
{
	struct identity identity = {0};
	__u32 size = sizeof(identity);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &identity, &size))
		identity.id = 0;
	return identity;
}

uint32_t pins_identify(int fd)
{
	return identify(fd).id;
}

void pins_reuse_map(const struct loader *loader, struct bpf_map *map)
{
	struct bpf_map_info info = {0};
	__u32 size = sizeof(info);
	char path[PIN_MAX], name[64];
	int fd;

	snprintf(name, sizeof(name), STATE_LAYOUT "/%s", bpf_map__name(map));
	pins_path(path, loader, name);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return;
	if (bpf_obj_get_info_by_fd(fd, &info, &size) == 0 && info.type == bpf_map__type(map) &&
	    info.value_size == bpf_map__value_size(map) &&
	    info.max_entries == bpf_map__max_entries(map))
		bpf_map__reuse_fd(map, fd);
	close(fd);
}

/* All pins but those of links. */
struct pin {
	const char *name;
	int fd; /* -1 where the process holds nothing */
};

#define PINS 4

static void list_pins(const struct loader *loader, struct pin list[PINS])
{
	const struct responder_bpf *held = loader->skeleton;

	list[0] = (struct pin){"program", held ? bpf_program__fd(held->progs.responder) : -1};
	list[1] = (struct pin){STATE_LAYOUT "/lanes", held ? bpf_map__fd(held->maps.lanes) : -1};
	list[2] = (struct pin){STATE_LAYOUT "/names", held ? bpf_map__fd(held->maps.names) : -1};
	list[3] = (struct pin){STATE_LAYOUT "/state", held ? bpf_map__fd(held->maps.bss) : -1};
}

/* Return: 1 where it is pinned there, 0 where nothing is, -EBUSY where something else is, or
 * -errno. */
static int is_pinned(const char *path, int fd)
{
	struct identity held = identify(fd), pinned;
	int there = bpf_obj_get(path);

	if (there < 0)
		return errno == ENOENT ? 0 : -errno;
	pinned = identify(there);
	close(there);
	return pinned.id == held.id && pinned.type == held.type ? 1 : -EBUSY;
}

/*
 * Pin it in place of what is pinned there, which stays after an error. What a crash leaves in
 * between does not have the name of a link.
 */
static int pin_over(const struct loader *loader, const char *path, int fd)
{
	char fresh[PIN_MAX];
	int error;

	pins_path(fresh, loader, "new");
	unlink(fresh);
	if (bpf_obj_pin(fd, fresh))
		return -1;
	if (rename(fresh, path) == 0)
		return 0;
	error = errno;
	unlink(fresh);
	errno = error;
	return -1;
}

/* @anew: in place of whatever is pinned there. Return: how many were pinned, or -errno. */
static int pin(const struct loader *loader, const char *path, int fd, bool anew,
	       struct error *error)
{
	int there = anew ? 0 : is_pinned(path, fd);

	if (there == 1)
		return 0;
	if (there == -EBUSY)
		return error_set(
			error, there,
			"%s is another reflexd's by now, perhaps in a container: give one of "
			"them another --instance",
			path);
	if (there < 0 || (anew ? pin_over(loader, path, fd) : bpf_obj_pin(fd, path)))
		return error_set(error, -errno, "cannot pin %s: %s", path, strerror(errno));
	return 1;
}

/* Pin all that the process holds, or what is missing. @anew, Return: as for pin. */
static int pin_all(const struct loader *loader, bool anew, struct error *error)
{
	struct pin list[PINS];
	char path[PIN_MAX];
	int pinned = 0, r = 0;

	list_pins(loader, list);
	for (size_t i = 0; i < PINS && r >= 0; i++) {
		pins_path(path, loader, list[i].name);
		r = pin(loader, path, list[i].fd, anew, error);
		pinned += r;
	}
	for (size_t i = 0; i < loader->count && r >= 0; i++) {
		pins_link_path(path, loader, loader->attachments[i].name);
		r = pin(loader, path, loader->attachments[i].link, anew, error);
		pinned += r;
	}
	return r < 0 ? r : pinned;
}

int pins_create(const struct loader *loader, struct error *error)
{
	int r = pin_all(loader, true, error);

	return r < 0 ? r : 0;
}

int loader_keep_pins(struct loader *loader, struct error *error)
{
	bool lost = !same_folder(loader);
	int r = lost ? pins_claim(loader, error) : 0;

	return r < 0 ? r : pin_all(loader, lost, error);
}

int pins_remove_one(const char *path, int fd)
{
	int there = fd >= 0 ? is_pinned(path, fd) : 1;

	if (there < 0)
		return there == -EBUSY ? 0 : there;
	return there && unlink(path) && errno != ENOENT ? -errno : 0;
}

void pins_remove(const struct loader *loader)
{
	struct pin list[PINS];
	char path[PIN_MAX];

	list_pins(loader, list);
	for (size_t i = 0; i < PINS; i++) {
		pins_path(path, loader, list[i].name);
		pins_remove_one(path, list[i].fd);
	}
	pins_remove_folders(loader);
}
