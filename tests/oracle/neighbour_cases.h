/* SPDX-License-Identifier: BSD-2-Clause */
/* What neighbours ask, and what comes back, by hand: this tests the oracle itself. */
#ifndef NEIGHBOUR_CASES_H
#define NEIGHBOUR_CASES_H

#include "frames.h"

#define NEIGHBOUR_ROOM 8 /* that a solicitation may lack for its advertisement */
#define NEIGHBOUR_PING 3 /* index of the case that is a plain ping, without tags */

extern const uint8_t neighbour_mac[6]; /* of the port */

/* Asked of the services of CASES_DEFAULT. */
struct neighbour_case {
	char name[128];
	uint8_t frame[FRAME_MAX];
	size_t length;
	size_t room;
	const char *protocol; /* none, arp, advertisement, echo */
	uint8_t reply[FRAME_MAX];
	size_t reply_length; /* 0: none */
};

size_t neighbour_cases_count(void);
void neighbour_case_get(size_t index, struct neighbour_case *test);

#endif
