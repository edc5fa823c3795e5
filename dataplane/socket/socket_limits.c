// SPDX-License-Identifier: BSD-2-Clause
#include "socket_limits.h"

#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

#define FILES_REST	256  /* for all but sockets of ours; SOCKET_SPARE is a part of it */
#define FILES_STEP	1024 /* what advice is a multiple of */
#define CONNECTIONS_FEW 256  /* that are worth more than another worker */
#define CONNECTIONS_MIN 16

static size_t files_limit(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) < 0 ? 0 : limit.rlim_cur;
}

/* A reload has the old sockets and the new ones for a moment. */
static size_t files_of_ports(unsigned int workers, size_t services)
{
	return 2 * (SOCKET_TRANSPORTS * services * workers);
}

unsigned int socket_limits_workers(unsigned int workers, size_t services)
{
	while (workers > 1 &&
	       files_of_ports(workers, services) + CONNECTIONS_FEW + FILES_REST > files_limit())
		workers--;
	return workers;
}

unsigned int socket_limits_connections(unsigned int workers, size_t services)
{
	size_t limit = files_limit(), ports = files_of_ports(workers, services);
	size_t left = limit > ports ? limit - ports : 0;

	left -= left / 2 < FILES_REST ? left / 2 : FILES_REST;
	if (left < CONNECTIONS_MIN)
		return CONNECTIONS_MIN;
	return left < SOCKET_CONNECTIONS_MAX ? left : SOCKET_CONNECTIONS_MAX;
}

size_t socket_limits_advice(unsigned int workers, size_t services)
{
	size_t files = files_of_ports(workers, services) + SOCKET_CONNECTIONS_MAX + FILES_REST;

	return (files + FILES_STEP - 1) / FILES_STEP * FILES_STEP;
}

/* The kernel gives out the lowest number that is free, so a high one says that few are left. */
int socket_limits_keep(int fd, size_t spare)
{
	if (fd < 0 || (size_t)fd + spare < files_limit())
		return fd;
	close(fd);
	return -EMFILE;
}
