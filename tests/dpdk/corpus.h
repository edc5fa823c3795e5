/* SPDX-License-Identifier: BSD-2-Clause */
/* Every frame that the oracle's folder has for a configuration. */
#ifndef CORPUS_H
#define CORPUS_H

#include "capture.h"
#include "oracle/cases.h"

struct corpus {
	enum cases_config which;
	unsigned long generated; /* how many of them */
	uint64_t seed;
	bool without_truncations;
	/* Ports see what is for them and for groups: this is theirs, and what is for another single
	 * host goes to them; all zero: any is. */
	uint8_t mac[6];
};

/*
 * The hand-written cases of that configuration; every length of every seed, and longer than a
 * buffer, as it is and with lengths and checksums that agree; then the generated ones. None is
 * empty, since no wire and no pcap file has such frames.
 */
void corpus_make(const struct corpus *corpus, struct capture *capture);

/* Makes out of a frame for another single host one for that port. */
void corpus_address(const struct corpus *corpus, uint8_t *frame, size_t length);

#endif
