// SPDX-License-Identifier: BSD-2-Clause
/*
 * Runs inside a booted kernel: loads the responder, attaches it in native mode, and says on the
 * console how that went. Linked statically, from the loader's own sources. A line on standard input
 * makes it count, detach and end. Without an interface it only loads.
 *
 * guest INSTANCE [INTERFACE]
 *
 * Lines for the host begin with "REFLEX ", then `loaded`, `attached`, `counted`, `detached` or
 * `failed`.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "loader.h"
#include "policy_build.h"

static struct policy policy; /* too large for a stack */

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static int failed(const char *what, const char *why)
{
	printf("REFLEX failed %s: %s\n", what, why);
	return 1;
}

/* What tests/kernels/wire.c asks for. */
static int make_policy(void)
{
	static const struct policy_service services[] = {
		{.family = FAMILY_IPV4, .port = 3478, .address = {203, 0, 113, 10}},
		{.family = FAMILY_IPV6,
		 .port = 3478,
		 .address = {0x20, 1, 0x0d, 0xb8, [15] = 0x10}},
	};
	const struct policy_settings settings = {
		.mirror_fingerprint = true,
		.legacy = true,
		.low_source_ports = true,
	};

	return policy_build(&policy, &settings, services, 2, NULL);
}

/* Only these: the kernel itself sends and receives at will, which are other verdicts. */
static int report(struct loader *loader)
{
	static struct counters counters;
	uint64_t ipv4, ipv6;
	int error = loader_read(loader, 0, &counters);

	if (error)
		return failed("loader_read", strerror(-error));
	ipv4 = counters.packets[FAMILY_IPV4][VERDICT_SUCCESS];
	ipv6 = counters.packets[FAMILY_IPV6][VERDICT_SUCCESS];
	printf("REFLEX counted %" PRIu64 "\n", ipv4 + ipv6);
	return 0;
}

/* Asks the kernel: the loader is under test. */
static bool is_native(const char *interface)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);

	return !bpf_xdp_query((int)if_nametoindex(interface), 0, &query) &&
	       query.attach_mode == XDP_ATTACHED_DRV;
}

static int serve(struct loader *loader, const char *interface)
{
	struct error why = {""};
	char line[16];
	int error;

	loader_set_policy(loader, &policy);
	if (loader_attach(loader, interface, LOADER_NATIVE, &why))
		return failed("loader_attach", why.text);
	if (!is_native(interface) || loader_interface_get(loader, 0).mode != LOADER_NATIVE)
		return failed("loader_attach", "asked for native mode, got another");
	printf("REFLEX attached %s\n", interface);
	if (!fgets(line, sizeof(line), stdin))
		return failed("console", "closed");
	if (report(loader))
		return 1;
	error = loader_detach(loader);
	if (error)
		return failed("loader_detach", strerror(-error));
	printf("REFLEX detached\n");
	return 0;
}

/* How many instructions the verifier went through, by the program that the loader has pinned. */
static unsigned int verified(const char *instance)
{
	struct bpf_prog_info info = {0};
	unsigned int size = sizeof(info);
	char path[64];
	int program;

	snprintf(path, sizeof(path), "/sys/fs/bpf/reflex/%s/program", instance);
	program = bpf_obj_get(path);
	bpf_obj_get_info_by_fd(program, &info, &size);
	close(program);
	return info.verified_insns;
}

int main(int argc, char **argv)
{
	struct error why = {""};
	struct loader *loader;
	struct utsname system;
	double begin;
	int error;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 2 || argc > 3)
		return failed("usage", "guest INSTANCE [INTERFACE]");
	error = make_policy();
	if (error)
		return failed("policy_build", strerror(-error));
	begin = now();
	if (loader_create(&loader, argv[1], &why))
		return failed("loader_create", why.text);
	uname(&system);
	printf("REFLEX loaded %s by %s in %.1f s, %u instructions\n", argv[1], system.release,
	       now() - begin, verified(argv[1]));
	error = argc > 2 ? serve(loader, argv[2]) : 0;
	loader_destroy(loader);
	return error;
}
