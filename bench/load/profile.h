/* SPDX-License-Identifier: BSD-2-Clause */
/* The requests of real clients, hostile requests, and what must come back for each. */
#ifndef REFLEX_LOAD_PROFILE_H
#define REFLEX_LOAD_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROFILE_MESSAGE_MAX 160

enum profile_answer {
	PROFILE_SUCCESS, /* XOR-MAPPED-ADDRESS */
	PROFILE_LEGACY,	 /* MAPPED-ADDRESS, as RFC 3489 has it */
	PROFILE_420,	 /* ERROR-CODE 420 and UNKNOWN-ATTRIBUTES */
	PROFILE_SILENCE,
};

/* What is wrong around the message; all but the first take frames. */
enum profile_twist {
	PROFILE_PLAIN,
	PROFILE_UDP_CHECKSUM, /* wrong */
	PROFILE_IP_CHECKSUM,
	PROFILE_NO_CHECKSUM, /* none: over IPv4 that is allowed */
	PROFILE_LAND,	     /* from the address that it goes to */
	PROFILE_BOGON,	     /* from addresses that nobody can have */
	PROFILE_PORT_0,
};

struct load_profile {
	const char *name, *sender;
	enum profile_answer answer;
	enum profile_twist twist;
	bool legacy;	  /* no magic cookie */
	bool fingerprint; /* the last attribute, to be computed anew for each request */
	bool fingerprint_wrong;
	uint16_t unknown;	/* the attribute that a 420 must name */
	uint16_t type;		/* 0: Binding Request */
	int length_off;		/* added to the length that the header tells */
	uint8_t first;		/* 0: the first byte as it should be */
	const char *attributes; /* hexadecimal without FINGERPRINT; 'text' stands for itself */
};

extern const struct load_profile profiles[];

/** profile_count - how many profiles there are. */
size_t profile_count(void);

/** profile_find - find a profile by its name. Return: NULL where there is none. */
const struct load_profile *profile_find(const char *name);

/**
 * profile_message - write a request, with zeros for transaction ID and FINGERPRINT.
 * @message: room for PROFILE_MESSAGE_MAX
 *
 * Return: its length.
 */
size_t profile_message(uint8_t *message, const struct load_profile *profile);

/** profile_answer_name - what must come back, in a word. */
const char *profile_answer_name(enum profile_answer answer);

#endif
