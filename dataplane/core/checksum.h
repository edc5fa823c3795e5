/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The Internet checksum (RFC 1071), over 32-bit words in network byte order: one's complement sums
 * do not depend on the byte order (section 2 B), so nothing is swapped.
 */
#ifndef REFLEX_CORE_CHECKSUM_H
#define REFLEX_CORE_CHECKSUM_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"

/**
 * checksum_fold - fold a sum of words into 16 bits.
 * @sum: below 2^47, as of 32,767 32-bit words
 *
 * The second step adds the word to itself rotated by half. The upper half is then the sum of both
 * halves with its end-around carry.
 *
 * Return: the one's complement sum.
 */
static inline uint16_t checksum_fold(uint64_t sum)
{
	uint32_t word = (uint32_t)((sum >> 16) + (sum & 0xffff));

	return (uint16_t)((word + (word << 16 | word >> 16)) >> 16);
}

/**
 * checksum_valid - whether words that include their own checksum sum up right.
 * @sum: not 0
 *
 * They do where the folded sum is 0xffff, and a sum folds to that where it is a multiple of it.
 * Multiplying by the inverse of an odd divisor modulo 2^64 maps its multiples, and nothing else, to
 * the numbers up to 2^64 / divisor (Granlund and Montgomery 1994, section 9).
 */
static inline bool checksum_valid(uint64_t sum)
{
	return sum * 0xfffefffefffeffffu <= 0x0001000100010001u;
}

/* A 16-bit number in host byte order, as a summand: in network byte order, in a wider word. */
static inline uint64_t checksum_word(uint16_t host)
{
	return be16_from(host).raw;
}

/* Three or four words in a row, the sizes that protocol headers come in. */
static inline uint64_t checksum_3(const uint8_t *from)
{
	return (uint64_t)bytes_load32(from) + bytes_load32(from + 4) + bytes_load32(from + 8);
}

static inline uint64_t checksum_4(const uint8_t *from)
{
	return checksum_3(from) + bytes_load32(from + 12);
}

#endif
