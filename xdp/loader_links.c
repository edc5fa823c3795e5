// SPDX-License-Identifier: BSD-2-Clause
#include "loader_private.h"

#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "interface.h"
#include "link.h"

/* --- where a link is --- */

/*
 * An index says nothing of a namespace, and the kernel does not tell a link's. But each process
 * loads a program of its own and attaches it in its own namespace. So a link is of ours where our
 * interface of its index runs the link's program.
 */
enum place links_find(const struct loader *loader, int link, struct bpf_link_info *info)
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

enum place links_find_pinned(const struct loader *loader, const char *path, unsigned int *index)
{
	struct bpf_link_info info = {0};
	int link = bpf_obj_get(path);
	enum place place;

	*index = 0;
	if (link < 0)
		return errno == ENOENT ? PLACE_NONE : PLACE_UNKNOWN;
	place = links_find(loader, link, &info);
	if (place == PLACE_HERE)
		*index = info.xdp.ifindex;
	close(link);
	return place;
}

int links_fail_elsewhere(const char *path, struct error *error)
{
	return error_set(
		error, -EBUSY,
		"%s belongs to another network namespace, where its program goes on "
		"answering: take another --instance here; if it is of no use any more, `rm %s` "
		"ends it",
		path, path);
}

/* --- attach --- */

static enum loader_mode mode_in_force(const struct loader *loader, unsigned int index)
{
	struct interface interface = {0};

	interface_by_index(loader->netlink, index, &interface);
	return interface.generic ? LOADER_GENERIC : LOADER_NATIVE;
}

/*
 * Take over the link that an earlier process left, if it still serves this interface. One of
 * another mode must end before there can be a new one.
 * @attachment: adopted, replaced and mode tell of the link that was there
 *
 * Return: 0; -ENOENT: there is none to take over; or another -errno.
 */
static int adopt(const struct loader *loader, struct attachment *attachment, enum loader_mode mode,
		 struct error *error)
{
	struct bpf_link_info info;
	char path[PIN_MAX];
	enum place place;
	int link;

	pins_link_path(path, loader, attachment->name);
	link = bpf_obj_get(path);
	if (link < 0)
		return -ENOENT;
	place = links_find(loader, link, &info);
	if (place == PLACE_ELSEWHERE) {
		close(link);
		return links_fail_elsewhere(path, error);
	}
	attachment->link = link;
	attachment->mode = mode_in_force(loader, attachment->index);
	attachment->adopted = place == PLACE_HERE && info.xdp.ifindex == attachment->index;
	if (attachment->adopted && (mode == LOADER_AUTO || mode == attachment->mode) &&
	    bpf_link_update(link, bpf_program__fd(loader->skeleton->progs.responder), NULL) == 0)
		return 0;
	attachment->replaced = attachment->adopted;
	bpf_link_detach(link);
	unlink(path);
	close(link);
	return -ENOENT;
}

/* @mode: native or generic. Return: 0 or -errno. */
static int create_link(const struct loader *loader, struct attachment *attachment,
		       enum loader_mode mode, struct error *error)
{
	LIBBPF_OPTS(bpf_link_create_opts, options,
		    .flags = mode == LOADER_GENERIC ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE);

	attachment->mode = mode;
	attachment->link = bpf_link_create(bpf_program__fd(loader->skeleton->progs.responder),
					   (int)attachment->index, BPF_XDP, &options);
	return attachment->link < 0 ? explain_attach(loader, attachment, -errno, error) : 0;
}

/* Make a link and pin it. Return: 0 or -errno. */
static int attach_anew(const struct loader *loader, struct attachment *attachment,
		       enum loader_mode mode, struct error *error)
{
	char path[PIN_MAX];
	int r = create_link(loader, attachment, mode == LOADER_AUTO ? LOADER_NATIVE : mode, error);

	if (r < 0 && mode == LOADER_AUTO && r != -EBUSY)
		r = create_link(loader, attachment, LOADER_GENERIC, error);
	if (r < 0)
		return r;
	pins_link_path(path, loader, attachment->name);
	if (bpf_obj_pin(attachment->link, path)) {
		r = -errno;
		close(attachment->link);
		return error_set(error, r, "cannot pin %s: %s", path, strerror(-r));
	}
	return 0;
}

/* Adopt a link or make one. Return: 0 or -errno. */
static int attach(const struct loader *loader, struct attachment *attachment, enum loader_mode mode,
		  struct error *error)
{
	struct error ignored;
	enum loader_mode left;
	int r = adopt(loader, attachment, mode, error);

	if (r != -ENOENT)
		return r;
	left = attachment->mode;
	r = attach_anew(loader, attachment, mode, error);
	/* The interface goes on being answered, as before. */
	if (r < 0 && attachment->adopted && attach_anew(loader, attachment, left, &ignored) == 0)
		close(attachment->link);
	return r;
}

/* Return: 0; -ENODEV, which leaves it to the caller to say so; or another -errno. */
static int look_up(const char *name, unsigned int *index, struct error *error)
{
	*index = if_nametoindex(name);
	if (*index)
		return 0;
	if (errno == ENODEV)
		return -ENODEV;
	return error_set(error, -errno, "%s: cannot be looked up: %s", name, strerror(errno));
}

