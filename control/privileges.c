// SPDX-License-Identifier: BSD-2-Clause
#include "privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>

/* What loading and attaching needs. CAP_SYS_ADMIN stands for the first and the last. */
static const struct {
	unsigned int capability;
	const char *name;
} needed[] = {
	{CAP_BPF, "CAP_BPF"},
	{CAP_PERFMON, "CAP_PERFMON"},
	{CAP_NET_ADMIN, "CAP_NET_ADMIN"},
};

int privileges_check(struct error *error)
{
	char missing[64] = "";
	size_t length = 0;
	bool admin;

	if (capng_get_caps_process() < 0)
		return error_set(error, -EPERM, "this process's capabilities cannot be read");
	admin = capng_have_capability(CAPNG_EFFECTIVE, CAP_SYS_ADMIN);
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (capng_have_capability(CAPNG_EFFECTIVE, needed[i].capability) ||
		    (admin && needed[i].capability != CAP_NET_ADMIN))
			continue;
		length += snprintf(missing + length, sizeof(missing) - length, "%s%s",
				   length ? ", " : "", needed[i].name);
	}
	if (length == 0)
		return 0;
	return error_set(
		error, -EPERM,
		"not allowed to load an XDP program: %s missing; start as root, or with the "
		"capabilities CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN (all are dropped once it "
		"runs)",
		missing);
}

int privileges_drop(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	capng_clear(CAPNG_SELECT_ALL);
	/* Emptying the bounding set takes CAP_SETPCAP; without it no_new_privs does the same. */
	capng_apply(CAPNG_SELECT_ALL);

	if (capng_get_caps_process() < 0 ||
	    capng_have_capabilities(CAPNG_SELECT_CAPS) != CAPNG_NONE)
		return -EPERM;
	return 0;
}
