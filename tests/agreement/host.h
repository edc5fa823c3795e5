/* SPDX-License-Identifier: BSD-2-Clause */
/* The host build of the core, as a carrier that keeps every frame against an inaccessible page. */
#ifndef AGREEMENT_HOST_H
#define AGREEMENT_HOST_H

#include <stddef.h>
#include <stdint.h>

#include "oracle/neighbour.h"

#define KERNEL_FRAME_MIN 14 /* BPF_PROG_TEST_RUN takes no shorter ones */

/* What a carrier made of a frame. */
struct outcome {
	const char *verdict; /* label; NULL where the carrier does not tell */
	bool answered;
	bool passed;
	uint8_t frame[ORACLE_REPLY_MAX + 4096]; /* what is sent or passed on */
	size_t length;
};

/* Packets by label and family, and bytes: what all carriers and the oracle must agree on. */
struct tally {
	uint64_t packets[3][64]; /* other, ipv4, ipv6; by position in verdict.def */
	uint64_t bytes[3][2];	 /* rx, tx */
	uint64_t private_clients;
};

/* Return: 0 or -errno. */
int host_init(void);
int host_configure(const struct oracle_config *config);
void host_run(const uint8_t *frame, size_t length, struct outcome *outcome);
/* The same where requests are read whole and checksums finished; counted nowhere. */
void host_run_whole(const uint8_t *frame, size_t length, struct outcome *outcome);
/* The message layer, over what a socket takes in; counted nowhere. */
void host_run_message(const struct oracle_datagram *datagram, struct oracle_message *outcome);
/* What neighbours ask; as the answer's protocol `overwritten` where what is not answered changed.
 */
void host_run_neighbour(const uint8_t *mac, const uint8_t *frame, size_t length, size_t room,
			struct oracle_neighbour *outcome);
const struct tally *host_tally(void);
void host_reset(void);

/* Position of a label in verdict.def, or -1. */
int host_verdict(const char *label);
const char *host_label(int verdict);

#endif
