// SPDX-License-Identifier: BSD-2-Clause
#include "link.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

bool link_ready(const char *name, unsigned int index, char *reason, size_t size)
{
	struct ifreq request = {0};
	int fd, r;

	/* By index, as names change; not by /sys, which may show another namespace's. */
	if (!if_indextoname(index, request.ifr_name)) {
		snprintf(reason, size, "%s: is gone from this network namespace", name);
		return false;
	}
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	r = fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	if (r < 0)
		snprintf(reason, size, "%s: its state is unknown: %s", name, strerror(-r));
	else if (!(request.ifr_flags & IFF_UP))
		snprintf(reason, size, "%s: is down", name);
	else if (!(request.ifr_flags & IFF_RUNNING))
		snprintf(reason, size, "%s: has no carrier", name);
	else
		return true;
	return false;
}
