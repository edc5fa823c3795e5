/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hand-written cases of protocol.md, each for the families and tags it applies to. What is
 * expected stands in the table, by hand, so that the oracle itself is on trial.
 */
#ifndef CASES_H
#define CASES_H

#include "frames.h"
#include "oracle.h"

enum cases_config {
	CASES_DEFAULT,
	CASES_LEGACY_OFF,
	CASES_SOFTWARE_1,
	CASES_SOFTWARE_4,
	CASES_SOFTWARE_5,
	CASES_SOFTWARE_32,
	CASES_FINGERPRINT_NEVER,
	CASES_WRONG_IGNORED,
	CASES_LOW_PORTS_OFF,
	CASES_PASS,
	CASES_EVERYTHING,    /* every setting at once, the other way round */
	CASES_ONE_SERVICE,   /* per family */
	CASES_MANY_SERVICES, /* 1,024, the usual ones among them */
	CASES_CONFIGS,
};

const struct oracle_config *cases_config(enum cases_config which);
const char *cases_config_name(enum cases_config which);

struct test_case {
	char name[128];
	enum cases_config which;
	const struct oracle_config *config;
	int family; /* of the builder; the frame may claim another */
	int tags;
	uint8_t frame[FRAME_MAX];
	size_t length;

	const char *verdict;	/* expected label */
	const char *counted_as; /* expected family: ipv4, ipv6 or other */

	/* expected attributes of the reply; with fingerprint 4 bytes of its value follow */
	bool has_attributes;
	bool fingerprint;
	uint8_t attributes[256];
	size_t attributes_length;

	/* expected reply, all of it */
	bool has_reply;
	uint8_t reply[256];
	size_t reply_length;
};

size_t cases_count(void);
void case_get(size_t index, struct test_case *test);

/* Answered frames of all profiles, both families, 0 to 2 tags, to cut at every length. */
size_t cases_seeds_count(void);
void cases_seed_get(size_t index, struct test_case *test);

#endif
