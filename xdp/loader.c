// SPDX-License-Identifier: BSD-2-Clause
#include "loader.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/magic.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "interface.h"
#include "netlink.h"
#include "xdp_state.h"

#include "responder.skel.h" /* needs the types of state.h */

#define BPFFS	 "/sys/fs/bpf"
#define PIN_ROOT BPFFS "/reflex"
#define NETNS	 "/run/netns/"
#define PINS	 4 /* besides the links */

/* The folder of an instance, the path of a pin in it, and a name beside that. */
#define FOLDER_MAX (sizeof(PIN_ROOT) + 1 + NAME_MAX)
#define PIN_MAX	   (FOLDER_MAX + sizeof("/link_") + NAME_MAX)

#define DISPATCHED_MAX 10 /* programs that libxdp's dispatcher has room for */

/* Where a link is attached, as seen from this network namespace. */
enum place {
	PLACE_NONE,
	PLACE_HERE,
	PLACE_ELSEWHERE,
	PLACE_UNKNOWN,
};

struct attachment {
	char name[IF_NAMESIZE];
	unsigned int index;
	uint32_t lane;
	int link; /* file descriptor */
	enum loader_mode mode;
	bool adopted;
	bool replaced;
};

struct loader {
	char pins[FOLDER_MAX]; /* folder of the instance's pins */
	struct stat folder;    /* it, when all were made */
	int netlink;	       /* to ask for interfaces */
	struct responder_bpf *skeleton;
	uint32_t program;	/* its id */
	struct generation next; /* what the coming flip puts in force */
	int barrier;		/* a map of maps, to wait with; while it is there, so are we */
	struct attachment attachments[LOADER_INTERFACES_MAX];
	size_t count;
	struct lane *lanes; /* one a CPU, to read counters into */
	int cpus;
};

/* libbpf's own words help only who knows BPF; they are shown when asked for. */
static int print_libbpf(enum libbpf_print_level level, const char *format, va_list arguments)
{
	if (level == LIBBPF_DEBUG || !getenv("REFLEX_LIBBPF_LOG"))
		return 0;
	return vfprintf(stderr, format, arguments);
}

/* bpffs refuses dots in names. There is room for those of interfaces and instances, all dots. */
static void escape(char to[NAME_MAX + 1], const char *from)
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

static void pin_path(char path[PIN_MAX], const struct loader *loader, const char *name)
{
	snprintf(path, PIN_MAX, "%s/%s", loader->pins, name);
}

static void link_path(char path[PIN_MAX], const struct loader *loader, const char *interface)
{
	char escaped[NAME_MAX + 1];

	escape(escaped, interface);
	snprintf(path, PIN_MAX, "%s/link_%s", loader->pins, escaped);
}

static int check_kernel(struct error *reason)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	if (uname(&name))
		return error_set(reason, -errno, "the kernel's version cannot be read: %s",
				 strerror(errno));
	sscanf(name.release, "%u.%u", &major, &minor);
	if (major < 5 || (major == 5 && minor < 19))
		return error_set(
			reason, -EOPNOTSUPP,
			"kernel %s is too old: only Linux 5.19 or newer lets a daemon without "
			"capabilities go on using its BPF program",
			name.release);
	if (bpf_prog_get_fd_by_id(0) < 0 && errno == ENOSYS)
		return error_set(reason, -EOPNOTSUPP, "this kernel is built without BPF");
	return 0;
}

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
	return name[0] && !access(path, F_OK);
}

static int check_bpffs(struct error *reason)
{
	char name[NAME_MAX + 1];
	struct statfs info;

	if (!statfs(BPFFS, &info) && (unsigned long)info.f_type == BPF_FS_MAGIC)
		return 0;
	if (under_ip_netns(name))
		return error_set(reason, -ENODEV,
				 "`ip netns exec` hides bpffs, without which the program ends with "
				 "reflexd: start it by `nsenter --net=" NETNS "%s` instead",
				 name);
	return error_set(reason, -ENODEV,
			 "bpffs is not mounted on " BPFFS ": run `mount -t bpf bpf " BPFFS "`");
}

static int fail_folder(const struct loader *loader, const char *path, struct error *reason)
{
	int error = -errno;

	if (geteuid() == 0 || (error != -EACCES && error != -EPERM))
		return error_set(reason, error, "cannot make %s: %s", path, strerror(-error));
	return error_set(reason, error,
			 "cannot make %s: %s; run as root, or let root hand a folder over: "
			 "`%sinstall -d -o %u %s`",
			 path, strerror(-error),
			 access(BPFFS, X_OK) ? "chmod a+x " BPFFS " && " : "", geteuid(),
			 loader->pins);
}

/* Anyone may make folders in a bpffs that is mounted without a mode, and change what is in them. */
static int make_folder(const struct loader *loader, const char *path, struct error *reason)
{
	struct stat made;

	if ((mkdir(path, 0755) && errno != EEXIST) || lstat(path, &made))
		return fail_folder(loader, path, reason);
	if (S_ISDIR(made.st_mode) && (made.st_uid == 0 || made.st_uid == geteuid()) &&
	    !(made.st_mode & (S_IWGRP | S_IWOTH)))
		return 0;
	return error_set(
		reason, -EEXIST,
		"%s can be changed by others than root and user %u (owner %u, mode %o), and so "
		"can what is pinned there: as root, remove it, or run `chown %u %s && chmod "
		"755 %s`",
		path, geteuid(), made.st_uid, made.st_mode & 07777,
		strcmp(path, PIN_ROOT) ? geteuid() : 0, path, path);
}

