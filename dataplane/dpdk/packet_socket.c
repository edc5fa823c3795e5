// SPDX-License-Identifier: BSD-2-Clause
#include "packet_socket.h"

#include <dirent.h>
#include <linux/if_packet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

static bool is_bound(int fd, unsigned int interface)
{
	struct sockaddr_ll address = {0};
	socklen_t size = sizeof(address);

	return getsockname(fd, (struct sockaddr *)&address, &size) == 0 &&
	       address.sll_family == AF_PACKET && (unsigned int)address.sll_ifindex == interface;
}

void packet_sockets_find(struct packet_sockets *sockets, unsigned int interface)
{
	DIR *directory = opendir("/proc/self/fd");
	const struct dirent *entry;

	sockets->count = 0;
	while (directory && sockets->count < PACKET_SOCKETS_MAX && (entry = readdir(directory))) {
		int fd = atoi(entry->d_name); /* of "." too, which is no such socket */

		if (is_bound(fd, interface))
			sockets->fds[sockets->count++] = fd;
	}
	if (directory)
		closedir(directory);
	packet_sockets_dropped(sockets);
}

uint64_t packet_sockets_dropped(const struct packet_sockets *sockets)
{
	uint64_t dropped = 0;

	for (unsigned int i = 0; i < sockets->count; i++) {
		struct tpacket_stats statistics; /* the kernel's begin anew with each reading */
		socklen_t size = sizeof(statistics);

		if (getsockopt(sockets->fds[i], SOL_PACKET, PACKET_STATISTICS, &statistics,
			       &size) == 0)
			dropped += statistics.tp_drops;
	}
	return dropped;
}
