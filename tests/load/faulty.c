// SPDX-License-Identifier: BSD-2-Clause
/*
 * A STUN server over raw frames that makes mistakes at regular intervals, for the load generator
 * to find each of them: faulty INTERFACE PORT [FAULT=N]..., for a fault in every Nth reply.
 * IPv4 only. limit=N answers no more than N requests a second.
 */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "live/raw.h"

#define FRAME_MAX 2048
#define LINK_MAX  22 /* Ethernet header and two tags */

enum fault {
	DROP,	     /* no reply */
	TWICE,	     /* two */
	CHECKSUM,    /* a wrong UDP checksum */
	HEADER,	     /* a wrong IPv4 header checksum */
	LENGTH,	     /* a UDP length that is not the payload's */
	SOURCE,	     /* from another port */
	DESTINATION, /* to another port */
	KIND,	     /* an error response */
	ADDRESS,     /* another address told */
	MESSAGE,     /* an attribute that overruns the message */
	FOREIGN,     /* another transaction ID */
	TAG,	     /* without the VLAN tags */
	LIMIT,
	FAULTS
};

static const char *const names[FAULTS] = {
	"drop", "twice",   "checksum", "header",  "length", "source", "destination",
	"kind", "address", "message",  "foreign", "tag",    "limit",
};

static unsigned long every[FAULTS], requests;

static bool now_is(enum fault fault)
{
	return every[fault] && requests % every[fault] == 0;
}

/* Whether more comes than the limit, half a second's worth at once aside. */
static bool is_over_limit(void)
{
	static double next; /* when the next answer is due, in seconds */
	struct timespec time;
	double now;

	if (!every[LIMIT])
		return false;
	clock_gettime(CLOCK_MONOTONIC, &time);
	now = (double)time.tv_sec + (double)time.tv_nsec / 1e9;
	if (next < now - 0.5)
		next = now - 0.5;
	if (next > now)
		return true;
	next += 1.0 / (double)every[LIMIT];
	return false;
}

/* --- bytes --- */

static void put16(uint8_t *to, unsigned int value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static unsigned int get16(const uint8_t *from)
{
	return (unsigned int)from[0] << 8 | from[1];
}

static uint32_t sum(const uint8_t *bytes, size_t length, uint32_t begin)
{
	for (size_t i = 0; i < length; i++)
		begin += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	while (begin >> 16)
		begin = (begin & 0xffff) + (begin >> 16);
	return begin;
}

static void swap(uint8_t *a, uint8_t *b, size_t length)
{
	uint8_t kept[16];

	memcpy(kept, a, length);
	memcpy(a, b, length);
	memcpy(b, kept, length);
}

/* --- the reply --- */

/* Where IPv4 begins; 0 if the frame has none. */
static size_t find_ip(const uint8_t *frame, size_t length)
{
	for (size_t at = 14; at <= LINK_MAX && at + 48 <= length; at += 4) {
		unsigned int type = get16(frame + at - 2);

		if (type == 0x0800)
			return frame[at] == 0x45 && frame[at + 9] == 17 ? at : 0;
		if (type != 0x8100 && type != 0x88a8)
			return 0;
	}
	return 0;
}

/* Turns a request's message into the reply. Return: its length. */
static size_t answer(uint8_t *stun, const uint8_t *address, const uint8_t *port)
{
	put16(stun, now_is(KIND) ? 0x0111 : 0x0101);
	put16(stun + 2, 12);
	put16(stun + 20, 0x0020);
	put16(stun + 22, now_is(MESSAGE) ? 200 : 8);
	put16(stun + 24, 1);
	for (size_t i = 0; i < 2; i++)
		stun[26 + i] = port[i] ^ stun[4 + i];
	for (size_t i = 0; i < 4; i++)
		stun[28 + i] = address[i] ^ stun[4 + i];
	stun[31] ^= now_is(ADDRESS);
	stun[19] ^= now_is(FOREIGN);
	return 32;
}

static void finish(uint8_t *ip, size_t payload)
{
	uint8_t *udp = ip + 20;
	uint32_t pseudo = sum(ip + 12, 8, 17 + (uint32_t)payload), whole;

	put16(ip + 2, (unsigned int)(20 + payload));
	put16(ip + 10, 0);
	put16(ip + 10, ~sum(ip, 20, 0) & 0xffff);
	put16(udp + 4, (unsigned int)payload);
	put16(udp + 6, 0);
	whole = sum(udp, payload, pseudo);
	put16(udp + 6, whole == 0xffff ? whole : ~whole & 0xffff); /* 0 would mean none */
	udp[7] ^= now_is(CHECKSUM);
	ip[11] ^= now_is(HEADER);
	udp[5] ^= now_is(LENGTH);
}

/* In place. Return: the reply's length. */
static size_t reply(uint8_t *frame, size_t ip)
{
	uint8_t *udp = frame + ip + 20;
	size_t payload;

	swap(frame, frame + 6, 6);
	swap(frame + ip + 12, frame + ip + 16, 4);
	swap(udp, udp + 2, 2);
	payload = 8 + answer(udp + 8, frame + ip + 16, udp + 2);
	udp[1] ^= now_is(SOURCE);
	udp[3] ^= now_is(DESTINATION);
	finish(frame + ip, payload);
	if (now_is(TAG)) {
		memmove(frame + 12, frame + ip - 2, payload + 22);
		ip = 14;
	}
	return ip + 20 + payload;
}

static void take(const struct raw *raw, uint8_t *frame, size_t length, unsigned int port)
{
	size_t ip = find_ip(frame, length);
	struct raw_frame out[2];

	if (ip == 0 || get16(frame + ip + 22) != port)
		return;
	requests++;
	if (now_is(DROP) || is_over_limit())
		return;
	out[0] = out[1] = (struct raw_frame){reply(frame, ip), frame};
	raw_send(raw, out, now_is(TWICE) ? 2 : 1);
}

static bool read_faults(char **arguments)
{
	for (; *arguments; arguments++) {
		char *value = strchr(*arguments, '=');
		bool found = false;

		if (!value)
			return false;
		*value++ = '\0';
		for (size_t i = 0; i < FAULTS; i++)
			if (strcmp(*arguments, names[i]) == 0) {
				every[i] = strtoul(value, NULL, 10);
				found = true;
			}
		if (!found)
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	static uint8_t frame[FRAME_MAX];
	struct raw raw;
	unsigned int port;

	if (argc < 3 || !read_faults(argv + 3)) {
		fputs("usage: faulty INTERFACE PORT [FAULT=N]...\n", stderr);
		return 2;
	}
	port = (unsigned int)strtoul(argv[2], NULL, 10);
	if (raw_open(&raw, argv[1]))
		return 1;
	puts("ready");
	fflush(stdout);
	for (;;) {
		int length = raw_receive(&raw, frame, sizeof(frame), 1000);

		if (length > 0)
			take(&raw, frame, (size_t)length, port);
	}
}