static int make_folders(const struct loader *loader, struct error *reason)
{
	char path[PIN_MAX];
	int error = make_folder(loader, PIN_ROOT, reason);

	pin_path(path, loader, STATE_LAYOUT);
	if (!error)
		error = make_folder(loader, loader->pins, reason);
	return error ? error : make_folder(loader, path, reason);
}

/* bpffs may have been mounted anew since. */
static bool same_folder(const struct loader *loader)
{
	struct stat now;

	return !stat(loader->pins, &now) && now.st_dev == loader->folder.st_dev &&
	       now.st_ino == loader->folder.st_ino;
}

/* Where they are empty. */
static void remove_folders(const struct loader *loader)
{
	char path[PIN_MAX];

	pin_path(path, loader, STATE_LAYOUT);
	rmdir(path);
	rmdir(loader->pins);
	rmdir(PIN_ROOT);
}

/* Go on with a pinned map of the same shape; one of another shape is left to its owner. */
static void reuse_map(const struct loader *loader, struct bpf_map *map)
{
	struct bpf_map_info info = {0};
	__u32 size = sizeof(info);
	char path[PIN_MAX], name[64];
	int fd;

	snprintf(name, sizeof(name), STATE_LAYOUT "/%s", bpf_map__name(map));
	pin_path(path, loader, name);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return;
	if (!bpf_obj_get_info_by_fd(fd, &info, &size) && info.type == bpf_map__type(map) &&
	    info.value_size == bpf_map__value_size(map) &&
	    info.max_entries == bpf_map__max_entries(map))
		bpf_map__reuse_fd(map, fd);
	close(fd);
}

/* What is told first of a program, a map or a link. */
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

static int load(struct loader *loader, struct error *reason)
{
	int error;

	loader->skeleton = responder_bpf__open();
	if (!loader->skeleton)
		return error_set(reason, -errno, "cannot open the BPF object: %s", strerror(errno));
	reuse_map(loader, loader->skeleton->maps.lanes);
	reuse_map(loader, loader->skeleton->maps.names);
	error = responder_bpf__load(loader->skeleton);
	if (error == -EPERM)
		return error_set(
			reason, error,
			"not permitted to load a BPF program: run as root, or with CAP_BPF, "
			"CAP_NET_ADMIN and CAP_PERFMON");
	if (error)
		return error_set(
			reason, error,
			"the kernel refused the BPF program: %s; REFLEX_LIBBPF_LOG=1 in the "
			"environment shows its reasons",
			strerror(-error));
	/* libbpf finds out by trying whether maps can be mapped, and takes any error for a no. */
	if (!loader->skeleton->bss)
		return error_set(
			reason, -ENOMEM,
			"the memory of the BPF program cannot be mapped: too little memory was "
			"left, or a filter of system calls forbids a part of bpf(2); free some "
			"memory, then start again");
	loader->program = identify(bpf_program__fd(loader->skeleton->progs.responder)).id;
	if (!loader->program)
		return error_set(reason, -errno, "the BPF program's id cannot be read: %s",
				 strerror(errno));
	return 0;
}

static int create_barrier(struct loader *loader, struct error *reason)
{
	LIBBPF_OPTS(bpf_map_create_opts, options,
		    .inner_map_fd = (__u32)bpf_map__fd(loader->skeleton->maps.names));

	loader->barrier = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "barrier", sizeof(uint32_t),
					 sizeof(uint32_t), 1, &options);
	return loader->barrier < 0
		       ? error_set(reason, -errno, "cannot make a map: %s", strerror(errno))
		       : 0;
}

/* It takes the place of what is pinned there, which stays after an error. What a crash leaves in
 * between has no name of a link. */
static int pin_over(const struct loader *loader, const char *path, int fd)
{
	char fresh[PIN_MAX];
	int error;

	pin_path(fresh, loader, "new");
	unlink(fresh);
	if (bpf_obj_pin(fd, fresh))
		return -1;
	if (!rename(fresh, path))
		return 0;
	error = errno;
	unlink(fresh);
	errno = error;
	return -1;
}

struct pin {
	const char *name;
	int fd; /* -1 where the process holds nothing */
};

static void list_pins(const struct loader *loader, struct pin list[PINS])
{
	const struct responder_bpf *held = loader->skeleton;

	list[0] = (struct pin){"program", held ? bpf_program__fd(held->progs.responder) : -1};
	list[1] = (struct pin){STATE_LAYOUT "/lanes", held ? bpf_map__fd(held->maps.lanes) : -1};
	list[2] = (struct pin){STATE_LAYOUT "/names", held ? bpf_map__fd(held->maps.names) : -1};
	list[3] = (struct pin){STATE_LAYOUT "/state", held ? bpf_map__fd(held->maps.bss) : -1};
}

/* Return: 1 where it is pinned there, 0 where nothing is, -EBUSY where something else is, -errno.
 */
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

/* Return: how many were pinned, or -errno. */
static int pin(const struct loader *loader, const char *path, int fd, bool anew,
	       struct error *reason)
{
	int there = anew ? 0 : is_pinned(path, fd);

	if (there == 1)
		return 0;
	if (there == -EBUSY)
		return error_set(
			reason, there,
			"%s is another reflexd's by now, perhaps in a container: give one of "
			"them another --instance",
			path);
	if (there < 0 || (anew ? pin_over(loader, path, fd) : bpf_obj_pin(fd, path)))
		return error_set(reason, -errno, "cannot pin %s: %s", path, strerror(errno));
	return 1;
}