/*
 * The kernel attaches to devices without an Ethernet header as well, in generic mode, but the
 * program reads frames.
 */
static int check_device(const struct loader *loader, const struct attachment *attachment,
			struct error *error)
{
	char driver[LINK_DRIVER_MAX];
	struct interface interface;

	if (interface_by_index(loader->netlink, attachment->index, &interface) < 0)
		return 0;
	if (interface.loopback)
		return error_set(
			error, -EOPNOTSUPP,
			"%s: the loopback has no native XDP, and its clients are local: name the "
			"interface that clients come in by",
			attachment->name);
	if (interface.ethernet)
		return 0;
	link_driver((int)attachment->index, driver);
	return error_set(error, -EPROTONOSUPPORT,
			 "%s: its packets have no Ethernet header (driver %s), and XDP needs one: "
			 "`dataplane: socket` answers there",
			 attachment->name, driver);
}

static int find_interface(const struct loader *loader, struct attachment *attachment,
			  struct error *error)
{
	int r = look_up(attachment->name, &attachment->index, error);

	if (r == -ENODEV)
		return error_set(
			error, r,
			"%s: no such interface in this network namespace; `ip link` shows them",
			attachment->name);
	if (r < 0)
		return r;
	return check_device(loader, attachment, error);
}

int loader_attach(struct loader *loader, const char *name, enum loader_mode mode,
		  struct error *error)
{
	struct attachment *attachment = &loader->attachments[loader->count];
	int r;

	if (loader->count == LOADER_INTERFACES_MAX)
		return error_set(error, -E2BIG, "more than %d interfaces", LOADER_INTERFACES_MAX);
	error->text[0] = '\0';
	memset(attachment, 0, sizeof(*attachment));
	snprintf(attachment->name, sizeof(attachment->name), "%s", name);
	r = find_interface(loader, attachment, error);
	if (r < 0)
		return r;
	r = slots_choose(loader, name, &attachment->slot);
	if (r < 0)
		return error_set(error, r, "%s: cannot set up its counters: %s", name,
				 strerror(-r));
	loader->count++;
	buffers_place_interfaces(loader);
	buffers_flip(loader);
	r = attach(loader, attachment, mode, error);
	if (r < 0) {
		loader->count--;
		buffers_place_interfaces(loader);
	}
	return r;
}

/* --- attach again --- */

/* Look up the interface of that name now, which may have another index. Return: 0 or -errno. */
static int find_again(const struct loader *loader, const struct attachment *attachment,
		      unsigned int *index, struct error *error)
{
	int r = look_up(attachment->name, index, error);

	if (r == -ENODEV)
		return error_set(error, r, "%s: is gone from this network namespace",
				 attachment->name);
	if (r < 0)
		return r;
	for (size_t i = 0; i < loader->count; i++) { /* the table has room for one of an index */
		const struct attachment *other = &loader->attachments[i];

		if (other != attachment && other->index == *index)
			return error_set(error, -EBUSY,
					 "%s: is what was attached to as %s: restart reflexd",
					 attachment->name, other->name);
	}
	return 0;
}

int loader_attach_again(struct loader *loader, size_t position, enum loader_mode mode,
			struct error *error)
{
	struct attachment *attachment = &loader->attachments[position], anew;
	struct bpf_link_info info;
	unsigned int index;
	int r = find_again(loader, attachment, &index, error);

	if (r < 0)
		return r;
	/* The interface went to another namespace with its link, which is ours all the same. */
	if (links_find(loader, attachment->link, &info) == PLACE_ELSEWHERE)
		bpf_link_detach(attachment->link);
	if (index != attachment->index) {
		attachment->index = index;
		buffers_place_interfaces(loader);
		buffers_flip(loader);
	}
	r = check_device(loader, attachment, error);
	if (r < 0)
		return r;
	anew = *attachment; /* attach() ends the pin; the link is held until there is another */
	r = attach(loader, &anew, mode, error);
	if (r < 0)
		return r;
	close(attachment->link);
	*attachment = anew;
	return 0;
}

/* --- what is attached --- */

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
	enum place place = links_find(loader, attachment->link, &info);

	return (place == PLACE_HERE || place == PLACE_UNKNOWN) &&
	       info.xdp.ifindex == attachment->index && info.prog_id == loader->program &&
	       !has_lost_name(loader, attachment);
}

/* --- detach --- */

/* Return: 0, or the first -errno, after trying all. */
static int detach(const struct loader *loader, const struct attachment *attachment)
{
	int r = bpf_link_detach(attachment->link) && errno != ENOLINK ? -errno : 0;
	char path[PIN_MAX];
	int unpinned;

	pins_link_path(path, loader, attachment->name);
	unpinned = pins_remove_one(path, attachment->link);
	close(attachment->link);
	return r < 0 ? r : unpinned;
}

int loader_detach(struct loader *loader)
{
	char pin[NAME_MAX + 1];
	int r = 0, other;

	while (loader->count) {
		int detached = detach(loader, &loader->attachments[--loader->count]);

		if (r == 0)
			r = detached;
	}
	other = left_find(loader, pin, true); /* an earlier process's, which still counts */
	if (other == 0)
		pins_remove(loader);
	return r < 0 ? r : other < 0 ? other : 0;
}
