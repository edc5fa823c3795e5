// SPDX-License-Identifier: BSD-2-Clause
/*
 * Writes the inputs that the fuzz targets begin with: what the clients of oracle/cases.c send, and
 * what else reaches the branches of the attribute walk, as frames and as messages; and all that
 * neighbours ask in oracle/neighbour_cases.c.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "input.h"
#include "oracle/cases.h"
#include "oracle/neighbour_cases.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What no client sends; see frame_attributes(). */
static const struct {
	const char *name;
	bool legacy;
	const char *attributes;
} rest[] = {
	{"attribute overruns", false, "0006>9'abcd"},
	{"seventeen attributes", false, "17*8000"},
	{"sixteen unknown, fifteen alike", false, "15*7f00 7f01"},
	{"fifteen unknown, legacy", true,
	 "7f00 7f01 7f02 7f03 7f04 7f05 7f06 7f07 7f08 7f09 7f0a 7f0b 7f0c 7f0d 7f0e"},
	{"three unknown, legacy", true, "7f00 7f01 7f00 7f02"},
	{"two unknown", false, "7f00 7f01 F"},
	{"known to RFC 3489, legacy", true, "0004/8 0005/8 0007'secret 000b/8"},
	{"known to RFC 3489", false, "0004/8 0005/8 0007'secret 000b/8"},
	{"integrity", false, "0006'user 0014'realm 0015'nonce 0008/20 7f00 001c/32 7f00 F"},
	{"integrity by SHA-256", false, "001c/32 0003=00000006 F"},
	{"FINGERPRINT, legacy", true, "F"},
	{"FINGERPRINT, wrong", false, "8022'x F!"},
	{"FINGERPRINT of 8 bytes", false, "8028/8"},
	{"FINGERPRINT not last", false, "F 8022'x"},
	{"CHANGE-REQUEST of 8 bytes", false, "0003/8"},
	{"CHANGE-REQUEST twice", false, "0003=00000002 0003=00000004"},
	{"RESPONSE-PORT of 2 bytes", false, "0027=d431"},
	{"RESPONSE-PORT of 8 bytes", false, "0027/8"},
	{"RESPONSE-PORT 0", false, "0027=00000000"},
	{"RESPONSE-PORT 80", false, "0027=00500000"},
	{"RESPONSE-PORT and PADDING", false, "0027=d4310000 0026/8 F"},
	{"PADDING and CHANGE-REQUEST", false, "0026 0003=00000006 F"},
};

/* Whom each asks: between them they have every setting both ways. */
static const enum cases_config asked[] = {
	CASES_DEFAULT,
	CASES_EVERYTHING,
	CASES_DISCOVERY_ALL,
	CASES_RESPONSE_PORT,
};

static const char *directory;

static int write_input(const char *target, const char *name, const void *head, size_t head_length,
		       const void *bytes, size_t length)
{
	char path[512];
	size_t at = (size_t)snprintf(path, sizeof(path), "%s/%s/", directory, target);
	FILE *file;
	int error;

	snprintf(path + at, sizeof(path) - at, "%s", name);
	for (char *c = path + at; *c; c++)
		*c = isalnum((unsigned char)*c) ? *c : '-';
	file = fopen(path, "wb");
	if (!file)
		return -errno;
	fwrite(head, 1, head_length, file);
	fwrite(bytes, 1, length, file);
	error = ferror(file) ? -EIO : 0;
	return fclose(file) ? -errno : error;
}

static int write_message(const char *name, int family, enum cases_config which, unsigned flags,
			 const uint8_t *message, size_t length)
{
	struct input_message input = {
		.config = (uint8_t)which,
		.service = family == 6, /* the first two are one of each family */
		.flags = (uint8_t)flags,
		.mtu = {1432 >> 8, 1432 & 0xff}, /* and INPUT_MTU_MIN: 1,500 */
		.port = {54321 >> 8, 54321 & 0xff},
	};
	struct frame frame;

	frame_init(&frame, family);
	memcpy(input.source, frame.source, 16);
	return write_input("message", name, &input, sizeof(input), message, length);
}