/* What is in the place of a pin goes, or, where the process holds something, only that. */
static int unpin(const char *path, int fd)
{
	int there = fd >= 0 ? is_pinned(path, fd) : 1;

	if (there < 0)
		return there == -EBUSY ? 0 : there;
	return there && unlink(path) && errno != ENOENT ? -errno : 0;
}

/* Pins what the process holds: all, or what is missing. Return: as pin. */
static int pin_all(const struct loader *loader, bool anew, struct error *reason)
{
	struct pin list[PINS];
	char path[PIN_MAX];
	int pinned = 0, r = 0;

	list_pins(loader, list);
	for (size_t i = 0; i < PINS && r >= 0; i++) {
		pin_path(path, loader, list[i].name);
		r = pin(loader, path, list[i].fd, anew, reason);
		pinned += r;
	}
	for (size_t i = 0; i < loader->count && r >= 0; i++) {
		link_path(path, loader, loader->attachments[i].name);
		r = pin(loader, path, loader->attachments[i].link, anew, reason);
		pinned += r;
	}
	return r < 0 ? r : pinned;
}

/*
 * The lock in /run does not keep apart containers that have a /run each and share bpffs. So the
 * names, in the place of lane 0's, hold the id of a map that is gone when its process is.
 */
static bool owner_lives(const struct loader *loader)
{
	char path[PIN_MAX], name[STATE_NAME_MAX] = "";
	uint32_t lane = 0, id = 0;
	int names, owner = -1;

	pin_path(path, loader, STATE_LAYOUT "/names");
	names = bpf_obj_get(path);
	if (names < 0)
		return false;
	if (!bpf_map_lookup_elem(names, &lane, name))
		memcpy(&id, name, sizeof(id));
	if (id)
		owner = bpf_map_get_fd_by_id(id); /* as root; others cannot tell */
	if (owner >= 0)
		close(owner);
	close(names);
	return owner >= 0;
}

static int fail_owned(const struct loader *loader, struct error *reason)
{
	return error_set(
		reason, -EBUSY,
		"%s is in use by another reflexd, perhaps in a container: stop that, or take "
		"another --instance",
		loader->pins);
}

static int own_pins(const struct loader *loader, struct error *reason)
{
	uint32_t lane = 0, id = identify(loader->barrier).id;
	char name[STATE_NAME_MAX] = "";

	memcpy(name, &id, sizeof(id));
	if (!id ||
	    bpf_map_update_elem(bpf_map__fd(loader->skeleton->maps.names), &lane, name, BPF_ANY))
		return error_set(reason, -errno, "cannot write a map: %s", strerror(errno));
	return 0;
}

/*
 * An index says nothing of a namespace, and the kernel does not tell a link's. But each process
 * loads a program of its own and attaches it in its own namespace. So a link is of ours where our
 * interface of its index runs the link's program.
 */
static enum place find_link(const struct loader *loader, int link, struct bpf_link_info *info)
{
	struct interface interface;
	__u32 size = sizeof(*info);
	int r;

	memset(info, 0, sizeof(*info));
	if (bpf_obj_get_info_by_fd(link, info, &size))
		return PLACE_UNKNOWN;
	if (info->type != BPF_LINK_TYPE_XDP)
		return PLACE_ELSEWHERE;
	if (!info->xdp.ifindex)
		return PLACE_NONE;
	r = interface_by_index(loader->netlink, info->xdp.ifindex, &interface);
	if (r < 0 && r != -ENODEV)
		return PLACE_UNKNOWN;
	return r == 0 && interface.program == info->prog_id ? PLACE_HERE : PLACE_ELSEWHERE;
}

static enum place find_pinned(const struct loader *loader, const char *path, unsigned int *index)
{
	struct bpf_link_info info = {0};
	int link = bpf_obj_get(path);
	enum place place;

	if (link < 0)
		return errno == ENOENT ? PLACE_NONE : PLACE_UNKNOWN;
	place = find_link(loader, link, &info);
	*index = place == PLACE_HERE ? info.xdp.ifindex : 0;
	close(link);
	return place;
}

static int fail_elsewhere(const char *path, struct error *reason)
{
	return error_set(
		reason, -EBUSY,
		"%s belongs to another network namespace, where its program goes on "
		"answering: take another --instance here; if it is of no use any more, `rm %s` "
		"ends it",
		path, path);
}

/* The folder is not shared with an instance of another namespace, or counters would be too. */
static int refuse_elsewhere(const struct loader *loader, struct error *reason)
{
	DIR *folder = opendir(loader->pins);
	const struct dirent *entry;
	char path[PIN_MAX];
	unsigned int index;
	int error = 0;

	while (folder && !error && (entry = readdir(folder))) {
		if (strncmp(entry->d_name, "link_", 5))
			continue;
		pin_path(path, loader, entry->d_name);
		if (find_pinned(loader, path, &index) == PLACE_ELSEWHERE)
			error = fail_elsewhere(path, reason);
	}
	if (folder)
		closedir(folder);
	return error;
}

/* Pins may only be made where no other reflexd has any. */
static int claim_pins(struct loader *loader, struct error *reason)
{
	int error = check_bpffs(reason);

	if (!error)
		error = make_folders(loader, reason);
	if (!error)
		error = refuse_elsewhere(loader, reason);
	if (!error && stat(loader->pins, &loader->folder))
		error = error_set(reason, -errno, "cannot look at %s: %s", loader->pins,
				  strerror(errno));
	return error;
}

int loader_keep_pins(struct loader *loader, struct error *reason)
{
	bool lost = !same_folder(loader);
	int error = lost ? claim_pins(loader, reason) : 0;

	return error ? error : pin_all(loader, lost, reason);
}

/* Finds a pinned link whose interface has another name by now, and no pin of that name: its pin,
 * and the interface's name. */
