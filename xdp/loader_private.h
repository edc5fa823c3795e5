/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the loader share. Each has one job, and its functions begin with its name:
 *   loader.c          create and destroy: the list of steps
 *   loader_pins.c     the folder in bpffs, and what is pinned in it
 *   loader_buffers.c  the two policy buffers and the interface table
 *   loader_slots.c    the counters: whose slot is whose
 *   loader_links.c    attach, attach again, detach
 *   loader_left.c     links that earlier processes left: find, rename, end
 *   loader_explain.c  why the kernel refused to attach
 */
#ifndef REFLEX_XDP_LOADER_PRIVATE_H
#define REFLEX_XDP_LOADER_PRIVATE_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <limits.h>
#include <net/if.h>
#include <sys/stat.h>

#include "loader.h"
#include "xdp_state.h"

#include "responder.skel.h" /* needs the types of xdp_state.h */

#define BPFFS	 "/sys/fs/bpf"
#define PIN_ROOT BPFFS "/reflex"

/* The path of an instance's folder, and of a pin in it. */
#define FOLDER_MAX (sizeof(PIN_ROOT) + 1 + NAME_MAX)
#define PIN_MAX	   (FOLDER_MAX + sizeof("/link_") + NAME_MAX)

/* An interface that the program is attached to. */
struct attachment {
	char name[IF_NAMESIZE];
	unsigned int index;
	uint32_t slot;
	int link; /* file descriptor */
	enum loader_mode mode;
	bool adopted;
	bool replaced;
};

struct loader {
	char folder[FOLDER_MAX]; /* path of the instance's pins */
	struct stat folder_stat; /* tells a folder from another of the same path */
	int netlink;		 /* socket to ask for interfaces by */
	struct responder_bpf *skeleton;
	uint32_t program;	/* its id */
	struct xdp_buffer next; /* what the next flip puts in force */
	int barrier;		/* map of maps: to wait with, and to show that this process lives */
	struct attachment attachments[LOADER_INTERFACES_MAX];
	size_t count;
	struct xdp_slot *cpu_slots; /* one slot on each CPU, to copy out of the map and into it */
	int cpus;
};

/* --- loader.c --- */

/**
 * loader_allocate - a loader that has loaded nothing, to look at an instance's pins by.
 *
 * Return: NULL: out of memory.
 */
struct loader *loader_allocate(const char *instance);

/* --- loader_pins.c --- */

/** pins_escape - write a name without the dots, which bpffs refuses. It fits, were it all dots. */
void pins_escape(char to[NAME_MAX + 1], const char *from);

/** pins_path - the path of a pin by its name in the folder. */
void pins_path(char path[PIN_MAX], const struct loader *loader, const char *name);

/** pins_link_path - the path of the pin of an interface's link. */
void pins_link_path(char path[PIN_MAX], const struct loader *loader, const char *interface);

/**
 * pins_claim - make the folders, unless an instance of another network namespace uses them.
 *
 * Return: 0 or -errno.
 */
int pins_claim(struct loader *loader, struct error *error);

/**
 * pins_check_owner - whether no other process that lives uses the pins.
 *
 * Return: 0 or -EBUSY.
 */
int pins_check_owner(const struct loader *loader, struct error *error);

/**
 * pins_own - write into the map `names` that this process uses the pins. It needs the barrier.
 *
 * Return: 0 or -errno.
 */
int pins_own(const struct loader *loader, struct error *error);

/** pins_reuse_map - go on with a pinned map of the same shape; one of another stays its owner's. */
void pins_reuse_map(const struct loader *loader, struct bpf_map *map);

/**
 * pins_create - pin all that the process holds, in place of what is pinned there.
 *
 * Return: 0 or -errno.
 */
int pins_create(const struct loader *loader, struct error *error);

/**
 * pins_find_link - find the first pin of a link that matches.
 * @pin: set to its name in the folder
 *
 * Return: 1; 0: there is none; or -errno: the folder cannot be read.
 */
int pins_find_link(const struct loader *loader, char pin[NAME_MAX + 1],
		   bool (*matches)(const struct loader *loader, const char *pin));

/**
 * pins_remove_one - remove what is pinned at a path.
 * @fd: remove only this, and nothing that somebody else pinned there; -1: whatever it is
 *
 * Return: 0 or -errno.
 */
int pins_remove_one(const char *path, int fd);

/** pins_remove - remove the pins of program and maps, and the folders if they are empty then. */
void pins_remove(const struct loader *loader);

/** pins_remove_folders - remove the folders if they are empty. */
void pins_remove_folders(const struct loader *loader);

/** pins_identify - the id of a map, program or link; 0: unknown, or @fd is negative. */
uint32_t pins_identify(int fd);

/* --- loader_buffers.c --- */

/**
 * buffers_create_barrier - make the map that buffers_flip waits with.
 *
 * Return: 0 or -errno.
 */
int buffers_create_barrier(struct loader *loader, struct error *error);

/** buffers_place_interfaces - put all attachments into the interface table of the next flip. */
void buffers_place_interfaces(struct loader *loader);

/** buffers_flip - put @loader->next in force. Returns when no CPU uses the old buffer any more. */
void buffers_flip(struct loader *loader);

/* --- loader_slots.c --- */

/**
 * slots_choose - find the slot of an interface's name, so that its counters go on, or a free one.
 *
 * Return: 0 or -errno.
 */
int slots_choose(struct loader *loader, const char *interface, uint32_t *slot);

/**
 * slots_rename - an interface has another name: its counters go by that from now on.
 * @pin: the name of its link's pin, which has the old name
 * @name: the new name; a slot that had it gets the old one
 */
void slots_rename(const struct loader *loader, const char *pin, const char *name);

/* --- loader_links.c --- */

/* Where a link is attached, as seen from this network namespace. */
enum place {
	PLACE_NONE,
	PLACE_HERE,
	PLACE_ELSEWHERE,
	PLACE_UNKNOWN,
};

/**
 * links_find - where a link is attached.
 * @info: set to what the kernel says of the link, or to zeros
 */
enum place links_find(const struct loader *loader, int link, struct bpf_link_info *info);

/**
 * links_find_pinned - where the link at a path is attached.
 * @index: set to the index of its interface; 0: not PLACE_HERE
 */
enum place links_find_pinned(const struct loader *loader, const char *path, unsigned int *index);

/** links_fail_elsewhere - say that a pinned link is another network namespace's. Return: -EBUSY. */
int links_fail_elsewhere(const char *path, struct error *error);

/* --- loader_left.c --- */

/**
 * left_find - find the pin of a link that this process did not attach.
 * @pin: set to its name in the folder
 * @any: another network namespace's as well
 *
 * Return: 1; 0: there is none; or -errno: that cannot be told.
 */
int left_find(const struct loader *loader, char pin[NAME_MAX + 1], bool any);

/** left_follow_names - interfaces may have been renamed: their pins and their counters follow. */
void left_follow_names(const struct loader *loader);

/* --- loader_explain.c --- */

/**
 * explain_attach - say why the kernel refused to attach.
 * @attachment: name, index and mode are what was asked for
 * @r: the negative errno of bpf_link_create
 *
 * Return: @r; -EBUSY for -EEXIST.
 */
int explain_attach(const struct loader *loader, const struct attachment *attachment, int r,
		   struct error *error);

#endif
