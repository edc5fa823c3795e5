// SPDX-License-Identifier: BSD-2-Clause
#include "ports.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "endpoint.h"
#include "log.h"

/* A reload holds the old sockets and the new ones for a moment; the rest is for all other files. */
#define FILES_MAX (2 * POLICY_SERVICES_MAX + 256)

void ports_allow(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= FILES_MAX)
		return;
	limit.rlim_cur = limit.rlim_max < FILES_MAX ? limit.rlim_max : FILES_MAX;
	setrlimit(RLIMIT_NOFILE, &limit); /* too few are noticed, and said, when they run out */
}

static int find(const struct ports *ports, const struct service *service)
{
	for (size_t i = 0; i < ports->count; i++)
		if (service_compare(&ports->list[i].service, service) == 0)
			return ports->list[i].fd;
	return -1;
}

/* The filter stands before the port is bound, so that not one packet gets in. */
static int set_options(int fd, int family)
{
	struct sock_filter reject = BPF_STMT(BPF_RET | BPF_K, 0);
	const struct sock_fprog program = {.len = 1, .filter = &reject};
	const int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0)
		return -errno;
	if (family == AF_INET6) {
		if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0 ||
		    setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof(on)) < 0)
			return -errno;
		return 0;
	}
	/* An anycast address may come later than we do, and an IPv6 one may still be tentative. */
	return setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof(on)) < 0 ? -errno : 0;
}

static int open_port(const struct service *service)
{
	struct sockaddr_storage address;
	socklen_t length = endpoint_sockaddr(&address, &service->service, service->scope);
	int fd, r;

	fd = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	r = set_options(fd, address.ss_family);
	if (r == 0 && bind(fd, (struct sockaddr *)&address, length) < 0)
		r = -errno;
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

static void say_why(int r, const struct service *service, char *error, size_t size)
{
	char text[ENDPOINT_TEXT_MAX];
	uint16_t port = service->service.port;

	endpoint_print(text, &service->service, service->scope);
	switch (r) {
	case -EADDRINUSE:
		snprintf(error, size,
			 "%s is in use by another program: `ss -ulpn 'sport = :%u'` names it; stop "
			 "it, or set `otherwise: pass` to share the port with it",
			 text, port);
		break;
	case -EACCES:
		snprintf(error, size,
			 "%s cannot be bound: a port below 1024 needs CAP_NET_BIND_SERVICE, which "
			 "is "
			 "dropped after the start: restart reflexd to have it",
			 text);
		break;
	case -EMFILE:
	case -ENFILE:
		snprintf(error, size,
			 "%s cannot be bound: too many open files: raise the limit (`ulimit -n`, "
			 "LimitNOFILE=) to %d",
			 text, FILES_MAX);
		break;
	default:
		snprintf(error, size, "%s cannot be bound: %s", text, strerror(-r));
	}
}

int ports_hold(struct ports *next, const struct ports *held, const struct services *services,
	       bool strict, char *error, size_t size)
{
	next->count = 0;
	next->list = calloc(services->count + 1, sizeof(*next->list));
	if (!next->list) {
		snprintf(error, size, "out of memory");
		return -ENOMEM;
	}
	for (size_t i = 0; i < services->count; i++) {
		const struct service *service = &services->list[i];
		int fd = find(held, service);

		if (fd < 0)
			fd = open_port(service);
		if (fd < 0) {
			say_why(fd, service, error, size);
			if (strict) {
				ports_forget(held, next);
				return fd;
			}
			log_warning("%s; requests are answered there, but what is handed up meets "
				    "an ICMP unreachable",
				    error);
			continue;
		}
		next->list[next->count++] = (struct port){.service = *service, .fd = fd};
	}
	return 0;
}

static void close_others(struct ports *ports, const struct ports *kept)
{
	for (size_t i = 0; i < ports->count; i++)
		if (find(kept, &ports->list[i].service) != ports->list[i].fd)
			close(ports->list[i].fd);
	free(ports->list);
	*ports = (struct ports){0};
}

void ports_replace(struct ports *held, struct ports *next)
{
	close_others(held, next);
	*held = *next;
	*next = (struct ports){0};
}

void ports_forget(const struct ports *held, struct ports *next)
{
	close_others(next, held);
}

void ports_close(struct ports *ports)
{
	const struct ports none = {0};

	close_others(ports, &none);
}
