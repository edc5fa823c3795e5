// SPDX-License-Identifier: BSD-2-Clause
#include "files.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

int files_raise(struct error *error)
{
	struct rlimit limit;
	int r;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0) {
		r = -errno;
		return error_set(error, r, "the limit of open files is unknown: %s", strerror(-r));
	}
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur >= FILES_MIN)
		return 0;
	return error_set(
		error, -EMFILE,
		"the limit of open files is %llu, and at least %d are needed: raise it (`ulimit "
		"-n`, LimitNOFILE=)",
		(unsigned long long)limit.rlim_cur, FILES_MIN);
}
