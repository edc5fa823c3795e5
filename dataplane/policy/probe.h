/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A Binding request that no network carries, for self-tests. Made without the core, so that an
 * error of the core is not made twice.
 */
#ifndef REFLEX_PROBE_H
#define REFLEX_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy_build.h"

#define PROBE_PORT 54321 /* that it comes from */
#define PROBE_STUN 20	 /* bytes of its message */

/* One request, and where its parts stand in the frame. */
struct probe {
	uint8_t frame[256];
	size_t length;
	size_t stun;
	uint8_t client[16];  /* the address that it comes from */
	size_t address_size; /* 4 or 16 */
};

/**
 * probe_build - make a request to a service, from an address that is nobody's and PROBE_PORT.
 * @service: of a family, not FAMILY_OTHER
 */
void probe_build(struct probe *probe, const struct policy_service *service);

/**
 * probe_answered - whether the frame has become the answer: the client's own address and port, in
 * the first attribute.
 * @probe: its frame and length are now those of the answer
 */
bool probe_answered(const struct probe *probe);

#endif
