// SPDX-License-Identifier: BSD-2-Clause
#include "loader_private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "netlink.h"

/* libbpf's own words help only who knows BPF; they are shown when asked for. */
static int print_libbpf(enum libbpf_print_level level, const char *format, va_list arguments)
{
	if (level == LIBBPF_DEBUG || !getenv("REFLEX_LIBBPF_LOG"))
		return 0;
	return vfprintf(stderr, format, arguments);
}

static int check_kernel(struct error *error)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	if (uname(&name))
		return error_set(error, -errno, "the kernel's version cannot be read: %s",
				 strerror(errno));
	sscanf(name.release, "%u.%u", &major, &minor);
	if (major < 5 || (major == 5 && minor < 19))
		return error_set(
			error, -EOPNOTSUPP,
			"kernel %s is too old: only Linux 5.19 or newer lets a daemon without "
			"capabilities go on using its BPF program",
			name.release);
	if (bpf_prog_get_fd_by_id(0) < 0 && errno == ENOSYS)
		return error_set(error, -EOPNOTSUPP, "this kernel is built without BPF");
	return 0;
}

static int count_cpus(struct loader *loader, struct error *error)
{
	loader->cpus = libbpf_num_possible_cpus();
	if (loader->cpus < 0)
		return error_set(
			error, loader->cpus,
			"/sys/devices/system/cpu/possible cannot be read: %s; where sysfs is "
			"not mounted, run `mount -t sysfs sysfs /sys`",
			strerror(-loader->cpus));
	loader->cpu_slots = calloc((size_t)loader->cpus, sizeof(*loader->cpu_slots));
	return loader->cpu_slots ? 0 : error_set(error, -ENOMEM, "out of memory");
}

static int check_netlink(const struct loader *loader, struct error *error)
{
	if (loader->netlink >= 0)
		return 0;
	return error_set(error, loader->netlink, "no rtnetlink socket: %s",
			 strerror(-loader->netlink));
}

static int load(struct loader *loader, struct error *error)
{
	int r;

	loader->skeleton = responder_bpf__open();
	if (!loader->skeleton)
		return error_set(error, -errno, "cannot open the BPF object: %s", strerror(errno));
	pins_reuse_map(loader, loader->skeleton->maps.lanes);
	pins_reuse_map(loader, loader->skeleton->maps.names);
	r = responder_bpf__load(loader->skeleton);
	if (r == -EPERM)
		return error_set(
			error, r,
			"not permitted to load a BPF program: run as root, or with CAP_BPF, "
			"CAP_NET_ADMIN and CAP_PERFMON");
	if (r)
		return error_set(
			error, r,
			"the kernel refused the BPF program: %s; REFLEX_LIBBPF_LOG=1 in the "
			"environment shows its reasons",
			strerror(-r));
	/* libbpf finds out by trying whether maps can be mapped, and takes any error for a no. */
	if (!loader->skeleton->bss)
		return error_set(
			error, -ENOMEM,
			"the memory of the BPF program cannot be mapped: too little memory was "
			"left, or a filter of system calls forbids a part of bpf(2); free some "
			"memory, then start again");
	loader->program = pins_identify(bpf_program__fd(loader->skeleton->progs.responder));
	if (!loader->program)
		return error_set(error, -errno, "the BPF program's id cannot be read: %s",
				 strerror(errno));
	return 0;
}

struct loader *loader_allocate(const char *instance)
{
	struct loader *loader = calloc(1, sizeof(*loader));
	char escaped[NAME_MAX + 1];

	if (!loader)
		return NULL;
	pins_escape(escaped, instance);
	snprintf(loader->folder, sizeof(loader->folder), PIN_ROOT "/%s", escaped);
	loader->next.multiplier = 1;
	loader->barrier = -1;
	loader->netlink = netlink_open();
	return loader;
}

/* Return: 0 or -errno. */
static int set_up(struct loader *loader, struct error *error)
{
	int r = check_kernel(error);

	if (r == 0)
		r = count_cpus(loader, error);
	if (r == 0)
		r = check_netlink(loader, error);
	if (r == 0)
		r = pins_check_owner(loader, error);
	if (r == 0)
		r = pins_claim(loader, error);
	if (r == 0)
		r = load(loader, error);
	if (r == 0)
		r = buffers_create_barrier(loader, error);
	if (r == 0)
		r = pins_own(loader, error);
	if (r == 0)
		r = pins_create(loader, error);
	return r;
}

int loader_create(struct loader **created, const char *instance, struct error *error)
{
	struct loader *loader = loader_allocate(instance);
	int r;

	if (!loader)
		return error_set(error, -ENOMEM, "out of memory");
	libbpf_set_print(print_libbpf);
	r = set_up(loader, error);
	if (r < 0) {
		if (loader->skeleton)
			loader_detach(loader);
		else /* what is pinned is an earlier process's */
			pins_remove_folders(loader);
		loader_destroy(loader);
		return r;
	}
	left_follow_names(loader);
	*created = loader;
	return 0;
}

int loader_run(struct loader *loader, void *frame, size_t *length, size_t capacity)
{
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = (__u32)*length,
		    .data_out = frame, .data_size_out = (__u32)capacity, .repeat = 1);
	int r = bpf_prog_test_run_opts(bpf_program__fd(loader->skeleton->progs.responder), &run);

	if (r < 0)
		return r;
	*length = run.data_size_out;
	return (int)run.retval;
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
	free(loader->cpu_slots);
	free(loader);
}
