// SPDX-License-Identifier: BSD-2-Clause
/*
 * The far end of an emulated network card's wire: one datagram on a Unix socket is one Ethernet
 * frame. Sends Binding Requests to the guest, or what neighbours ask, and compares whole replies,
 * byte by byte, with what the RFCs say. Includes none of the core.
 *
 * wire OWN-SOCKET GUEST-SOCKET stun|neighbours|punt
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define COOKIE	    0x2112a442
#define PATIENCE_MS 20000 /* an emulated CPU on a busy machine */

struct frame {
	size_t length;
	uint8_t byte[256];
};

struct host {
	uint8_t mac[6];
	const char *ipv4, *ipv6;
	uint16_t port;
};

/* What differs between the IP headers of the same two hosts. */
struct ip {
	uint8_t protocol;
	uint8_t hops;
};

struct test {
	const char *name;
	/* the request, and what must come of it */
	void (*write)(struct frame *frame, const struct test *test, bool reply, uint8_t number);
	bool ipv6;
	bool tagged;
	bool fingerprint;
	bool kernel; /* asks for the guest's own address */
};

static const struct host client = {
	{0x02, 0, 0, 0, 0, 0x07}, "198.51.100.7", "2001:db8:1::7", 40000};
static const struct host server = {
	{0x52, 0x54, 0, 0x12, 0x34, 0x56}, "203.0.113.10", "2001:db8::10", 3478};
/* the same card, and an address that is no service's */
static const struct host kernel = {{0x52, 0x54, 0, 0x12, 0x34, 0x56}, "192.0.2.77", NULL, 0};
/* RFC 4291 section 2.7.1 */
static const struct host solicited = {{0x33, 0x33, 0xff, 0, 0, 0x10}, NULL, "ff02::1:ff00:10", 0};

static void put(struct frame *frame, const void *data, size_t length)
{
	memcpy(frame->byte + frame->length, data, length);
	frame->length += length;
}

static void put16(struct frame *frame, uint16_t value)
{
	put(frame, (uint8_t[]){value >> 8, value}, 2);
}

static void put32(struct frame *frame, uint32_t value)
{
	put16(frame, value >> 16);
	put16(frame, value);
}

static void put_address(struct frame *frame, bool ipv6, const struct host *host)
{
	uint8_t address[16];

	inet_pton(ipv6 ? AF_INET6 : AF_INET, ipv6 ? host->ipv6 : host->ipv4, address);
	put(frame, address, ipv6 ? 16 : 4);
}

