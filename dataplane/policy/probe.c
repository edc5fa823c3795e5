// SPDX-License-Identifier: BSD-2-Clause
#include "probe.h"

#include <string.h>

#define ETHERNET_SIZE 14
#define UDP_SIZE      8

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
	size_t payload = UDP_SIZE + PROBE_STUN;

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

void probe_build(struct probe *probe, const struct policy_service *service)
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
	put16(udp, PROBE_PORT);
	put16(udp + 2, service->port);
	put16(udp + 4, UDP_SIZE + PROBE_STUN);
	/* Both addresses stand before the UDP header; the rest of the pseudo-header is here. */
	sum = sum16(udp - 2 * probe->address_size, 2 * probe->address_size, 17);
	sum = sum16(udp, UDP_SIZE + PROBE_STUN, sum + UDP_SIZE + PROBE_STUN);
	put16(udp + 6, fold(sum) ? fold(sum) : 0xffff);
	probe->length = probe->stun + PROBE_STUN;
}

bool probe_answered(const struct probe *probe)
{
	const uint8_t *stun = probe->frame + probe->stun;
	const uint8_t *value = stun + PROBE_STUN + 4;
	uint8_t expected[24] = {0, 0x20, 0, 4 + probe->address_size, 0};

	if (probe->length < probe->stun + PROBE_STUN + 8 + probe->address_size)
		return false;
	if (stun[0] != 0x01 || stun[1] != 0x01 || memcmp(stun + 4, mask, sizeof(mask)) != 0)
		return false;
	expected[5] = probe->address_size == 4 ? 1 : 2;
	put16(expected + 6, PROBE_PORT ^ 0x2112);
	for (size_t i = 0; i < probe->address_size; i++)
		expected[8 + i] = probe->client[i] ^ mask[i];
	return memcmp(value - 4, expected, 8 + probe->address_size) == 0;
}