static bool find_renamed(const struct loader *loader, char pin[NAME_MAX + 1],
			 char name[IF_NAMESIZE])
{
	char path[PIN_MAX], right[PIN_MAX];
	DIR *folder = opendir(loader->pins);
	const struct dirent *entry;
	bool found = false;

	while (folder && !found && (entry = readdir(folder))) {
		unsigned int index, there;

		if (strncmp(entry->d_name, "link_", 5))
			continue;
		pin_path(path, loader, entry->d_name);
		if (find_pinned(loader, path, &index) == PLACE_HERE &&
		    if_indextoname(index, name)) {
			link_path(right, loader, name);
			found = strcmp(path, right) &&
				(find_pinned(loader, right, &there) != PLACE_HERE ||
				 there != index);
		}
		snprintf(pin, NAME_MAX + 1, "%s", entry->d_name);
	}
	if (folder)
		closedir(folder);
	return found;
}

/* The lane of the pin's interface goes by the name from now on, and the name's by the old one. */
static void rename_lane(const struct loader *loader, const char *pin, const char *name)
{
	int names = bpf_map__fd(loader->skeleton->maps.names);
	char from[STATE_NAME_MAX] = "", to[STATE_NAME_MAX] = "", escaped[NAME_MAX + 1];
	uint32_t old = 0, new = 0;

	for (uint32_t lane = 1; lane < STATE_LANES; lane++) {
		if (bpf_map_lookup_elem(names, &lane, to))
			return;
		escape(escaped, to);
		if (!strcmp(escaped, pin + strlen("link_"))) {
			memcpy(from, to, sizeof(from));
			old = lane;
		}
		if (!strcmp(to, name))
			new = lane;
	}
	if (!old)
		return;
	memset(to, 0, sizeof(to));
	snprintf(to, sizeof(to), "%s", name);
	bpf_map_update_elem(names, &old, to, BPF_ANY);
	if (new)
		bpf_map_update_elem(names, &new, from, BPF_ANY);
}

/* Interfaces may have been renamed, swapped even: their links' pins and their counters follow. */
static void follow_names(const struct loader *loader)
{
	char pin[NAME_MAX + 1], name[IF_NAMESIZE], path[PIN_MAX], right[PIN_MAX];

	while (find_renamed(loader, pin, name)) {
		pin_path(path, loader, pin);
		link_path(right, loader, name);
		if (renameat2(AT_FDCWD, path, AT_FDCWD, right,
			      access(right, F_OK) ? RENAME_NOREPLACE : RENAME_EXCHANGE))
			return;
		rename_lane(loader, pin, name);
	}
}

static int fail_netlink(const struct loader *loader, struct error *reason)
{
	return error_set(reason, loader->netlink, "no rtnetlink socket: %s",
			 strerror(-loader->netlink));
}

static void name_pins(struct loader *loader, const char *instance)
{
	char escaped[NAME_MAX + 1];

	escape(escaped, instance);
	snprintf(loader->pins, sizeof(loader->pins), PIN_ROOT "/%s", escaped);
}

static struct loader *create_empty(const char *instance)
{
	struct loader *loader = calloc(1, sizeof(*loader));

	if (!loader)
		return NULL;
	name_pins(loader, instance);
	loader->next.multiplier = 1;
	loader->barrier = -1;
	loader->netlink = netlink_open();
	return loader;
}

int loader_create(struct loader **created, const char *instance, struct error *reason)
{
	struct loader *loader = create_empty(instance);
	int error;

	if (!loader)
		return error_set(reason, -ENOMEM, "out of memory");
	libbpf_set_print(print_libbpf);
	loader->cpus = libbpf_num_possible_cpus();
	loader->lanes =
		calloc((size_t)(loader->cpus > 0 ? loader->cpus : 1), sizeof(*loader->lanes));
	error = loader->lanes ? check_kernel(reason) : error_set(reason, -ENOMEM, "out of memory");
	if (!error && loader->cpus < 0)
		error = error_set(
			reason, loader->cpus,
			"/sys/devices/system/cpu/possible cannot be read: %s; where sysfs is "
			"not mounted, run `mount -t sysfs sysfs /sys`",
			strerror(-loader->cpus));
	if (!error && loader->netlink < 0)
		error = fail_netlink(loader, reason);
	if (!error && owner_lives(loader))
		error = fail_owned(loader, reason);
	if (!error)
		error = claim_pins(loader, reason);
	if (!error)
		error = load(loader, reason);
	if (!error)
		error = create_barrier(loader, reason);
	if (!error)
		error = own_pins(loader, reason);
	if (!error)
		error = pin_all(loader, true, reason);
	if (error < 0) {
		if (loader->skeleton)
			loader_detach(loader);
		else /* what is pinned is an earlier process's */
			remove_folders(loader);
		loader_destroy(loader);
		return error;
	}
	follow_names(loader);
	*created = loader;
	return 0;
}

/*
 * Write the idle generation, flip, and wait until no CPU runs in the other: updating a map of maps
 * ends with synchronize_rcu(), and XDP programs run inside RCU read sides. It takes no capability,
 * and unlike membarrier(2) works with nohz_full too. Any map serves as the inner one.
 */
static void flip(struct loader *loader)
{
	int inner = bpf_map__fd(loader->skeleton->maps.names);
	struct state *state = &loader->skeleton->bss->state;
	uint32_t idle = !state->active, key = 0;

	memcpy(&state->generation[idle], &loader->next, sizeof(loader->next));
	__atomic_store_n(&state->active, idle, __ATOMIC_RELEASE);
	bpf_map_update_elem(loader->barrier, &key, &inner, BPF_ANY);
}

