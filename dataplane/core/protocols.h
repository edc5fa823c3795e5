/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Headers and numbers of the protocols. All multi-byte fields are in network byte order. */
#ifndef REFLEX_CORE_PROTOCOLS_H
#define REFLEX_CORE_PROTOCOLS_H

#include "bytes.h"

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
#define WIRE_LINK_MAX                                                                              \
	((uint32_t)(sizeof(struct wire_ethernet) + WIRE_TAGS_MAX * sizeof(struct wire_tag)))

static inline void wire_copy_mac(struct be16 *to, const struct be16 *from)
{
	bytes_store32(to, bytes_load32(from));
	bytes_copy16(to + 2, from + 2);
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

#define UDP_PORT_UNPRIVILEGED 1024 /* the first that any program may bind */

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

/* Flags of CHANGE-REQUEST (RFC 5780 section 7.2). */
enum stun_change {
	STUN_CHANGE_PORT = 0x2,
	STUN_CHANGE_IP = 0x4,
	STUN_CHANGE_FLAGS = STUN_CHANGE_PORT | STUN_CHANGE_IP,
};

#define STUN_FINGERPRINT_XOR 0x5354554eu
#define STUN_FAMILY_IPV4     0x01
#define STUN_FAMILY_IPV6     0x02

/* Bytes of an address attribute's value (RFC 8489 section 14.1), and of whole attributes. */
#define STUN_ADDRESS_IPV4     8u
#define STUN_ADDRESS_IPV6     20u
#define STUN_MAPPED_IPV4      ((uint32_t)sizeof(struct wire_attribute) + STUN_ADDRESS_IPV4)
#define STUN_MAPPED_IPV6      ((uint32_t)sizeof(struct wire_attribute) + STUN_ADDRESS_IPV6)
#define STUN_ERROR_SIZE	      8u /* without a reason phrase */
#define STUN_FINGERPRINT_SIZE 8u

#endif
