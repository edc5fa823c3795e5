// SPDX-License-Identifier: BSD-2-Clause
#include "loader_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "interface.h"
#include "link.h"

#define DISPATCHED_MAX 10 /* programs that libxdp's dispatcher has room for */

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

/*
 * Name the programs that libxdp's dispatcher calls: libxdp pins them one by one, below bpffs's
 * root.
 * @id: of the dispatcher
 */
static int explain_dispatcher(const struct attachment *attachment, uint32_t id, struct error *error)
{
	char path[PATH_MAX], names[DISPATCHED_MAX * (BPF_OBJ_NAME_LEN + 2)] = "";
	char name[BPF_OBJ_NAME_LEN];
	size_t length = 0;

	for (int i = 0; i < DISPATCHED_MAX; i++) {
		int fd;

		snprintf(path, sizeof(path), BPFFS "/xdp/dispatch-%u-%u/prog%d-prog",
			 attachment->index, id, i);
		fd = bpf_obj_get(path);
		if (fd < 0)
			break;
		program_name(fd, name);
		length += (size_t)snprintf(names + length, sizeof(names) - length, "%s%s",
					   length ? ", " : "", name);
	}
	return error_set(
		error, -EBUSY,
		"%s: the XDP dispatcher of libxdp is attached (id %u), with these programs: "
		"%s; `xdp-loader unload %s --all` ends it and them",
		attachment->name, id, length ? names : "unknown", attachment->name);
}

/* Name the program that holds the interface, where the kernel tells. */
static int explain_busy(const struct loader *loader, const struct attachment *attachment,
			struct error *error)
{
	struct interface interface = {0};
	char name[BPF_OBJ_NAME_LEN];

	interface_by_index(loader->netlink, attachment->index, &interface);
	program_name(bpf_prog_get_fd_by_id(interface.program), name);
	if (strcmp(name, "xdp_dispatcher") == 0)
		return explain_dispatcher(attachment, interface.program, error);
	return error_set(
		error, -EBUSY,
		"%s: another XDP program is attached: %s (id %u); `bpftool net show dev %s` "
		"shows it, stop its owner or detach it first",
		attachment->name, name, interface.program, attachment->name);
}

static const char *likely_cause(int r, const char *driver)
{
	bool veth = strcmp(driver, "veth") == 0;

	if (veth && r == -ERANGE)
		return "the MTU of the veth pair's other end is over 3,500: lower that one";
	if (veth && r == -ENOSPC)
		return "the veth pair's other end has more transmit queues than this one has "
		       "receive queues: `ethtool -L` changes them";
	return "usual causes: MTU over 3,000, LRO on, too few queues; the kernel log names it";
}

/* bpf_link_create returns an errno and no text, so the likely cause is said here. */
int explain_attach(const struct loader *loader, const struct attachment *attachment, int r,
		   struct error *error)
{
	const char *how = attachment->mode == LOADER_GENERIC ? "generic" : "native";
	struct interface interface = {0};
	char driver[LINK_DRIVER_MAX];

	link_driver((int)attachment->index, driver);
	switch (r) {
	case -EBUSY:
	case -EEXIST:
		return explain_busy(loader, attachment, error);
	case -EPERM:
		return error_set(error, r,
				 "%s: not permitted to attach: run as root, or with CAP_NET_ADMIN",
				 attachment->name);
	case -EOPNOTSUPP:
		return error_set(
			error, r,
			"%s: its driver (%s) has no native XDP; `mode: generic` works on any "
			"interface, but slower",
			attachment->name, driver);
	default:
		interface_by_index(loader->netlink, attachment->index, &interface);
		return error_set(error, r,
				 "%s: the kernel refused %s XDP (driver %s, MTU %u): %s; %s",
				 attachment->name, how, driver, interface.mtu, strerror(-r),
				 likely_cause(r, driver));
	}
}