void loader_set_policy(struct loader *loader, const struct policy *policy)
{
	loader->next.policy = *policy;
	flip(loader);
}

/* Place all attachments without a collision; there is always a multiplier that does. */
static void build_table(struct loader *loader)
{
	struct generation *next = &loader->next;

	for (uint32_t multiplier = 0x9e3779b1u;; multiplier += 2) {
		size_t placed = 0;

		memset(next->interface, 0, sizeof(next->interface));
		next->multiplier = multiplier;
		for (; placed < loader->count; placed++) {
			const struct attachment *attachment = &loader->attachments[placed];
			struct state_interface *entry =
				&next->interface[state_hash(attachment->index, multiplier)];

			if (entry->index)
				break;
			entry->index = attachment->index;
			entry->lane = attachment->lane;
		}
		if (placed == loader->count)
			return;
	}
}

static bool lane_in_use(const struct loader *loader, uint32_t lane)
{
	for (size_t i = 0; i < loader->count; i++) {
		if (loader->attachments[i].lane == lane)
			return true;
	}
	return false;
}

/*
 * A lane that nobody used yet, else one of an interface that is not served any more, else one that
 * an earlier process's program still counts in.
 */
static uint32_t free_lane(const struct loader *loader, int names)
{
	char name[STATE_NAME_MAX];
	uint32_t spare = 0, left = 0;

	for (uint32_t lane = 1; lane < STATE_LANES; lane++) {
		if (lane_in_use(loader, lane))
			continue;
		if (bpf_map_lookup_elem(names, &lane, name) || !name[0])
			return lane;
		if (loader_left(loader, name))
			left = lane;
		else
			spare = lane;
	}
	return spare ? spare : left;
}

/* The lane that bears the interface's name, so that it goes on counting; else a fresh one. */
static int choose_lane(struct loader *loader, const char *interface, uint32_t *lane)
{
	int names = bpf_map__fd(loader->skeleton->maps.names);
	char name[STATE_NAME_MAX] = "";

	for (*lane = 1; *lane < STATE_LANES; (*lane)++) {
		if (bpf_map_lookup_elem(names, lane, name))
			return -errno;
		if (!strncmp(name, interface, sizeof(name)))
			return 0;
	}
	*lane = free_lane(loader, names);
	memset(loader->lanes, 0, (size_t)loader->cpus * sizeof(*loader->lanes));
	memset(name, 0, sizeof(name));
	snprintf(name, sizeof(name), "%s", interface);
	if (bpf_map_update_elem(bpf_map__fd(loader->skeleton->maps.lanes), lane, loader->lanes,
				BPF_ANY) ||
	    bpf_map_update_elem(names, lane, name, BPF_ANY))
		return -errno;
	return 0;
}

static int interface_ioctl(const char *name, unsigned long request, struct ifreq *ifreq)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), result;

	if (fd < 0)
		return -1;
	snprintf(ifreq->ifr_name, sizeof(ifreq->ifr_name), "%s", name);
	result = ioctl(fd, request, ifreq);
	close(fd);
	return result;
}

static const char *driver_name(const char *interface, struct ethtool_drvinfo *info)
{
	struct ifreq ifreq = {.ifr_data = (void *)info};

	memset(info, 0, sizeof(*info));
	info->cmd = ETHTOOL_GDRVINFO;
	if (interface_ioctl(interface, SIOCETHTOOL, &ifreq) || !info->driver[0])
		return "unknown";
	return info->driver;
}

static int mtu(const char *interface)
{
	struct ifreq ifreq = {0};

	return interface_ioctl(interface, SIOCGIFMTU, &ifreq) ? 0 : ifreq.ifr_mtu;
}

/* Closes the program. */
static void program_name(int fd, char name[BPF_OBJ_NAME_LEN])
{
	struct bpf_prog_info info = {0};
	__u32 size = sizeof(info);

	if (fd >= 0) {
		bpf_obj_get_info_by_fd(fd, &info, &size);
		close(fd);
	}
	snprintf(name, BPF_OBJ_NAME_LEN, "%s", info.name[0] ? info.name : "unnamed");
}

/* The programs that libxdp's dispatcher calls: libxdp pins them one by one, below bpffs's root. */
static int fail_dispatcher(const char *interface, unsigned int index, uint32_t id,
			   struct error *reason)
{
	char path[PATH_MAX], names[DISPATCHED_MAX * (BPF_OBJ_NAME_LEN + 2)] = "";
	char name[BPF_OBJ_NAME_LEN];
	size_t length = 0;

	for (int i = 0; i < DISPATCHED_MAX; i++) {
		int fd;

		snprintf(path, sizeof(path), BPFFS "/xdp/dispatch-%u-%u/prog%d-prog", index, id, i);
		fd = bpf_obj_get(path);
		if (fd < 0)
			break;
		program_name(fd, name);
		length += (size_t)snprintf(names + length, sizeof(names) - length, "%s%s",
					   length ? ", " : "", name);
	}
	return error_set(
		reason, -EBUSY,
		"%s: the XDP dispatcher of libxdp is attached (id %u), with these programs: "
		"%s; `xdp-loader unload %s --all` ends it and them",
		interface, id, length ? names : "unknown", interface);
}

/* The program that holds the interface, by name where the kernel tells. */
static int fail_busy(const struct loader *loader, const char *interface, unsigned int index,
		     struct error *reason)
{
	struct interface there = {0};
	char name[BPF_OBJ_NAME_LEN];

