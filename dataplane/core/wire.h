/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Headers and numbers of the protocols on the wire. All multi-byte fields are big-endian. */
#ifndef REFLEX_CORE_WIRE_H
#define REFLEX_CORE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Headers lie at any address, over bytes that are read as other headers too. The former is said by
 * `packed` on the host. For BPF it must not be said: clang would load byte by byte, while the
 * kernel allows wide loads anywhere wherever the CPU does.
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

struct wire_u64 {
	uint64_t raw;
} WIRE;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define WIRE_SWAP16(x)	 __builtin_bswap16(x)
#define WIRE_SWAP32(x)	 __builtin_bswap32(x)
#define WIRE_LITTLE32(x) (x)
#else
#define WIRE_SWAP16(x)	 (x)
#define WIRE_SWAP32(x)	 (x)
#define WIRE_LITTLE32(x) __builtin_bswap32(x)
#endif

static inline struct be16 be16_from(uint16_t host)
{
	struct be16 wire = {WIRE_SWAP16(host)};

	return wire;
}

static inline struct be32 be32_from(uint32_t host)
{
	struct be32 wire = {WIRE_SWAP32(host)};

	return wire;
}

/* By pointer: clang takes structs by value apart into bytes. */
static inline uint16_t be16_to(const struct be16 *wire)
{
	return WIRE_SWAP16(wire->raw);
}

static inline uint32_t be32_to(const struct be32 *wire)
{
	return WIRE_SWAP32(wire->raw);
}

/* 4 bytes at any address, in the byte order in which they lie there. */
static inline uint32_t wire_load32(const void *from)
{
	return ((const struct be32 *)from)->raw;
}

static inline void wire_store32(void *to, uint32_t raw)
{
	((struct be32 *)to)->raw = raw;
}

/*
 * On what wire_store64 and wire_copy128 write: at any address for BPF, but not on its stack, where
 * the kernel takes aligned accesses only, and clang puts a struct of smaller numbers anywhere.
 */
#define WIRE_ALIGNED __attribute__((aligned(8)))

static inline uint64_t wire_load64(const void *from)
{
	return ((const struct wire_u64 *)from)->raw;
}

static inline void wire_store64(void *to, uint64_t raw)
{
	((struct wire_u64 *)to)->raw = raw;
}

/* Four 16-bit numbers of host order as wire_load64 loads them, to compare with at once. */
static inline uint64_t wire_words(uint16_t a, uint16_t b, uint16_t c, uint16_t d)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (uint64_t)WIRE_SWAP16(a) | (uint64_t)WIRE_SWAP16(b) << 16 |
	       (uint64_t)WIRE_SWAP16(c) << 32 | (uint64_t)WIRE_SWAP16(d) << 48;
#else
	return (uint64_t)a << 48 | (uint64_t)b << 32 | (uint64_t)c << 16 | d;
#endif
}

static inline void wire_copy128(void *to, const void *from)
{
	wire_store64(to, wire_load64(from));
	wire_store64((uint8_t *)to + 8, wire_load64((const uint8_t *)from + 8));
}

/* Two 16-bit fields that lie in one word, such as ports, the other way round. */
static inline uint32_t wire_swap_halves(uint32_t word)
{
	return word << 16 | word >> 16;
}

static inline void wire_copy16(void *to, const void *from)
{
	((struct be16 *)to)->raw = ((const struct be16 *)from)->raw;
}

/**
 * wire_room - bytes from a position to the end of the frame.
 *
 * The verifier prohibits 32-bit arithmetic on pointers; the empty asm keeps clang from narrowing
 * this.
 */
static inline uint64_t wire_room(const uint8_t *pos, const uint8_t *end)
{
	uint64_t room = (uint64_t)(end - pos);

#ifdef __bpf__
	__asm__ volatile("" : "+r"(room));
#endif
	return room;
}

/**
 * wire_has - whether so many bytes lie between a position and the end of the frame.
 *
 * What the verifier wants to see before each access. The empty asm keeps clang from moving the
 * constant to the other side: no arithmetic is allowed on the end.
 */
static inline bool wire_has(const uint8_t *pos, const uint8_t *end, uint32_t bytes)
{
#ifdef __bpf__
	pos += bytes;
	__asm__ volatile("" : "+r"(pos));
	return pos <= end;
#else
	return end - pos >= (int64_t)bytes;
#endif
}

/*
 * What is stored before this and loaded after it is any number to the verifier. It follows every
 * value that it knows along every path; what it has forgotten, it checks once. Costs a load, and
 * nothing on the host.
 */
static inline void wire_forget(void)
{
#ifdef __bpf__
	__asm__ volatile("" : : : "memory");
#endif
}

/* Works a pointer out once; clang would do so again for each of its fields. */
#ifdef __bpf__
#define WIRE_KEEP(pointer) __asm__ volatile("" : "+r"(pointer))
#else
#define WIRE_KEEP(pointer) (void)(pointer)
#endif

/*
 * A function apart: what it leaves behind on its stack is gone when it returns, and the verifier
 * goes on from one place, not from each end of each of its loops. For BPF only, and off the
 * shortest path: a return costs 8 ns.
 */
#ifdef __bpf__
#define WIRE_APART static __attribute__((noinline, unused))
#else
#define WIRE_APART static inline
#endif

enum ethertype {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_VLAN = 0x8100, /* 802.1Q */
	ETHERTYPE_QINQ = 0x88a8, /* 802.1ad */
};

struct wire_ethernet {
	struct be16 destination[3];
	struct be16 source[3];
	struct be16 type;
} WIRE;
WIRE_SIZE(struct wire_ethernet, 14);

