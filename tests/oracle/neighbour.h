/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Judges what a host answers its neighbours, from the RFCs and "ARP, Neighbour Discovery and ping"
 * in dataplane/README.md.
 */
#ifndef ORACLE_NEIGHBOUR_H
#define ORACLE_NEIGHBOUR_H

#include "oracle.h"

struct oracle_neighbour {
	const char *protocol; /* none, arp, advertisement, echo */
	uint8_t reply[ORACLE_REPLY_MAX];
	size_t reply_length; /* 0: none */
};

/* Of a frame of at most ORACLE_REPLY_MAX bytes, that came to a port with this address of 6 bytes
 * and may become @room bytes long. */
void oracle_neighbour(const struct oracle_config *config, const uint8_t *mac, const uint8_t *frame,
		      size_t length, size_t room, struct oracle_neighbour *answer);

#endif
