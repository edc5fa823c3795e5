/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The transaction ID of a request: its number, and a keyed check that tells replies to it from all
 * other messages. A reply is matched by its number alone, without a search. For BPF too.
 */
#ifndef REFLEX_LOAD_TICKET_H
#define REFLEX_LOAD_TICKET_H

#include <stdbool.h>
#include <stdint.h>

/* Chosen at random by each process. */
struct ticket_key {
	uint64_t add, multiply; /* the second is odd */
};

/* The last 12 bytes of a STUN header. */
struct ticket {
	uint32_t word[3]; /* number; owner, run and the number's upper 16 bits; check */
};

static inline uint32_t ticket_check(const struct ticket *ticket, const struct ticket_key *key)
{
	uint64_t mixed = ((uint64_t)ticket->word[1] << 32 | ticket->word[0]) ^ key->add;

	mixed *= key->multiply;
	mixed ^= mixed >> 29;
	mixed *= key->multiply;
	return (uint32_t)(mixed >> 32);
}

static inline struct ticket ticket_make(uint64_t number, uint8_t owner, uint8_t run,
					const struct ticket_key *key)
{
	struct ticket ticket = {{(uint32_t)number, (uint32_t)owner << 24 | (uint32_t)run << 16 |
							   (uint32_t)(number >> 32 & 0xffff)}};

	ticket.word[2] = ticket_check(&ticket, key);
	return ticket;
}

static inline bool ticket_valid(const struct ticket *ticket, const struct ticket_key *key)
{
	return ticket->word[2] == ticket_check(ticket, key);
}

static inline uint64_t ticket_number(const struct ticket *ticket)
{
	return (uint64_t)(ticket->word[1] & 0xffff) << 32 | ticket->word[0];
}

static inline uint8_t ticket_owner(const struct ticket *ticket)
{
	return (uint8_t)(ticket->word[1] >> 24);
}

static inline uint8_t ticket_run(const struct ticket *ticket)
{
	return (uint8_t)(ticket->word[1] >> 16);
}

#endif
