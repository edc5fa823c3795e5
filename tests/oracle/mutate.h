/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any number of frames: built at random from what clients, attackers and broken devices send, then
 * mutated. The same seed gives the same frames on every machine.
 */
#ifndef MUTATE_H
#define MUTATE_H

#include <stddef.h>
#include <stdint.h>

#include "oracle.h"

struct generator {
	uint64_t state[4];
	/* whose services are asked; may change between frames */
	const struct oracle_config *config;
};

void generator_init(struct generator *generator, uint64_t seed, const struct oracle_config *config);
uint64_t generator_next(struct generator *generator); /* 64 random bits */

/* Returns the length, 0 included; a capacity under FRAME_MAX may cut frames. */
size_t generate_frame(struct generator *generator, uint8_t *frame, size_t capacity);

/* What neighbours ask of a port with this address of 6 bytes: ARP, Neighbour Discovery, ping.
 * There is room for FRAME_MAX bytes. */
size_t generate_neighbour(struct generator *generator, const uint8_t *mac, uint8_t *frame);

#endif