	interface_by_index(loader->netlink, index, &there);
	program_name(bpf_prog_get_fd_by_id(there.program), name);
	if (!strcmp(name, "xdp_dispatcher"))
		return fail_dispatcher(interface, index, there.program, reason);
	return error_set(
		reason, -EBUSY,
		"%s: another XDP program is attached: %s (id %u); `bpftool net show dev %s` "
		"shows it, stop its owner or detach it first",
		interface, name, there.program, interface);
}

static const char *likely_cause(int error, const char *driver)
{
	bool veth = !strcmp(driver, "veth");

	if (veth && error == -ERANGE)
		return "the MTU of the veth pair's other end is over 3,500: lower that one";
	if (veth && error == -ENOSPC)
		return "the veth pair's other end has more transmit queues than this one has "
		       "receive queues: `ethtool -L` changes them";
	return "usual causes: MTU over 3,000, LRO on, too few queues; the kernel log names it";
}

/* bpf_link_create returns an errno and no text, so the likely cause is said here. */
static int fail_attach(const struct loader *loader, int error, const char *interface,
		       unsigned int index, enum loader_mode mode, struct error *reason)
{
	const char *how = mode == LOADER_GENERIC ? "generic" : "native";
	struct ethtool_drvinfo info;
	const char *driver = driver_name(interface, &info);

	switch (error) {
	case -EBUSY:
	case -EEXIST:
		return fail_busy(loader, interface, index, reason);
	case -EPERM:
		return error_set(reason, error,
				 "%s: not permitted to attach: run as root, or with CAP_NET_ADMIN",
				 interface);
	case -EOPNOTSUPP:
		return error_set(
			reason, error,
			"%s: its driver (%s) has no native XDP; `mode: generic` works on any "
			"interface, but slower",
			interface, driver);
	default:
		return error_set(reason, error,
				 "%s: the kernel refused %s XDP (driver %s, MTU %d): %s; %s",
				 interface, how, driver, mtu(interface), strerror(-error),
				 likely_cause(error, driver));
	}
}

static enum loader_mode mode_in_force(const struct loader *loader, unsigned int index)
{
	struct interface interface = {0};

	interface_by_index(loader->netlink, index, &interface);
	return interface.generic ? LOADER_GENERIC : LOADER_NATIVE;
}

/*
 * Take over the link that an earlier process left, if it still serves this interface. One of
 * another mode must end before there can be a new one.
 */
static int adopt(const struct loader *loader, struct attachment *attachment, enum loader_mode mode,
		 struct error *reason)
{
	struct bpf_link_info info;
	char path[PIN_MAX];
	enum place place;
	int link;

	link_path(path, loader, attachment->name);
	link = bpf_obj_get(path);
	if (link < 0)
		return -ENOENT;
	place = find_link(loader, link, &info);
	if (place == PLACE_ELSEWHERE) {
		close(link);
		return fail_elsewhere(path, reason);
	}
	attachment->link = link;
	attachment->mode = mode_in_force(loader, attachment->index);
	attachment->adopted = place == PLACE_HERE && info.xdp.ifindex == attachment->index;
	if (attachment->adopted && (mode == LOADER_AUTO || mode == attachment->mode) &&
	    !bpf_link_update(link, bpf_program__fd(loader->skeleton->progs.responder), NULL))
		return 0;
	attachment->replaced = attachment->adopted;
	bpf_link_detach(link);
	unlink(path);
	close(link);
	return -ENOENT;
}

bool loader_left(const struct loader *loader, const char *name)
{
	char path[PIN_MAX];
	unsigned int index;

	link_path(path, loader, name);
	return find_pinned(loader, path, &index) == PLACE_HERE;
}

static int create_link(const struct loader *loader, struct attachment *attachment,
		       enum loader_mode mode, struct error *reason)
{
	LIBBPF_OPTS(bpf_link_create_opts, options,
		    .flags = mode == LOADER_GENERIC ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE);

	attachment->mode = mode;
	attachment->link = bpf_link_create(bpf_program__fd(loader->skeleton->progs.responder),
					   (int)attachment->index, BPF_XDP, &options);
	return attachment->link < 0 ? fail_attach(loader, -errno, attachment->name,
						  attachment->index, mode, reason)
				    : 0;
}

static int attach_anew(const struct loader *loader, struct attachment *attachment,
		       enum loader_mode mode, struct error *reason)
{
	char path[PIN_MAX];
	int error;

	error = create_link(loader, attachment, mode == LOADER_AUTO ? LOADER_NATIVE : mode, reason);
	if (error && mode == LOADER_AUTO && error != -EBUSY && error != -EEXIST)
		error = create_link(loader, attachment, LOADER_GENERIC, reason);
	if (error)
		return error;
	link_path(path, loader, attachment->name);
	if (bpf_obj_pin(attachment->link, path)) {
		error = -errno;
		close(attachment->link);
		return error_set(reason, error, "cannot pin %s: %s", path, strerror(-error));
	}
	return 0;
}

static int attach(const struct loader *loader, struct attachment *attachment, enum loader_mode mode,
		  struct error *reason)
{
	struct error ignored;
	enum loader_mode left;
	int error;

	error = adopt(loader, attachment, mode, reason);
	if (error != -ENOENT)
		return error;
	left = attachment->mode;
	error = attach_anew(loader, attachment, mode, reason);
	/* The interface goes on being answered, as before. */
	if (error && attachment->adopted && !attach_anew(loader, attachment, left, &ignored))
		close(attachment->link);
	return error;
}

/* The kernel attaches to other devices as well, in generic mode, but the program reads frames. */
static int check_ethernet(const struct loader *loader, const struct attachment *attachment,
			  struct error *reason)
{
	struct ethtool_drvinfo info;
	struct interface there;

