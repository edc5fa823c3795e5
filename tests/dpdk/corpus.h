/* SPDX-License-Identifier: BSD-2-Clause */
/* Every frame that the oracle's folder has for a configuration. */
#ifndef CORPUS_H
#define CORPUS_H

#include "capture.h"
#include "oracle/cases.h"
#include "oracle/neighbour.h"

struct corpus {
	enum cases_config which;
	unsigned long generated; /* how many of them */
	uint64_t seed;
	bool without_truncations;
	/*
	 * Of the port. What is for another single host goes to it instead, and what neighbours ask
	 * a host is there too. All zero: the port has none.
	 */
	uint8_t mac[6];
	/* The port is net_af_packet's, whose senders leave UDP checksums to it. */
	bool af_packet;
};

struct corpus_answer {
	struct oracle_answer stun;
	const char *neighbour; /* as in struct oracle_neighbour */
	const uint8_t *reply;
	size_t reply_length; /* 0: none */
};

/*
 * The hand-written cases of that configuration; every length of every seed, and longer than a
 * buffer, as it is and with lengths and checksums that agree; then the generated ones; then what
 * neighbours ask, by hand, and generated, for each five of the others one. None is
 * empty, since no wire and no pcap file has such frames.
 */
void corpus_make(const struct corpus *corpus, struct capture *capture);

/* Makes out of a frame for another single host one for that port. */
void corpus_address(const struct corpus *corpus, uint8_t *frame, size_t length);

/* What must come of a frame; valid until the next call. */
void corpus_decide(const struct corpus *corpus, const struct capture_frame *frame,
		   struct corpus_answer *answer);

#endif