struct wire_tag {
	struct be16 control;
	struct be16 type; /* of what follows */
} WIRE;
WIRE_SIZE(struct wire_tag, 4);

#define WIRE_TAGS_MAX 2
#define WIRE_LINK_MAX 22 /* Ethernet header and tags */

static inline void wire_copy_mac(struct be16 *to, const struct be16 *from)
{
	wire_store32(to, wire_load32(from));
	wire_copy16(to + 2, from + 2);
}

enum ip_protocol {
	IP_PROTOCOL_HOP_BY_HOP = 0,
	IP_PROTOCOL_UDP = 17,
	IP_PROTOCOL_ROUTING = 43,
	IP_PROTOCOL_FRAGMENT = 44,
	IP_PROTOCOL_AUTHENTICATION = 51,
	IP_PROTOCOL_DESTINATION_OPTIONS = 60,
	IP_PROTOCOL_MOBILITY = 135,
	IP_PROTOCOL_HOST_IDENTITY = 139,
	IP_PROTOCOL_SHIM6 = 140,
};

#define WIRE_TTL 64

/* RFC 791 */
struct wire_ipv4 {
	uint8_t version_length; /* version, header length in 32-bit words */
	uint8_t type_of_service;
	struct be16 total_length;
	struct be16 identification;
	struct be16 fragment; /* flags and offset */
	uint8_t time_to_live;
	uint8_t protocol;
	struct be16 checksum;
	struct be32 source;
	struct be32 destination;
} WIRE;
WIRE_SIZE(struct wire_ipv4, 20);

#define IPV4_VERSION_LENGTH 0x45 /* version 4, 5 words: no options */
#define IPV4_DONT_FRAGMENT  0x4000
#define IPV4_FRAGMENT_MASK  0x3fff /* more fragments, or an offset */

struct wire_ipv6_address {
	struct be32 word[4];
} WIRE;

/* RFC 8200 */
struct wire_ipv6 {
	struct be32 version_class_flow;
	struct be16 payload_length;
	uint8_t next_header;
	uint8_t hop_limit;
	struct wire_ipv6_address source;
	struct wire_ipv6_address destination;
} WIRE;
WIRE_SIZE(struct wire_ipv6, 40);

/* RFC 768 */
struct wire_udp {
	struct be16 source;
	struct be16 destination;
	struct be16 length;
	struct be16 checksum;
} WIRE;
WIRE_SIZE(struct wire_udp, 8);

/* RFC 8489 section 5; RFC 3489 has the cookie as the first word of its transaction ID. */
struct wire_stun {
	struct be16 type;
	struct be16 length; /* of the attributes */
	struct be32 id[4];  /* cookie, transaction ID */
} WIRE;
WIRE_SIZE(struct wire_stun, 20);

#define STUN_COOKIE	0x2112a442u
#define STUN_CLASS_MASK 0x0110
#define STUN_BINDING	0x0001

enum stun_class {
	STUN_REQUEST = 0x0000,
	STUN_INDICATION = 0x0010,
	STUN_SUCCESS = 0x0100,
	STUN_ERROR = 0x0110,
};

/* RFC 8489 section 14 */
struct wire_attribute {
	struct be16 type;
	struct be16 length; /* of the value, without padding */
} WIRE;
WIRE_SIZE(struct wire_attribute, 4);

enum stun_attribute {
	STUN_MAPPED_ADDRESS = 0x0001,
	STUN_CHANGE_REQUEST = 0x0003,
	STUN_SOURCE_ADDRESS = 0x0004,  /* RFC 3489 */
	STUN_CHANGED_ADDRESS = 0x0005, /* RFC 3489 */
	STUN_USERNAME = 0x0006,
	STUN_PASSWORD = 0x0007, /* RFC 3489 */
	STUN_MESSAGE_INTEGRITY = 0x0008,
	STUN_ERROR_CODE = 0x0009,
	STUN_UNKNOWN_ATTRIBUTES = 0x000a,
	STUN_REFLECTED_FROM = 0x000b, /* RFC 3489 */
	STUN_REALM = 0x0014,
	STUN_NONCE = 0x0015,
	STUN_MESSAGE_INTEGRITY_SHA256 = 0x001c,
	STUN_PASSWORD_ALGORITHM = 0x001d,
	STUN_USERHASH = 0x001e,
	STUN_XOR_MAPPED_ADDRESS = 0x0020,
	STUN_PRIORITY = 0x0024,	     /* RFC 8445 */
	STUN_USE_CANDIDATE = 0x0025, /* RFC 8445 */
	STUN_PADDING = 0x0026,	     /* RFC 5780 */
	STUN_RESPONSE_PORT = 0x0027, /* RFC 5780 */
	STUN_COMPREHENSION_OPTIONAL = 0x8000,
	STUN_SOFTWARE = 0x8022, /* RFC 3489: SERVER */
	STUN_FINGERPRINT = 0x8028,
	STUN_RESPONSE_ORIGIN = 0x802b, /* RFC 5780 */
	STUN_OTHER_ADDRESS = 0x802c,   /* RFC 5780 */
};

enum stun_change { /* flags of CHANGE-REQUEST (RFC 5780 section 7.2) */
		   STUN_CHANGE_PORT = 0x2,
		   STUN_CHANGE_IP = 0x4,
		   STUN_CHANGE_FLAGS = STUN_CHANGE_PORT | STUN_CHANGE_IP,
};

#define STUN_FINGERPRINT_XOR 0x5354554eu
#define STUN_FAMILY_IPV4     0x01
#define STUN_FAMILY_IPV6     0x02

#endif
