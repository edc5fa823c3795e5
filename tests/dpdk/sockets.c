// SPDX-License-Identifier: BSD-2-Clause
#include "sockets.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define ETHERNET_HEADER 14
#define UNIX_MTU	1500 /* emulated cards are no better than others */
#define PATIENCE	20   /* seconds for the other end to take a frame */

struct sockets {
	struct wire wire; /* first, so that either's address is both's */
	struct raw raw;	  /* or only its descriptor */
	char local[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* to remove; empty: none */
};

static struct sockets *sockets_of(struct wire *wire)
{
	return (struct sockets *)wire;
}

static int send_frames(struct wire *wire, const struct raw_frame *frames, size_t count)
{
	return raw_send(&sockets_of(wire)->raw, frames, count);
}

static int receive_packet(struct wire *wire, uint8_t *frame, size_t capacity, int milliseconds)
{
	return raw_receive(&sockets_of(wire)->raw, frame, capacity, milliseconds);
}

static int receive_unix(struct wire *wire, uint8_t *frame, size_t capacity, int milliseconds)
{
	struct pollfd event = {sockets_of(wire)->raw.fd, POLLIN, 0};
	ssize_t length;

	if (poll(&event, 1, milliseconds) <= 0)
		return 0;
	length = recv(event.fd, frame, capacity, MSG_DONTWAIT);
	return length < 0 ? -errno : (int)length;
}

static int set_address(struct sockaddr_un *address, const char *path, size_t length)
{
	address->sun_family = AF_UNIX;
	if (!length || length >= sizeof(address->sun_path))
		return -ENAMETOOLONG;
	memcpy(address->sun_path, path, length);
	return 0;
}

/* Waits for the other end, whoever starts first. */
static int connect_unix(int fd, const struct sockaddr_un *address)
{
	for (int i = 0; i < PATIENCE * 10; i++) {
		if (!connect(fd, (const struct sockaddr *)address, sizeof(*address)))
			return 0;
		if (errno != ENOENT && errno != ECONNREFUSED)
			break;
		usleep(100000);
	}
	return -errno;
}

/* @paths: LOCAL:REMOTE */
static int open_unix(struct sockets *sockets, const char *paths)
{
	struct sockaddr_un local = {0}, remote = {0};
	struct timeval patience = {.tv_sec = PATIENCE};
	size_t length = strcspn(paths, ":");
	int fd;

	if (!paths[length] || set_address(&local, paths, length) ||
	    set_address(&remote, paths + length + 1, strlen(paths + length + 1)))
		return -EINVAL;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	sockets->raw.fd = fd;
	if (fd < 0)
		return -errno;
	unlink(local.sun_path);
	if (bind(fd, (struct sockaddr *)&local, sizeof(local)))
		return -errno;
	memcpy(sockets->local, local.sun_path, sizeof(sockets->local));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)))
		return -errno;
	sockets->wire.min = 1;
	sockets->wire.max = UNIX_MTU + ETHERNET_HEADER;
	sockets->wire.receive = receive_unix;
	return connect_unix(fd, &remote);
}

static int open_packet(struct sockets *sockets, const char *interface)
{
	int r = raw_open(&sockets->raw, interface);

	sockets->wire.min = ETHERNET_HEADER;
	sockets->wire.max = sockets->raw.mtu + ETHERNET_HEADER;
	sockets->wire.receive = receive_packet;
	return r;
}

struct wire *sockets_open(const char *transport)
{
	static struct sockets sockets;
	int r = -EINVAL;

	sockets = (struct sockets){.raw.fd = -1, .wire.send = send_frames};
	if (!strncmp(transport, "unix:", 5))
		r = open_unix(&sockets, transport + 5);
	else if (!strncmp(transport, "packet:", 7))
		r = open_packet(&sockets, transport + 7);
	if (!r)
		return &sockets.wire;
	fprintf(stderr, "corpus: %s: %s\n", transport, strerror(-r));
	sockets_close(&sockets.wire);
	return NULL;
}

void sockets_close(struct wire *wire)
{
	struct sockets *sockets = sockets_of(wire);

	raw_close(&sockets->raw);
	if (sockets->local[0])
		unlink(sockets->local);
}
