/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the configuration says, in the form that the packet path reads. */
#ifndef REFLEX_CORE_POLICY_H
#define REFLEX_CORE_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "counters.h"
#include "wire.h"

#define POLICY_SERVICES_MAX 1024
#define POLICY_SOFTWARE_MAX 32

/*
 * The services stand in a perfect hash table by displacement (Pagh 1999; CHD, Belazzougui et al.
 * 2009): one multiplication, one displacement, one comparison, however many services there are.
 * Each address stands in it once more without a port, for fragments.
 */
#define POLICY_BUCKETS 512
#define POLICY_SLOTS   4096

struct policy_slot {
	uint64_t address[2]; /* network byte order; an IPv4 address fills the first 4 bytes */
	uint64_t port;	     /* from policy_port() or policy_any_port(); 0: the slot is empty */
	uint64_t reserved;
};

struct policy {
	uint64_t multiplier[3]; /* odd, chosen by policy_build so that no two keys meet */
	uint8_t legacy;		/* answer RFC 3489 clients */
	uint8_t low_source_ports;
	uint8_t mirror_fingerprint;
	uint8_t ignore_wrong_fingerprint;
	uint8_t pass_refused;
	uint8_t software_words; /* length of the attribute below in 32-bit words, 0: none */
	uint8_t reserved[2];
	uint32_t software[1 + POLICY_SOFTWARE_MAX / 4]; /* a whole SOFTWARE attribute, as sent */
	uint16_t displacement[POLICY_BUCKETS];
	struct policy_slot slot[POLICY_SLOTS];
};

/* Family and port of a key in one word, never 0. */
static inline uint64_t policy_port(enum family family, const struct be16 *port)
{
	return (uint64_t)family << 16 | port->raw;
}

/* The same for an address that is a service's on whatever port. */
static inline uint64_t policy_any_port(enum family family)
{
	return (uint64_t)family << 24;
}

static inline uint64_t policy_hash(const struct policy *policy, uint64_t high, uint64_t low,
				   uint64_t port)
{
	return high * policy->multiplier[0] + low * policy->multiplier[1] +
	       port * policy->multiplier[2];
}

static inline uint32_t policy_bucket(uint64_t hash)
{
	return hash >> 55; /* the best mixed bits of a product are its high ones */
}

static inline uint32_t policy_index(uint64_t hash, uint16_t displacement)
{
	return ((hash >> 40) + displacement) & (POLICY_SLOTS - 1);
}

/**
 * policy_match - whether an address and port belong to a service.
 * @high: first 8 bytes of an IPv6 address as they stand in memory, or the 4 of an IPv4 address
 * @low: the other 8, or 0
 * @port: from policy_port() or policy_any_port()
 */
static inline bool policy_match(const struct policy *policy, uint64_t high, uint64_t low,
				uint64_t port)
{
	uint64_t hash = policy_hash(policy, high, low, port);
	uint16_t displacement = policy->displacement[policy_bucket(hash)];
	const struct policy_slot *slot = &policy->slot[policy_index(hash, displacement)];

	return slot->port == port && slot->address[0] == high && slot->address[1] == low;
}

#endif
