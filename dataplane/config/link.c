// SPDX-License-Identifier: BSD-2-Clause
#include "link.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static int asked = -1; /* the socket of every question, kept: there may be no file for another */

int link_open(void)
{
	if (asked < 0)
		asked = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return asked < 0 ? -errno : 0;
}

static int ask(unsigned long question, struct ifreq *request)
{
	int r = link_open();

	if (r == 0 && ioctl(asked, question, request) < 0)
		r = -errno;
	return r;
}

int link_index(const char *name)
{
	struct ifreq request = {0};
	int r;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	r = ask(SIOCGIFINDEX, &request);
	return r < 0 ? r : request.ifr_ifindex;
}

bool link_gone(int index)
{
	struct ifreq request = {.ifr_ifindex = index};

	return index == 0 || ask(SIOCGIFNAME, &request) == -ENODEV;
}

bool link_ready(const char *name, int index, char *reason, size_t size)
{
	struct ifreq request = {.ifr_ifindex = index};
	int r = index < 0 ? index : index == 0 ? -ENODEV : 0;

	/* By index, as names change; not by /sys, which may show another namespace's. */
	if (r == 0)
		r = ask(SIOCGIFNAME, &request);
	if (r == 0)
		r = ask(SIOCGIFFLAGS, &request);
	if (r == -ENODEV)
		snprintf(reason, size, "%s: is gone from this network namespace", name);
	else if (r < 0)
		snprintf(reason, size, "%s: its state is unknown: %s", name, strerror(-r));
	else if (!(request.ifr_flags & IFF_UP))
		snprintf(reason, size, "%s: is down", name);
	else if (!(request.ifr_flags & IFF_RUNNING))
		snprintf(reason, size, "%s: has no carrier", name);
	else
		return true;
	return false;
}
