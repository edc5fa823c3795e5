/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads the BPF program, attaches it by bpf_link, pins it, flips its policy, reads its counters.
 *
 * loader_create and loader_attach need privileges; what follows them needs none, so the caller may
 * drop every capability in between (kernel 5.19 or newer).
 *
 * Pins of instance NAME, in /sys/fs/bpf/reflex/NAME/ (dots in names escaped as %2e):
 *   program          the program, for the process that adopts it
 *   link_INTERFACE   a bpf_link for each interface: it keeps answering when the process ends
 *   v1/lanes         the counters, in a folder that names their layout
 *   v1/names         whose counters are whose
 *   v1/state         the policy and the interface table
 *
 * The pins are of one network namespace. A link of another one is neither taken over nor ended, and
 * an instance that has one is refused.
 */
#ifndef REFLEX_XDP_LOADER_H
#define REFLEX_XDP_LOADER_H

#include <stdbool.h>
#include <stddef.h>

#include "counters.h"
#include "error.h"
#include "policy.h"

#define LOADER_INTERFACES_MAX 32

enum loader_mode {
	LOADER_NATIVE,
	LOADER_GENERIC,
	LOADER_AUTO, /* native, else generic */
};

struct loader;

struct loader_interface {
	const char *name;
	unsigned int index;
	enum loader_mode mode; /* in force: LOADER_NATIVE or LOADER_GENERIC */
	bool adopted;	       /* from an earlier process */
	bool replaced;	       /* and not without a gap: its link ended, for one of another mode */
};

/**
 * loader_create - load the program and pin it. Where an earlier process left pins, its counters go
 * on; those of interfaces that were renamed since go by the new names then.
 * @loader: set on success; release with loader_destroy
 * @instance: name of the instance, the folder of the pins
 * @error: set on failure to a sentence that names the cause and the remedy
 *
 * Return: 0 or -errno.
 */
int loader_create(struct loader **loader, const char *instance, struct error *error);

/**
 * loader_keep_pins - pin again what is not pinned any more, such as after bpffs was mounted again.
 * @error: as in loader_create
 *
 * Needs no capability.
 * Return: how many pins were missing, or -errno where not all could be made.
 */
int loader_keep_pins(struct loader *loader, struct error *error);

/**
 * loader_set_policy - put a whole new policy in force, in one step.
 * @policy: copied
 *
 * Returns when no CPU uses the old one any more. Needs no capability.
 */
void loader_set_policy(struct loader *loader, const struct policy *policy);

/**
 * loader_attach - attach to an interface of this network namespace and pin the link.
 * @name: the interface, by its own name and not an alternative one, as pin and counters go by it
 * @mode: what to attach as; nothing else is tried, but for LOADER_AUTO
 * @error: as in loader_create; on success, why LOADER_AUTO did not attach natively, if it tried
 *
 * A link that an earlier process of the instance left pinned is updated in place, and keeps its
 * mode where @mode allows it; else a new one takes its place or, on failure, one like it. Call
 * loader_set_policy first: the program answers at once.
 * Return: 0; -ENODEV: there is no such interface; -EBUSY: another program is attached; -EOPNOTSUPP:
 * the driver cannot, or it is the loopback; -EPROTONOSUPPORT: there are no Ethernet frames; or
 * another -errno.
 */
int loader_attach(struct loader *loader, const char *name, enum loader_mode mode,
		  struct error *error);

/** loader_interface_count - how many interfaces loader_attach attached to. */
size_t loader_interface_count(const struct loader *loader);

/**
 * loader_interface_get - what is known of an attached interface.
 * @position: below loader_interface_count, in the order of loader_attach, as everywhere here
 *
 * Return: a copy, whose name lives as long as @loader.
 */
struct loader_interface loader_interface_get(const struct loader *loader, size_t position);

/**
 * loader_left - whether an earlier process's program answers on an interface that is not attached
 * to yet.
 */
bool loader_left(const struct loader *loader, const char *name);

/**
 * loader_interface_live - whether the kernel still runs the program on that interface, as it says
 * itself.
 *
 * False after the interface was deleted or went to another network namespace, or the link was
 * detached or given another program. Needs no capability.
 */
bool loader_interface_live(const struct loader *loader, size_t position);

/**
 * loader_attach_again - attach to the interface of that name where it is not live: it was deleted
 * and made again, or its link was detached.
 * @mode, @error: as in loader_attach
 *
 * Call loader_keep_pins first: without pins there is no attaching. Its counters go on. Needs no
 * capability.
 * Return: as loader_attach. After an error it may be tried again.
 */
int loader_attach_again(struct loader *loader, size_t position, enum loader_mode mode,
			struct error *error);

/**
 * loader_read - add up one interface's counters over all CPUs.
 * @counters: set to the sum; to zeros after an error
 *
 * Needs no capability.
 * Return: 0 or -errno.
 */
int loader_read(struct loader *loader, size_t position, struct counters *counters);

/**
 * loader_run - run the loaded program once over a frame, without a network.
 * @frame: in: the frame; out: what the program made of it
 * @length: in: its length, 14 or more; out: the new length
 * @capacity: room in @frame
 *
 * For self-tests: the frame is counted in no interface's counters. Needs no capability.
 * Return: the XDP action (enum xdp_action), or -errno.
 */
int loader_run(struct loader *loader, void *frame, size_t *length, size_t capacity);

/**
 * loader_end_others - end the links that earlier processes of the instance left on other
 * interfaces.
 *
 * For interfaces that are not configured any more; call it once all are attached.
 */
void loader_end_others(struct loader *loader);

/**
 * loader_check_left - whether loader_end_left may be called: no other reflexd uses what it would
 * end, such as one in a container with a /run of its own.
 * @instance, @error: as in loader_create
 *
 * Needs CAP_SYS_ADMIN to tell; without, it says yes.
 * Return: 0, -EBUSY or -ENOMEM.
 */
int loader_check_left(const char *instance, struct error *error);

/**
 * loader_end_left - end all links that earlier processes of the instance left, where XDP does not
 * answer any more. Once none is left, the other pins go too.
 * @instance, @error: as in loader_create
 *
 * Needs no capability, only permission to remove the pins. Without permission to see them, there
 * are none.
 * Return: how many, or -errno.
 */
int loader_end_left(const char *instance, struct error *error);

/**
 * loader_detach - detach from every interface that this process attached to, and remove the pins.
 *
 * Without it, the pinned program goes on answering after loader_destroy. Counters and program stay
 * pinned while links of an earlier process do.
 * Return: 0, or the first -errno, after trying all.
 */
int loader_detach(struct loader *loader);

/** loader_destroy - release what the process holds; NULL is fine. */
void loader_destroy(struct loader *loader);

#endif
