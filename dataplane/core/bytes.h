/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Numbers in network byte order, and loads and stores at any address. */
#ifndef REFLEX_CORE_BYTES_H
#define REFLEX_CORE_BYTES_H

#include <stdint.h>

/*
 * Headers stand at any address, and the same bytes are read as more than one of them. On the host
 * `packed` says the former. For BPF it must not: clang would load byte by byte, while the kernel
 * allows unaligned loads wherever the CPU does.
 */
#ifdef __bpf__
#define WIRE __attribute__((may_alias))
#else
#define WIRE __attribute__((packed, may_alias))
#endif

#ifdef __cplusplus
#define WIRE_SIZE(type, size) static_assert(sizeof(type) == (size), "layout of " #type)
#else
#define WIRE_SIZE(type, size) _Static_assert(sizeof(type) == (size), "layout of " #type)
#endif

/* Big-endian numbers are structs, so that they are not mixed up with host order. */
struct be16 {
	uint16_t raw;
} WIRE;

struct be32 {
	uint32_t raw;
} WIRE;

struct bytes_u64 {
	uint64_t raw;
} WIRE;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define BYTES_SWAP16(x)	  __builtin_bswap16(x)
#define BYTES_SWAP32(x)	  __builtin_bswap32(x)
#define BYTES_LITTLE32(x) (x)
#else
#define BYTES_SWAP16(x)	  (x)
#define BYTES_SWAP32(x)	  (x)
#define BYTES_LITTLE32(x) __builtin_bswap32(x)
#endif

static inline struct be16 be16_from(uint16_t host)
{
	struct be16 wire = {BYTES_SWAP16(host)};

	return wire;
}

static inline struct be32 be32_from(uint32_t host)
{
	struct be32 wire = {BYTES_SWAP32(host)};

	return wire;
}

/* By pointer: clang takes structs by value apart into bytes. */
static inline uint16_t be16_to(const struct be16 *wire)
{
	return BYTES_SWAP16(wire->raw);
}

static inline uint32_t be32_to(const struct be32 *wire)
{
	return BYTES_SWAP32(wire->raw);
}

/* Loads and stores at any address. Nothing is swapped: numbers keep their byte order in memory. */
static inline uint32_t bytes_load32(const void *from)
{
	return ((const struct be32 *)from)->raw;
}

static inline void bytes_store32(void *to, uint32_t raw)
{
	((struct be32 *)to)->raw = raw;
}

static inline uint64_t bytes_load64(const void *from)
{
	return ((const struct bytes_u64 *)from)->raw;
}

static inline void bytes_store64(void *to, uint64_t raw)
{
	((struct bytes_u64 *)to)->raw = raw;
}

/* Four 16-bit numbers in host byte order as bytes_load64 would load them, to compare at once. */
static inline uint64_t bytes_words(uint16_t a, uint16_t b, uint16_t c, uint16_t d)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (uint64_t)BYTES_SWAP16(a) | (uint64_t)BYTES_SWAP16(b) << 16 |
	       (uint64_t)BYTES_SWAP16(c) << 32 | (uint64_t)BYTES_SWAP16(d) << 48;
#else
	return (uint64_t)a << 48 | (uint64_t)b << 32 | (uint64_t)c << 16 | d;
#endif
}

static inline void bytes_copy128(void *to, const void *from)
{
	bytes_store64(to, bytes_load64(from));
	bytes_store64((uint8_t *)to + 8, bytes_load64((const uint8_t *)from + 8));
}

/* Swaps two 16-bit fields in one word, such as ports. */
static inline uint32_t bytes_swap_halves(uint32_t word)
{
	return word << 16 | word >> 16;
}

static inline void bytes_copy16(void *to, const void *from)
{
	((struct be16 *)to)->raw = ((const struct be16 *)from)->raw;
}

#endif