	if (interface_by_index(loader->netlink, attachment->index, &there) || there.ethernet)
		return 0;
	return error_set(reason, -EPROTONOSUPPORT,
			 "%s: its packets have no Ethernet header (driver %s), and XDP needs one: "
			 "`dataplane: socket` answers there",
			 attachment->name, driver_name(attachment->name, &info));
}

int loader_attach(struct loader *loader, const char *name, enum loader_mode mode,
		  struct error *reason)
{
	struct attachment *attachment = &loader->attachments[loader->count];
	char primary[IF_NAMESIZE];
	struct ifreq ifreq = {0};
	int error;

	if (loader->count == LOADER_INTERFACES_MAX)
		return error_set(reason, -E2BIG, "more than %d interfaces", LOADER_INTERFACES_MAX);
	reason->text[0] = '\0';
	memset(attachment, 0, sizeof(*attachment));
	snprintf(attachment->name, sizeof(attachment->name), "%s", name);
	attachment->index = if_nametoindex(name);
	if (!attachment->index && errno != ENODEV)
		return error_set(reason, -errno, "%s: cannot be looked up: %s", name,
				 strerror(errno));
	if (!attachment->index)
		return error_set(
			reason, -ENODEV,
			"%s: no such interface in this network namespace; `ip link` shows them",
			name);
	if (if_indextoname(attachment->index, primary) && strcmp(primary, name))
		return error_set(reason, -ENODEV, "%s is another name of %s: use that", name,
				 primary);
	if (!interface_ioctl(name, SIOCGIFFLAGS, &ifreq) && ifreq.ifr_flags & IFF_LOOPBACK)
		return error_set(
			reason, -EOPNOTSUPP,
			"%s: the loopback has no native XDP, and its clients are local: name the "
			"interface that clients come in by",
			name);
	error = check_ethernet(loader, attachment, reason);
	if (error)
		return error;
	error = choose_lane(loader, name, &attachment->lane);
	if (error)
		return error_set(reason, error, "%s: cannot set up its counters: %s", name,
				 strerror(-error));
	loader->count++;
	build_table(loader);
	flip(loader);
	error = attach(loader, attachment, mode, reason);
	if (error) {
		loader->count--;
		build_table(loader);
	}
	return error;
}

size_t loader_interface_count(const struct loader *loader)
{
	return loader->count;
}

struct loader_interface loader_interface_get(const struct loader *loader, size_t position)
{
	const struct attachment *attachment = &loader->attachments[position];

	return (struct loader_interface){
		.name = attachment->name,
		.index = attachment->index,
		.mode = attachment->mode,
		.adopted = attachment->adopted,
		.replaced = attachment->replaced,
	};
}

/* Whether its name is that of an interface by now that the program is not attached to. */
static bool has_lost_name(const struct loader *loader, const struct attachment *attachment)
{
	struct interface named;

	if (loader->netlink < 0 || interface_by_name(loader->netlink, attachment->name, &named) < 0)
		return false;
	for (size_t i = 0; i < loader->count; i++)
		if (loader->attachments[i].index == named.index)
			return false;
	return true;
}

bool loader_interface_live(const struct loader *loader, size_t position)
{
	const struct attachment *attachment = &loader->attachments[position];
	struct bpf_link_info info;
	enum place place = find_link(loader, attachment->link, &info);

	return (place == PLACE_HERE || place == PLACE_UNKNOWN) &&
	       info.xdp.ifindex == attachment->index && info.prog_id == loader->program &&
	       !has_lost_name(loader, attachment);
}

int loader_read(struct loader *loader, size_t position, struct counters *counters)
{
	uint32_t lane = loader->attachments[position].lane;

	memset(counters, 0, sizeof(*counters));
	if (bpf_map_lookup_elem(bpf_map__fd(loader->skeleton->maps.lanes), &lane, loader->lanes))
		return -errno;
	for (int cpu = 0; cpu < loader->cpus; cpu++)
		counters_add(counters, &loader->lanes[cpu].counters);
	return 0;
}

int loader_run(struct loader *loader, void *frame, size_t *length, size_t capacity)
{
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = (__u32)*length,
		    .data_out = frame, .data_size_out = (__u32)capacity, .repeat = 1);
	int error =
		bpf_prog_test_run_opts(bpf_program__fd(loader->skeleton->progs.responder), &run);

	if (error)
		return error;
	*length = run.data_size_out;
	return (int)run.retval;
}

static bool is_attached(const struct loader *loader, const char *pin_name)
{
	char path[PIN_MAX];

	for (size_t i = 0; i < loader->count; i++) {
		link_path(path, loader, loader->attachments[i].name);
		if (!strcmp(strrchr(path, '/') + 1, pin_name))
			return true;
	}
	return false;
}

/* Finds a pinned link that is not one of this process's, and its name in the folder: any, or one
 * that may be ended. Return: 1, 0 where there is none, or -errno where that cannot be told. */
static int find_other_link(const struct loader *loader, char name[NAME_MAX + 1], bool any)
{
	DIR *folder = opendir(loader->pins);
	const struct dirent *entry;
	char path[PIN_MAX];
	unsigned int index;
	int found = 0;

	if (!folder)
		return errno == ENOENT ? 0 : -errno;
	while (!found && (errno = 0, entry = readdir(folder))) {
		if (strncmp(entry->d_name, "link_", 5) || is_attached(loader, entry->d_name))
			continue;
		pin_path(path, loader, entry->d_name);
		if (!any && find_pinned(loader, path, &index) == PLACE_ELSEWHERE)
			continue;
		snprintf(name, NAME_MAX + 1, "%s", entry->d_name);
		found = 1;
	}
	if (!found)
		found = -errno;
	closedir(folder);
	return found;
}

