/* SPDX-License-Identifier: BSD-2-Clause */
/* What a worker of the socket responder counts. */
#ifndef REFLEX_SOCKET_STATISTICS_H
#define REFLEX_SOCKET_STATISTICS_H

#include <stdint.h>

#include "counters.h"

/* Why a TCP connection was closed. */
enum socket_reason {
	SOCKET_CLIENT,	/* the client closed it */
	SOCKET_IDLE,	/* no whole message came for 10 seconds */
	SOCKET_SLOW,	/* replies were not read for 5 seconds */
	SOCKET_FRAMING, /* what came is not STUN, or too long */
	SOCKET_FULL,	/* the one idle for longest, to make room for another */
	SOCKET_REMOVED, /* its service is no longer configured */
	SOCKET_ERROR,
	SOCKET_REASONS,
};

struct socket_statistics {
	struct counters counters; /* bytes are those of STUN messages */
	uint64_t connections;	  /* open now */
	uint64_t accepted;
	uint64_t closed[SOCKET_REASONS];
	/* Replies over UDP that the kernel took, and that it refused for any client. */
	uint64_t sent[FAMILIES];
	uint64_t refused[FAMILIES];
};

#endif
