// SPDX-License-Identifier: BSD-2-Clause
#include "health.h"

#include <errno.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "endpoint.h"
#include "socket/socket.h"

#define ETHERNET_SIZE 14
#define UDP_SIZE      8
#define STUN_SIZE     20
#define SOURCE_PORT   54321

/* One Binding request, and where its parts stand in the frame. */
struct probe {
	uint8_t frame[256];
	size_t length;
	size_t stun;
	uint8_t client[16];
	size_t address_size; /* 4 or 16 */
};

/* Cookie and transaction ID: what the mapped address is XORed with. */
static const uint8_t mask[16] = {0x21, 0x12, 0xa4, 0x42, 'r', 'e', 'f', 'l',
				 'e',  'x',  ' ',  'p',	 'r', 'o', 'b', 'e'};

static void put16(uint8_t *to, unsigned int value)
{
	to[0] = value >> 8;
	to[1] = value;
}

static uint32_t sum16(const uint8_t *from, size_t length, uint32_t sum)
{
	for (size_t i = 0; i + 1 < length; i += 2)
		sum += from[i] << 8 | from[i + 1];
	return sum;
}

static unsigned int fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

/* A documentation address (RFC 5737, RFC 3849), or the next that is none of the service's two. */
static void choose_client(struct probe *probe, const struct policy_service *service)
{
	static const uint8_t client4[4] = {192, 0, 2, 1};
	static const uint8_t client6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
	bool ipv4 = service->family == FAMILY_IPV4;

	probe->address_size = ipv4 ? 4 : 16;
	memcpy(probe->client, ipv4 ? client4 : client6, probe->address_size);
	while (memcmp(probe->client, service->address, probe->address_size) == 0 ||
	       memcmp(probe->client, service->alternate, probe->address_size) == 0)
		probe->client[probe->address_size - 1]++;
}

static void build_ip(struct probe *probe, const struct policy_service *service)
{
	uint8_t *ip = probe->frame + ETHERNET_SIZE;
	size_t payload = UDP_SIZE + STUN_SIZE;

	if (service->family == FAMILY_IPV4) {
		const uint8_t header[12] = {0x45, 0, 0, 20 + payload, 0, 0, 0x40, 0, 64, 17};

		memcpy(ip, header, sizeof(header));
		memcpy(ip + 12, probe->client, 4);
		memcpy(ip + 16, service->address, 4);
		put16(ip + 10, fold(sum16(ip, 20, 0)));
		probe->stun = ETHERNET_SIZE + 20 + UDP_SIZE;
	} else {
		const uint8_t header[8] = {0x60, 0, 0, 0, 0, payload, 17, 64};

		memcpy(ip, header, sizeof(header));
		memcpy(ip + 8, probe->client, 16);
		memcpy(ip + 24, service->address, 16);
		probe->stun = ETHERNET_SIZE + 40 + UDP_SIZE;
	}
}

static void build_probe(struct probe *probe, const struct policy_service *service)
{
	static const uint8_t ethernet[12] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
	static const uint8_t binding[4] = {0, 1, 0, 0};
	uint8_t *udp, *stun;
	uint32_t sum;

	memset(probe, 0, sizeof(*probe));
	memcpy(probe->frame, ethernet, sizeof(ethernet));
	put16(probe->frame + 12, service->family == FAMILY_IPV4 ? 0x0800 : 0x86dd);
	choose_client(probe, service);
	build_ip(probe, service);

	stun = probe->frame + probe->stun;
	memcpy(stun, binding, sizeof(binding));
	memcpy(stun + 4, mask, sizeof(mask));

	udp = stun - UDP_SIZE;
	put16(udp, SOURCE_PORT);
	put16(udp + 2, service->port);
	put16(udp + 4, UDP_SIZE + STUN_SIZE);
	/* Both addresses stand before the UDP header; the rest of the pseudo-header is here. */
	sum = sum16(udp - 2 * probe->address_size, 2 * probe->address_size, 17);
	sum = sum16(udp, UDP_SIZE + STUN_SIZE, sum + UDP_SIZE + STUN_SIZE);
	put16(udp + 6, fold(sum) ? fold(sum) : 0xffff);
	probe->length = probe->stun + STUN_SIZE;
}

