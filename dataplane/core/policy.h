/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the configuration says, in the form that the packet path reads. */
#ifndef REFLEX_CORE_POLICY_H
#define REFLEX_CORE_POLICY_H

#include <stddef.h>
#include <stdint.h>

#include "counters.h"
#include "verifier.h"

#define POLICY_SERVICES_MAX 1024
#define POLICY_SOFTWARE_MAX 32

/*
 * The services stand in a perfect hash table by displacement (Pagh 1999; CHD, Belazzougui et al.
 * 2009): one multiplication, one displacement, one comparison, however many services there are.
 * Each address stands in it once more without a port, for fragments.
 */
#define POLICY_BUCKET_BITS 9
#define POLICY_BUCKETS	   (1 << POLICY_BUCKET_BITS)
#define POLICY_SLOT_BITS   12
#define POLICY_SLOTS	   (1 << POLICY_SLOT_BITS)

/*
 * IPv4: address, port and family in the first word, 0 in the others. IPv6: the address in two
 * words, port and family in the third. All 0: an empty slot.
 */
struct policy_key {
	uint64_t word[3];
};

struct policy_slot {
	struct policy_key key;
	uint32_t discovery; /* POLICY_ALTERNATE and others, 0: no behaviour discovery (RFC 5780) */
	uint32_t reserved;
};

/*
 * A service with an alternate is four address:port pairs (RFC 5780). The slot of each knows the
 * slot of its alternate, where address and port both differ.
 */
#define POLICY_ALTERNATE_SLOT (POLICY_SLOTS - 1) /* its index, in the low bits of `discovery` */
#define POLICY_ALTERNATE      0x10000u
#define POLICY_RESPONSE_PORT  0x20000u
#define POLICY_PADDING	      0x40000u

struct policy {
	uint64_t multiplier[3]; /* odd, chosen by policy_build so that no two keys meet */
	uint8_t legacy;		/* answer RFC 3489 clients */
	uint8_t low_source_ports;
	uint8_t mirror_fingerprint;
	uint8_t ignore_wrong_fingerprint;
	uint8_t pass_refused;
	uint8_t software_words; /* length of the attribute below in 32-bit words, 0: none */
	uint8_t reserved[2];
	/* A whole SOFTWARE attribute, as sent in a reply with cookie, and in one without. */
	uint32_t software[2][1 + POLICY_SOFTWARE_MAX / 4];
	uint16_t displacement[POLICY_BUCKETS];
	struct policy_slot slot[POLICY_SLOTS];
};

#define POLICY_USED	0x10000u /* beside a port, so that no key is 0 */
#define POLICY_ANY_PORT 0x20000u /* instead of a port: the address is a service's on some port */

/**
 * policy_key_ipv4, policy_key_ipv6 - what to look up.
 * @address, @high, @low: in network byte order, as bytes_load32 and bytes_load64 load them
 * @port: in network byte order, or POLICY_ANY_PORT
 */
static inline struct policy_key policy_key_ipv4(uint32_t address, uint32_t port)
{
	struct policy_key key = {{address | (uint64_t)(POLICY_USED | port) << 32, 0, 0}};

	return key;
}

static inline struct policy_key policy_key_ipv6(uint64_t high, uint64_t low, uint32_t port)
{
	struct policy_key key = {{high, low, POLICY_USED | port}};

	return key;
}

static inline uint64_t policy_hash(const struct policy *policy, struct policy_key key)
{
	return key.word[0] * policy->multiplier[0] + key.word[1] * policy->multiplier[1] +
	       key.word[2] * policy->multiplier[2];
}

static inline uint32_t policy_bucket(uint64_t hash)
{
	return hash >> (64 - POLICY_BUCKET_BITS); /* a product mixes its high bits best */
}

static inline uint32_t policy_index(uint64_t hash, uint16_t displacement)
{
	/* The best mixed bits that tell nothing of the bucket. */
	return ((hash >> (64 - POLICY_BUCKET_BITS - POLICY_SLOT_BITS)) + displacement) &
	       (POLICY_SLOTS - 1);
}

/** policy_find - the slot of a service, NULL where the key is that of none. */
static inline const struct policy_slot *policy_find(const struct policy *policy,
						    struct policy_key key)
{
	uint64_t hash = policy_hash(policy, key);
	uint16_t displacement = policy->displacement[policy_bucket(hash)];
	const struct policy_slot *slot = &policy->slot[policy_index(hash, displacement)];

	VERIFIER_PIN(slot);
	if (slot->key.word[0] != key.word[0] || slot->key.word[2] != key.word[2])
		return NULL;
	if (key.word[2] && slot->key.word[1] != key.word[1]) /* IPv4 has no second word */
		return NULL;
	return slot;
}

#endif