static uint16_t checksum(const uint8_t *data, size_t length, uint32_t sum)
{
	for (size_t i = 0; i < length; i++)
		sum += i & 1 ? data[i] : data[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static uint32_t crc32(const uint8_t *data, size_t length)
{
	uint32_t crc = ~0u;

	while (length--) {
		crc ^= *data++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

/* Ethernet, a tag where asked for, and IP; @length is that of what comes behind. */
static void put_headers(struct frame *frame, const struct test *test, const struct host *from,
			const struct host *to, const struct ip *ip, size_t length)
{
	bool reply = from == &server;
	size_t start;
	uint16_t sum;

	frame->length = 0;
	put(frame, to->mac, 6);
	put(frame, from->mac, 6);
	if (test->tagged) {
		put16(frame, 0x8100);
		put16(frame, 0x6007);
	}
	put16(frame, test->ipv6 ? 0x86dd : 0x0800);
	start = frame->length;
	if (test->ipv6) {
		put32(frame, reply ? 0x60000000 : 0x6b812345);
		put16(frame, length);
		put16(frame, ip->protocol << 8 | ip->hops);
	} else {
		put16(frame, reply ? 0x4500 : 0x45b8);
		put16(frame, 20 + length);
		put32(frame, reply ? 0x00004000 : 0xbeef0000);
		put16(frame, ip->hops << 8 | ip->protocol);
		put16(frame, 0);
	}
	put_address(frame, test->ipv6, from);
	put_address(frame, test->ipv6, to);
	if (!test->ipv6) {
		sum = htons(checksum(frame->byte + start, 20, 0));
		memcpy(frame->byte + start + 10, &sum, 2);
	}
}

/* A checksum over the last @length bytes and the pseudo header, @offset bytes into them. */
static void put_checksum(struct frame *frame, const struct test *test, const struct ip *ip,
			 size_t length, size_t offset)
{
	uint8_t *payload = frame->byte + frame->length - length;
	size_t addresses = test->ipv6 ? 32 : 8;
	uint16_t sum =
		htons(checksum(payload - addresses, addresses + length, ip->protocol + length));

	memcpy(payload + offset, &sum, 2);
}

/* A Binding Request, or the success response to it. */
static void write_message(struct frame *message, const struct test *test, bool reply,
			  const uint8_t transaction[12])
{
	uint16_t body = reply ? test->ipv6 ? 24 : 12 : 0;
	uint8_t *mapped, *mask;

	message->length = 0;
	put16(message, reply ? 0x0101 : 0x0001);
	put16(message, body + (test->fingerprint ? 8 : 0));
	put32(message, COOKIE);
	put(message, transaction, 12);
	if (reply) {
		put16(message, 0x0020);
		put16(message, body - 4);
		put16(message, test->ipv6 ? 2 : 1);
		put16(message, client.port ^ COOKIE >> 16);
		mapped = message->byte + message->length;
		mask = message->byte + 4;
		put_address(message, test->ipv6, &client);
		for (int i = 0; i < body - 8; i++)
			mapped[i] ^= mask[i];
	}
	if (test->fingerprint) {
		uint32_t crc = crc32(message->byte, message->length);

		put16(message, 0x8028);
		put16(message, 4);
		put32(message, crc ^ 0x5354554e);
	}
}

static void write_stun(struct frame *frame, const struct test *test, bool reply, uint8_t number)
{
	uint8_t transaction[12] = {'r', 'e', 'f', 'l', 'e', 'x', 0, 0xff, 0x80, 0x7f, 1, number};
	const struct host *from = reply ? &server : &client, *to = reply ? &client : &server;
	struct ip ip = {.protocol = 17, .hops = reply ? 64 : 55};
	struct frame message;
	size_t length;

	write_message(&message, test, reply, transaction);
	length = 8 + message.length;
	put_headers(frame, test, from, to, &ip, length);
	put16(frame, from->port);
	put16(frame, to->port);
	put16(frame, length);
	put16(frame, 0);
	put(frame, message.byte, message.length);
	put_checksum(frame, test, &ip, length, 6);
}

/* RFC 826, padded to what Ethernet asks for; but the kernel leaves that to the card, which does not
 */
static void write_arp(struct frame *frame, const struct test *test, bool reply, uint8_t number)
{
	const struct host *asked = test->kernel ? &kernel : &server;
	const struct host *from = reply ? asked : &client, *to = reply ? &client : asked;
	static const uint8_t nobody[6], everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	(void)number;
	frame->length = 0;
	put(frame, reply ? to->mac : everybody, 6);
	put(frame, from->mac, 6);
	put16(frame, 0x0806);
	put32(frame, 0x00010800);
	put32(frame, reply ? 0x06040002 : 0x06040001);
	put(frame, from->mac, 6);
	put_address(frame, test->ipv6, from);
	put(frame, reply ? to->mac : nobody, 6);
	put_address(frame, test->ipv6, to);
	while (frame->length < 60 && !(reply && test->kernel))
		put(frame, nobody, 1);
}

/* RFC 4861 sections 4.3 and 4.4 */
static void write_discovery(struct frame *frame, const struct test *test, bool reply,
			    uint8_t number)
{
	const struct host *from = reply ? &server : &client;
	const struct host *to = reply ? &client : &solicited;
	struct ip ip = {.protocol = 58, .hops = 255};

	(void)number;
	put_headers(frame, test, from, to, &ip, 32);
	put32(frame, reply ? 0x88000000 : 0x87000000);
	put32(frame, reply ? 0x60000000 : 0);
	put_address(frame, test->ipv6, &server);
	put16(frame, reply ? 0x0201 : 0x0101);
	put(frame, from->mac, 6);
	put_checksum(frame, test, &ip, 32, 2);
}

/* RFC 792, RFC 4443 section 4 */
static void write_echo(struct frame *frame, const struct test *test, bool reply, uint8_t number)
{
	const struct host *from = reply ? &server : &client, *to = reply ? &client : &server;
	struct ip ip = {.protocol = test->ipv6 ? 58 : 1, .hops = reply ? 64 : 55};
	uint16_t type = test->ipv6 ? reply ? 129 : 128 : reply ? 0 : 8;
	uint16_t sum;

	put_headers(frame, test, from, to, &ip, 40);
	put32(frame, type << 24);
	put32(frame, 0xabcd0000 | number);
	for (uint32_t i = 0; i < 8; i++)
		put32(frame, i * 0x01234567);
	if (test->ipv6) {
		put_checksum(frame, test, &ip, 40, 2);
		return;
	}
	sum = htons(checksum(frame->byte + frame->length - 40, 40, 0));
	memcpy(frame->byte + frame->length - 38, &sum, 2);
}

static const struct test stun[] = {
	{.name = "ipv4", .write = write_stun},
	{.name = "ipv6", .write = write_stun, .ipv6 = true},
	{.name = "ipv4-fingerprint", .write = write_stun, .fingerprint = true},
	{.name = "ipv4-vlan", .write = write_stun, .tagged = true},
	{0},
};

static const struct test neighbours[] = {
	{.name = "arp", .write = write_arp},
	{.name = "neighbour-solicitation", .write = write_discovery, .ipv6 = true},
	{.name = "ping-ipv4", .write = write_echo},
	{.name = "ping-ipv6", .write = write_echo, .ipv6 = true},
	{.name = "ping-vlan", .write = write_echo, .tagged = true},
	{0},
};

static const struct test punt[] = {
	{.name = "arp-by-the-kernel", .write = write_arp, .kernel = true},
	{0},
};

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The next frame to us; the guest's own chatter (neighbour discovery and the like) goes to
 * multicast. */
static bool receive(int wire, struct frame *frame, long deadline)
{
	struct pollfd ready = {.fd = wire, .events = POLLIN};
	ssize_t length;
	long left;

	while ((left = deadline - now_ms()) > 0) {
		if (poll(&ready, 1, left) <= 0)
			continue;
		length = recv(wire, frame->byte, sizeof(frame->byte), MSG_TRUNC);
		if (length < 14 || memcmp(frame->byte, client.mac, 6))
			continue;
		frame->length =
			(size_t)length < sizeof(frame->byte) ? (size_t)length : sizeof(frame->byte);
		return true;
	}
	return false;
}

static void dump(const char *label, const struct frame *frame)
{
	printf("     %s", label);
	for (size_t i = 0; i < frame->length; i++)
		printf("%s%02x", i % 4 ? "" : " ", frame->byte[i]);
	printf("\n");
}

static bool run(int wire, const struct test *test, uint8_t number)
{
	struct frame request, expected, got;

	test->write(&request, test, false, number);
	test->write(&expected, test, true, number);

	/* Once only: the guest counts, and nothing on this wire gets lost. */
	if (send(wire, request.byte, request.length, 0) < 0) {
		printf("fail %s cannot send: %s\n", test->name, strerror(errno));
		return false;
	}
	if (!receive(wire, &got, now_ms() + PATIENCE_MS)) {
		printf("fail %s no reply within %d s\n", test->name, PATIENCE_MS / 1000);
		return false;
	}
	if (got.length != expected.length || memcmp(got.byte, expected.byte, got.length)) {
		dump("request ", &request);
		dump("expected", &expected);
		dump("got     ", &got);
		printf("fail %s the reply differs\n", test->name);
		return false;
	}
	printf("pass %s\n", test->name);
	return true;
}

static int open_wire(const char *own, const char *guest)
{
	struct sockaddr_un near = {.sun_family = AF_UNIX}, far = {.sun_family = AF_UNIX};
	int wire = socket(AF_UNIX, SOCK_DGRAM, 0);

	snprintf(near.sun_path, sizeof(near.sun_path), "%s", own);
	snprintf(far.sun_path, sizeof(far.sun_path), "%s", guest);
	unlink(own);
	if (wire < 0 || bind(wire, (struct sockaddr *)&near, sizeof(near)) ||
	    connect(wire, (struct sockaddr *)&far, sizeof(far))) {
		fprintf(stderr, "wire: %s, %s: %s\n", own, guest, strerror(errno));
		return -1;
	}
	return wire;
}

int main(int argc, char **argv)
{
	const struct test *tests;
	bool good = true;
	int wire;

	if (argc != 4) {
		fprintf(stderr, "usage: wire OWN-SOCKET GUEST-SOCKET stun|neighbours|punt\n");
		return 2;
	}
	tests = !strcmp(argv[3], "stun") ? stun : !strcmp(argv[3], "punt") ? punt : neighbours;
	wire = open_wire(argv[1], argv[2]);
	if (wire < 0)
		return 2;
	for (int i = 0; tests[i].name; i++)
		good &= run(wire, &tests[i], i);
	close(wire);
	unlink(argv[1]);
	return !good;
}
