// SPDX-License-Identifier: BSD-2-Clause
#include "socket_port.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "socket_filter.h"
#include "socket_limits.h"

#define BACKLOG 256

/* Replies have the header fields that the core writes: TTL 64, DF, nothing else. */
static const struct socket_option {
	int family;
	int type; /* 0: both */
	int level;
	int name;
	int value;
} options[] = {
	/* An anycast address may come later than we do, and an IPv6 one may still be tentative. */
	{AF_INET, 0, IPPROTO_IP, IP_FREEBIND, 1},
	{AF_INET6, 0, IPPROTO_IPV6, IPV6_FREEBIND, 1},
	{AF_INET6, 0, IPPROTO_IPV6, IPV6_V6ONLY, 1},
	{AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_PKTINFO, 1},
	{AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_TTL, WIRE_TTL},
	{AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_TOS, 0},
	{AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE},
	{AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1},
	{AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_UNICAST_HOPS, WIRE_TTL},
	{AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_TCLASS, 0},
	{AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, 0},
	{AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE},
	/* Connections of an earlier process may still be in TIME_WAIT. */
	{AF_UNSPEC, SOCK_STREAM, SOL_SOCKET, SO_REUSEADDR, 1},
	/* What follows holds for the connections: little memory, and no wait for a silent peer. */
	{AF_UNSPEC, SOCK_STREAM, SOL_SOCKET, SO_RCVBUF, SOCKET_TCP_BUFFER},
	{AF_UNSPEC, SOCK_STREAM, SOL_SOCKET, SO_SNDBUF, SOCKET_TCP_BUFFER},
	{AF_UNSPEC, SOCK_STREAM, IPPROTO_TCP, TCP_NODELAY, 1},
	{AF_UNSPEC, SOCK_STREAM, IPPROTO_TCP, TCP_USER_TIMEOUT, SOCKET_TCP_SLOW_MS},
};

static int set_options(int fd, int family, int type)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		const struct socket_option *option = &options[i];

		if ((option->family && option->family != family) ||
		    (option->type && option->type != type))
			continue;
		if (setsockopt(fd, option->level, option->name, &option->value,
			       sizeof(option->value)) < 0)
			return -errno;
	}
	return type == SOCK_DGRAM ? socket_filter_attach(fd, family) : 0;
}

static int share(int fd)
{
	const int on = 1;

	return setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) < 0 ? -errno : 0;
}

/*
 * The first socket of a port is bound alone, and shared only then: SO_REUSEPORT would let it join
 * another program's port.
 */
static int bind_socket(int fd, const struct service *service, bool first, bool shared)
{
	struct sockaddr_storage address;
	socklen_t length = endpoint_sockaddr(&address, &service->service, service->scope);
	int r = shared && !first ? share(fd) : 0;

	if (r == 0 && bind(fd, (struct sockaddr *)&address, length) < 0)
		r = -errno;
	if (r == 0 && shared && first)
		r = share(fd);
	return r;
}

int socket_port_bind(const struct service *service, bool stream, bool first, bool shared)
{
	int family = service->service.family == FAMILY_IPV6 ? AF_INET6 : AF_INET;
	int type = stream ? SOCK_STREAM : SOCK_DGRAM;
	int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), r;

	if (fd < 0)
		return -errno;
	r = set_options(fd, family, type);
	if (r == 0)
		r = bind_socket(fd, service, first, shared);
	if (r == 0 && stream && listen(fd, BACKLOG) < 0)
		r = -errno;
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

static void path_to(struct message_path *path, const struct service *service, bool stream)
{
	memset(path, 0, sizeof(*path));
	path->family = service->service.family;
	path->stream = stream;
	path->destination_port = be16_from(service->service.port);
	memcpy(&path->destination, service->service.address, sizeof(path->destination));
}

int socket_port_open(struct socket_port **port, const struct service *service, bool stream,
		     bool first, bool shared, size_t spare)
{
	struct socket_port *new = calloc(1, sizeof(*new));
	int r;

	if (!new)
		return -ENOMEM;
	r = socket_limits_keep(socket_port_bind(service, stream, first, shared), spare);
	if (r < 0) {
		free(new);
		return r;
	}
	new->source.fd = r;
	new->service = *service;
	new->stream = stream;
	new->fresh = true;
	path_to(&new->path, service, stream);
	*port = new;
	return 0;
}

void socket_port_close(struct socket_port *port)
{
	socket_port_count_drops(port);
	close(port->source.fd);
	port->source.fd = -1;
}

struct socket_drop_count *socket_drop_count_find(struct socket_drop_count **first, uint16_t port)
{
	struct socket_drop_count *drops = *first;

	while (drops && drops->port != port)
		drops = drops->next;
	if (drops)
		return drops;
	drops = calloc(1, sizeof(*drops));
	if (!drops)
		return NULL;
	drops->port = port;
	drops->next = *first;
	return *first = drops;
}

/* The kernel's number wraps around, and ends with the socket. */
void socket_port_count_drops(struct socket_port *port)
{
	uint32_t info[SK_MEMINFO_VARS];
	socklen_t length = sizeof(info);

	if (!port->drops ||
	    getsockopt(port->source.fd, SOL_SOCKET, SO_MEMINFO, info, &length) < 0 ||
	    length <= SK_MEMINFO_DROPS * sizeof(info[0]))
		return;
	port->drops->count += info[SK_MEMINFO_DROPS] - port->dropped;
	port->dropped = info[SK_MEMINFO_DROPS];
}

void socket_path_from(struct message_path *path, const struct sockaddr_storage *client)
{
	if (client->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)client;

		path->source_port.raw = in6->sin6_port;
		memcpy(&path->source, &in6->sin6_addr, sizeof(in6->sin6_addr));
	} else {
		const struct sockaddr_in *in = (const struct sockaddr_in *)client;

		path->source_port.raw = in->sin_port;
		memcpy(&path->source, &in->sin_addr, sizeof(in->sin_addr));
	}
}

/* --- the set --- */

struct socket_port_set *socket_port_set_new(unsigned int workers, size_t services)
{
	size_t ports = SOCKET_TRANSPORTS * services * workers;
	struct socket_port_set *set =
		calloc(1, sizeof(*set) + ports * sizeof(struct socket_port *));

	if (set)
		set->workers = workers;
	return set;
}

static int compare_port(const struct socket_port *port, const struct service *service, bool stream)
{
	int r = service_compare(&port->service, service);

	return r ? r : (int)port->stream - (int)stream;
}

size_t socket_port_set_find(const struct socket_port_set *set, const struct service *service,
			    bool stream)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int r = compare_port(socket_port_set_get(set, middle, 0), service, stream);

		if (r == 0)
			return middle;
		if (r < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return set->count;
}
