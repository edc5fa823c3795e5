/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole frames in and out of an interface, by AF_PACKET. */
#ifndef RAW_H
#define RAW_H

#include <stddef.h>
#include <stdint.h>

#define RAW_BURST_MAX 160 /* frames of one burst; a veth's ring takes 256 */

struct raw {
	int fd;
	unsigned int mtu;
};

/* Says on stderr what fails. Return: 0 or -errno. */
int raw_open(struct raw *raw, const char *interface);
void raw_close(struct raw *raw);

/* Whether the interface takes a frame of that length: not those without an Ethernet header. */
int raw_takes(const struct raw *raw, size_t length);

struct raw_frame {
	size_t length;
	const uint8_t *bytes;
};

/* Sends them in one go. Return: 0 or -errno. */
int raw_send(const struct raw *raw, const struct raw_frame *frames, size_t count);

/*
 * Receives the next frame that came in, with the tag that the kernel took out. Return: its length,
 * 0 where none comes in time, or -errno.
 */
int raw_receive(const struct raw *raw, uint8_t *frame, size_t capacity, int milliseconds);

/* How many frames found no room in the socket, since the last call. */
unsigned int raw_dropped(const struct raw *raw);

#endif