int loader_attach_again(struct loader *loader, size_t position, enum loader_mode mode,
			struct error *reason)
{
	struct attachment *attachment = &loader->attachments[position], anew;
	struct bpf_link_info info;
	unsigned int index = if_nametoindex(attachment->name);
	int error;

	if (!index && errno != ENODEV)
		return error_set(reason, -errno, "%s: cannot be looked up: %s", attachment->name,
				 strerror(errno));
	if (!index)
		return error_set(reason, -ENODEV, "%s: is gone from this network namespace",
				 attachment->name);
	for (size_t i = 0; i < loader->count; i++) /* the table has room for one of an index */
		if (i != position && loader->attachments[i].index == index)
			return error_set(reason, -EBUSY,
					 "%s: is what was attached to as %s: restart reflexd",
					 attachment->name, loader->attachments[i].name);
	/* The interface went to another namespace with its link, which is ours all the same. */
	if (find_link(loader, attachment->link, &info) == PLACE_ELSEWHERE)
		bpf_link_detach(attachment->link);
	if (index != attachment->index) {
		attachment->index = index;
		build_table(loader);
		flip(loader);
	}
	error = check_ethernet(loader, attachment, reason);
	if (error)
		return error;
	anew = *attachment; /* attach() ends the pin; the link is held until there is another */
	error = attach(loader, &anew, mode, reason);
	if (error)
		return error;
	close(attachment->link);
	*attachment = anew;
	return 0;
}

/* Whether it is the link of an attachment: somebody may have pinned it a second time. */
static bool is_held(const struct loader *loader, int link)
{
	uint32_t id = identify(link).id;

	for (size_t i = 0; i < loader->count; i++)
		if (identify(loader->attachments[i].link).id == id)
			return true;
	return false;
}

/* Ends what earlier processes left on other interfaces; a pin that cannot be removed keeps its
 * link. Return: how many, or -errno and the path. */
static int end_others(const struct loader *loader, char path[PIN_MAX])
{
	char name[NAME_MAX + 1];
	int ended = 0, found;

	for (; (found = find_other_link(loader, name, false)) > 0; ended++) {
		struct bpf_link_info info;
		int link, error = 0;

		pin_path(path, loader, name);
		link = bpf_obj_get(path);
		if (link < 0)
			return -errno;
		if (find_link(loader, link, &info) == PLACE_UNKNOWN)
			error = loader->netlink < 0 ? loader->netlink : -EAGAIN;
		else if (unlink(path))
			error = -errno;
		else if (!is_held(loader, link))
			bpf_link_detach(link);
		close(link);
		if (error)
			return error;
	}
	if (found >= 0 ||
	    found == -EACCES) /* what this user may not even read is not this user's */
		return ended;
	snprintf(path, PIN_MAX, "%s/link_*", loader->pins);
	return found;
}

void loader_end_others(struct loader *loader)
{
	char path[PIN_MAX];

	end_others(loader, path);
}

static void remove_pins(const struct loader *loader)
{
	struct pin list[PINS];
	char path[PIN_MAX];

	list_pins(loader, list);
	for (size_t i = 0; i < PINS; i++) {
		pin_path(path, loader, list[i].name);
		unpin(path, list[i].fd);
	}
	remove_folders(loader);
}

int loader_check_left(const char *instance, struct error *reason)
{
	struct loader *loader = create_empty(instance);
	char name[NAME_MAX + 1];
	int error = 0;

	if (!loader)
		return error_set(reason, -ENOMEM, "out of memory");
	if (owner_lives(loader) && find_other_link(loader, name, false) > 0)
		error = fail_owned(loader, reason);
	loader_destroy(loader);
	return error;
}

int loader_end_left(const char *instance, struct error *reason)
{
	struct loader *loader = create_empty(instance);
	char path[PIN_MAX], name[NAME_MAX + 1];
	int ended;

	if (!loader)
		return error_set(reason, -ENOMEM, "out of memory");
	ended = end_others(loader, path);
	if (ended < 0)
		error_say(reason,
			  "an XDP program of this instance may still answer, and cannot be ended "
			  "(%s): "
			  "`rm %s` as root ends it; if it is another daemon's, take another "
			  "--instance",
			  strerror(-ended), path);
	else if (!find_other_link(loader, name, true))
		remove_pins(loader);
	loader_destroy(loader);
	return ended;
}

int loader_detach(struct loader *loader)
{
	char path[PIN_MAX], name[NAME_MAX + 1];
	int error = 0, other;

	while (loader->count) {
		struct attachment *attachment = &loader->attachments[--loader->count];

		int detached = bpf_link_detach(attachment->link) && errno != ENOLINK ? -errno : 0;
		int unpinned;

		link_path(path, loader, attachment->name);
		unpinned = unpin(path, attachment->link);
		if (!error)
			error = detached ? detached : unpinned;
		close(attachment->link);
	}
	other = find_other_link(loader, name, true); /* an earlier process's, which still counts */
	if (!other)
		remove_pins(loader);
	return error ? error : other < 0 ? other : 0;
}

void loader_destroy(struct loader *loader)
{
	if (!loader)
		return;
	for (size_t i = 0; i < loader->count; i++)
		close(loader->attachments[i].link);
	if (loader->barrier >= 0)
		close(loader->barrier);
	if (loader->netlink >= 0)
		close(loader->netlink);
	responder_bpf__destroy(loader->skeleton);
	free(loader->lanes);
	free(loader);
}
