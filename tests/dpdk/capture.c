// SPDX-License-Identifier: BSD-2-Clause
#include "capture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEP 4096 /* frames */

/* The file format of libpcap, in this machine's byte order; draft-ietf-opsawg-pcap. */
#define PCAP_MAGIC	0xa1b2c3d4
#define PCAP_MAGIC_NANO 0xa1b23c4d
#define PCAP_ETHERNET	1
#define PCAP_HEADER                                                                                \
	{                                                                                          \
		PCAP_MAGIC, 2, 4, 0, 0, CAPTURE_FRAME_MAX, PCAP_ETHERNET                           \
	}

struct pcap_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, accuracy;
	uint32_t snapshot;
	uint32_t link;
};

struct pcap_record {
	uint32_t seconds, fraction;
	uint32_t captured;
	uint32_t length;
};

void capture_add(struct capture *capture, const uint8_t *bytes, size_t length)
{
	struct capture_frame *frame;

	if (capture->count % STEP == 0)
		capture->frames = reallocarray(capture->frames, capture->count + STEP,
					       sizeof(*capture->frames));
	if (!capture->frames)
		abort();
	frame = &capture->frames[capture->count++];
	frame->bytes = malloc(length ? length : 1);
	if (!frame->bytes)
		abort();
	memcpy(frame->bytes, bytes, length);
	frame->length = length;
}

void capture_free(struct capture *capture)
{
	for (size_t i = 0; i < capture->count; i++)
		free(capture->frames[i].bytes);
	free(capture->frames);
	*capture = (struct capture){0};
}

/* What a file that ends in the middle holds up to there is no capture. */
static int read_frames(struct capture *capture, FILE *file)
{
	static uint8_t bytes[CAPTURE_FRAME_MAX];
	struct pcap_header header;
	struct pcap_record record;

	if (fread(&header, sizeof(header), 1, file) != 1 || header.link != PCAP_ETHERNET ||
	    (header.magic != PCAP_MAGIC && header.magic != PCAP_MAGIC_NANO))
		return -EINVAL;
	while (fread(&record, sizeof(record), 1, file) == 1) {
		if (record.captured != record.length || record.length > sizeof(bytes) ||
		    fread(bytes, 1, record.length, file) != record.length)
			return -EINVAL;
		capture_add(capture, bytes, record.length);
	}
	return feof(file) ? 0 : -EIO;
}

static int write_frames(const struct capture *capture, FILE *file)
{
	const struct pcap_header header = PCAP_HEADER;

	if (fwrite(&header, sizeof(header), 1, file) != 1)
		return -EIO;
	for (size_t i = 0; i < capture->count; i++) {
		const struct capture_frame *frame = &capture->frames[i];
		struct pcap_record record = {
			.captured = (uint32_t)frame->length,
			.length = (uint32_t)frame->length,
		};

		if (fwrite(&record, sizeof(record), 1, file) != 1 ||
		    fwrite(frame->bytes, 1, frame->length, file) != frame->length)
			return -EIO;
	}
	return 0;
}

static int finish(FILE *file, const char *path, int error)
{
	if (file && fclose(file) && !error)
		error = -errno;
	if (error)
		fprintf(stderr, "%s: %s\n", path,
			error == -EINVAL ? "no whole pcap file of Ethernet" : strerror(-error));
	return error;
}

int capture_read(struct capture *capture, const char *path)
{
	FILE *file = fopen(path, "re");

	return finish(file, path, file ? read_frames(capture, file) : -errno);
}

int capture_write(const struct capture *capture, const char *path)
{
	FILE *file = fopen(path, "we");

	return finish(file, path, file ? write_frames(capture, file) : -errno);
}
