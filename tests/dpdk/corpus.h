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
};

/*
 * The hand-written cases of that configuration; every length of every seed, and longer than a
 * buffer, as it is and with lengths and checksums that agree; then the generated ones. None is
 * empty, since no wire and no pcap file has such frames.
 */
void corpus_make(const struct corpus *corpus, struct capture *capture);

#endif