/* By UDP; by TCP whole, and all but the last word of it. */
static int write_messages(const char *name, int family, enum cases_config which,
			  const uint8_t *message, size_t length)
{
	char called[200];
	int error;

	error = write_message(name, family, which, 0, message, length);
	snprintf(called, sizeof(called), "%s, TCP", name);
	if (!error)
		error = write_message(called, family, which, INPUT_STREAM, message, length);
	snprintf(called, sizeof(called), "%s, TCP, cut", name);
	if (!error && length > 20)
		error = write_message(called, family, which, INPUT_STREAM, message, length - 4);
	return error;
}

static int write_both(const char *name, const uint8_t *frame, size_t length)
{
	struct frame_layout layout;
	char called[160];
	int error = 0;

	if (!frame_locate(frame, length, &layout))
		return -EINVAL;
	for (size_t i = 0; i < COUNT(asked) && !error; i++) {
		struct input_frame input = {(uint8_t)asked[i]};

		snprintf(called, sizeof(called), "%s, %s", name, cases_config_name(asked[i]));
		error = write_input("frame", called, &input, sizeof(input), frame, length);
		if (!error)
			error = write_messages(called, layout.family, asked[i],
					       frame + layout.payload, layout.end - layout.payload);
	}
	return error;
}

static int write_clients(void)
{
	static struct test_case test;
	int error = 0;

	for (size_t i = 0; i < cases_clients_count() && !error; i++) {
		cases_client_get(i, &test);
		error = write_both(test.name, test.frame, test.length);
	}
	return error;
}

static int write_rest(void)
{
	uint8_t bytes[FRAME_MAX];
	struct frame frame;
	char name[128];
	int error = 0;

	for (size_t i = 0; i < 2 * COUNT(rest) && !error; i++) {
		size_t row = i / 2;

		frame_init(&frame, i % 2 ? 6 : 4);
		frame_stun(&frame, 0x0001, !rest[row].legacy);
		frame_attributes(&frame, rest[row].attributes);
		snprintf(name, sizeof(name), "%s, IPv%d", rest[row].name, frame.family);
		error = write_both(name, bytes, frame_build(&frame, bytes, sizeof(bytes)));
	}
	return error;
}

/* What a frame cannot carry: one attribute that fills the longest message there is. */
static int write_longest(void)
{
	static uint8_t message[INPUT_MESSAGE_MAX] = {0,	   0x01, 0xff,	      0xfc, 0x21, 0x12,
						     0xa4, 0x42, [20] = 0x80, 0x22, 0xff, 0xf8};

	return write_message("longest", 4, CASES_DEFAULT, 0, message, sizeof(message));
}

static int write_neighbours(void)
{
	static struct neighbour_case test;
	int error = 0;

	for (size_t i = 0; i < neighbour_cases_count() && !error; i++) {
		struct input_neighbour input = {.config = CASES_DEFAULT};

		neighbour_case_get(i, &test);
		input.room = (uint8_t)(test.room - test.length);
		error = write_input("neighbour", test.name, &input, sizeof(input), test.frame,
				    test.length);
	}
	return error;
}

static int make_directories(void)
{
	static const char *const names[] = {"", "/frame", "/message", "/neighbour"};
	char path[512];

	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(path, sizeof(path), "%s%s", directory, names[i]);
		if (mkdir(path, 0777) && errno != EEXIST)
			return -errno;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int error;

	if (argc != 2) {
		fprintf(stderr, "usage: corpus DIRECTORY\n");
		return 2;
	}
	directory = argv[1];
	error = make_directories();
	if (!error)
		error = write_clients();
	if (!error)
		error = write_rest();
	if (!error)
		error = write_longest();
	if (!error)
		error = write_neighbours();
	if (error)
		fprintf(stderr, "corpus: %s: %s\n", directory, strerror(-error));
	return error ? 1 : 0;
}
