/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames in memory, in the order in which they passed, and in pcap files. */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <stddef.h>
#include <stdint.h>

#define CAPTURE_FRAME_MAX 65535

/* All zero: empty. */
struct capture {
	size_t count;
	struct capture_frame {
		uint8_t *bytes;
		size_t length;
	} * frames;
};

/* Appends a copy; ends the program where there is no memory. */
void capture_add(struct capture *capture, const uint8_t *bytes, size_t length);
void capture_free(struct capture *capture);

/* Say on stderr what fails. Return: 0 or -errno. */
int capture_read(struct capture *capture, const char *path);
int capture_write(const struct capture *capture, const char *path);

#endif
