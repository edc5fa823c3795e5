/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * CRC-32 (ISO 3309, as RFC 8489 section 14.7 asks) over 32-bit words. A CRC is linear, so each byte
 * has a table for its distance from the end of the step, and the lookups of a step do not wait for
 * each other (slicing: Kounavis and Berry 2005). STUN comes in words, and three make the header's
 * transaction ID as well as a whole IPv4 address attribute: the step of 12 fits it better than the
 * usual 8 or 16.
 *
 * Words are taken in network byte order. A state starts at CRC32_START and is inverted at the end.
 */
#ifndef REFLEX_CORE_CRC32_H
#define REFLEX_CORE_CRC32_H

#include <stdint.h>

#include "bytes.h"
#include "crc32_table.h"

#define CRC32_START 0xffffffffu

/* An entry by its offset in bytes, which comes out of a word with one shift and one mask. */
static inline uint32_t crc32_entry(unsigned int row, uint32_t offset)
{
	return *(const uint32_t *)((const uint8_t *)crc32_table[row] + (offset & 0x3fc));
}

/* Four bytes followed by `zeros` zero bytes. */
static inline uint32_t crc32_lookup(uint32_t word, unsigned int zeros)
{
	return crc32_entry(zeros + 3, word << 2) ^ crc32_entry(zeros + 2, word >> 6) ^
	       crc32_entry(zeros + 1, word >> 14) ^ crc32_entry(zeros, word >> 22);
}

/** crc32_1 - the state after one more word. */
static inline uint32_t crc32_1(uint32_t state, uint32_t a)
{
	return crc32_lookup(state ^ BYTES_LITTLE32(a), 0);
}

/** crc32_2 - the state after two more words. */
static inline uint32_t crc32_2(uint32_t state, uint32_t a, uint32_t b)
{
	return crc32_lookup(state ^ BYTES_LITTLE32(a), 4) ^ crc32_lookup(BYTES_LITTLE32(b), 0);
}

/** crc32_3 - the state after three more words. */
static inline uint32_t crc32_3(uint32_t state, uint32_t a, uint32_t b, uint32_t c)
{
	return crc32_lookup(state ^ BYTES_LITTLE32(a), 8) ^ crc32_lookup(BYTES_LITTLE32(b), 4) ^
	       crc32_lookup(BYTES_LITTLE32(c), 0);
}

/**
 * crc32_difference - how the state after a 20-byte header changes with its first word.
 * @difference: between the two first words
 */
static inline uint32_t crc32_difference(uint32_t difference)
{
	return crc32_lookup(BYTES_LITTLE32(difference), 16);
}

#endif
