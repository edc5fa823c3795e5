/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hand-written cases of what dataplane/README.md says, each for the families and tags it applies
 * to. What is expected stands in the table, by hand, so that the oracle itself is on trial.
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
	CASES_DISCOVERY,     /* RFC 5780: services with an alternate, and some without */
	CASES_RESPONSE_PORT,
	CASES_PADDING,	     /* and otherwise pass */
	CASES_DISCOVERY_ALL, /* both, SOFTWARE of 32 bytes, low source ports off */
	CASES_CONFIGS,
};

const struct oracle_config *cases_config(enum cases_config which);
const char *cases_config_name(enum cases_config which);

/* What is expected of the oracle. */
struct expectation {
	const char *verdict; /* label */
	bool private_client;

	/* attributes of the reply; with fingerprint 4 bytes of its value follow */
	bool has_attributes;
	bool fingerprint;
	uint8_t attributes[256];
	size_t attributes_length;
	/* so many zeros stand behind the first padding_at bytes of these; from sockets only */
	size_t padding;
	size_t padding_at;

	/* with attributes: where the reply leaves from, and which port it goes to */
	uint8_t source[16];
	int source_port;
	int destination_port;
};

struct test_case {
	char name[128];
	enum cases_config which;
	const struct oracle_config *config;
	int family; /* of the builder; the frame may claim another */
	int tags;
	uint8_t frame[FRAME_MAX];
	size_t length;

	struct expectation expected;
	const char *counted_as; /* expected family: ipv4, ipv6 or other */

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

/* What real clients send, both families; tags as for the seeds. */
size_t cases_clients_count(void);
void cases_client_get(size_t index, struct test_case *test);

/* What sockets take in, and what must come of it. */
struct message_case {
	char name[128];
	enum cases_config which;
	const struct oracle_config *config;
	struct oracle_datagram datagram; /* of the message below */
	uint8_t message[65536];
	struct expectation expected;
};

size_t messages_count(void);
void message_get(size_t index, struct message_case *message);

#endif