/* Whether the frame has become the answer: the client's own address and port, first of all
 * attributes. */
static bool answered(const struct probe *probe)
{
	const uint8_t *stun = probe->frame + probe->stun;
	const uint8_t *value = stun + STUN_SIZE + 4;
	uint8_t expected[24] = {0, 0x20, 0, 4 + probe->address_size, 0};

	if (probe->length < probe->stun + STUN_SIZE + 8 + probe->address_size)
		return false;
	if (stun[0] != 0x01 || stun[1] != 0x01 || memcmp(stun + 4, mask, sizeof(mask)) != 0)
		return false;
	expected[5] = probe->address_size == 4 ? 1 : 2;
	put16(expected + 6, SOURCE_PORT ^ 0x2112);
	for (size_t i = 0; i < probe->address_size; i++)
		expected[8 + i] = probe->client[i] ^ mask[i];
	return memcmp(value - 4, expected, 8 + probe->address_size) == 0;
}

static bool ask_program(struct loader *loader, const struct services *services, char *reason,
			size_t size)
{
	const struct service *service = &services->list[0];
	char text[ENDPOINT_TEXT_MAX];
	struct probe probe;
	int action;

	build_probe(&probe, &service->service);
	action = loader_run(loader, probe.frame, &probe.length, sizeof(probe.frame));
	if (action == XDP_TX && answered(&probe))
		return true;

	endpoint_print(text, &service->service, service->scope);
	if (action < 0)
		snprintf(reason, size, "the program cannot be run: %s", strerror(-action));
	else if (action == XDP_TX)
		snprintf(reason, size, "the program gives a wrong answer for %s", text);
	else
		snprintf(reason, size, "the program does not answer for %s (XDP action %d)", text,
			 action);
	return false;
}

static bool ask_sockets(const struct socket_responder *sockets, const struct services *services,
			char *reason, size_t size)
{
	const struct service *service = &services->list[0];
	struct message_path path = {
		.family = service->service.family,
		.source_port = be16_from(SOURCE_PORT),
		.destination_port = be16_from(service->service.port),
	};
	char text[ENDPOINT_TEXT_MAX];
	struct probe probe;

	build_probe(&probe, &service->service);
	memcpy(&path.source, probe.client, sizeof(probe.client));
	memcpy(&path.destination, service->service.address, sizeof(path.destination));
	probe.length =
		probe.stun + socket_run(sockets, &path, probe.frame + probe.stun, STUN_SIZE,
					probe.frame + probe.stun, sizeof(probe.frame) - probe.stun);
	if (answered(&probe))
		return true;
	snprintf(reason, size, "the sockets give %s answer for %s",
		 probe.length > probe.stun ? "a wrong" : "no",
		 endpoint_print(text, &service->service, service->scope));
	return false;
}

/* Whether packets can come in by an interface. @index: 0 where there is none of that name. */
static bool link_ready(const char *name, unsigned int index, char *reason, size_t size)
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

bool health_interface(const struct loader *loader, size_t position, char *reason, size_t size)
{
	struct loader_interface interface = loader_interface_get(loader, position);

	if (loader_interface_live(loader, position))
		return link_ready(interface.name, interface.index, reason, size);
	snprintf(reason, size, "%s: the program is no longer attached (was it deleted?)",
		 interface.name);
	return false;
}

static bool interfaces_ready(const struct health *health, char *reason, size_t size)
{
	const struct config *config = health->config;

	if (health->loader) {
		for (size_t i = 0; i < loader_interface_count(health->loader); i++)
			if (!health_interface(health->loader, i, reason, size))
				return false;
		return true;
	}
	for (size_t i = 0; i < config->interfaces_count; i++) {
		const char *name = config->interfaces[i].name;

		if (!link_ready(name, if_nametoindex(name), reason, size))
			return false;
	}
	return true;
}

bool health_ready(const struct health *health, char *reason, size_t size)
{
	if (!interfaces_ready(health, reason, size))
		return false;
	if (health->services->count == 0) {
		snprintf(reason, size, "no interface has an address yet, and answering needs one");
		return false;
	}
	if (health->loader && !ask_program(health->loader, health->services, reason, size))
		return false;
	return socket_ready(health->sockets, reason, size) &&
	       ask_sockets(health->sockets, health->services, reason, size);
}
