/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The core as a carrier whose every buffer is a heap block of exactly the size it should have, so
 * that the address sanitizer sees a byte too many. Nothing stays from one input to the next.
 */
#ifndef FUZZ_SUBJECT_H
#define FUZZ_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "oracle/cases.h"
#include "oracle/oracle.h"

/* libFuzzer's interface */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

/* What the core made of an input. */
struct subject {
	const char *verdict; /* label; of what neighbours ask the protocol answered, or none */
	const char *family;
	bool answered;
	bool emitted;
	uint8_t *reply; /* where answered */
	size_t reply_length;

	/* of messages, where answered */
	uint8_t source[16], destination[16];
	uint16_t source_port, destination_port;
	bool padded;
};

void subject_run_frame(struct subject *subject, enum cases_config which, const uint8_t *frame,
		       size_t length);
void subject_run_message(struct subject *subject, enum cases_config which,
			 const struct oracle_datagram *datagram);
void subject_run_neighbour(struct subject *subject, enum cases_config which, const uint8_t *frame,
			   size_t length, size_t room);
void subject_free(struct subject *subject);

/* Aborts, having said why, unless the core agrees with the oracle. */
void subject_compare(const struct subject *subject, const char *verdict, const uint8_t *reply,
		     size_t reply_length);
void subject_fail(const struct subject *subject, const char *why, const char *verdict);

#endif
