/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A STUN message and its reply, whoever carried it: from the checks of its source address to the
 * verdict on its attributes (../README.md has their order), less what only a frame shows.
 * responder.h calls the parts, sockets the functions documented at the end.
 */
#ifndef REFLEX_CORE_MESSAGE_H
#define REFLEX_CORE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "admit.h"
#include "bytes.h"
#include "counters.h"
#include "policy.h"
#include "protocols.h"
#include "stun.h"
#include "verdict.h"
#include "verifier.h"

/* A power of two above the length of a reply's attributes, for the verifier: PADDING aside at most
 * 4 addresses over IPv6, SOFTWARE and FINGERPRINT, 140 bytes. */
#ifdef __bpf__
#define MESSAGE_OFFSETS 256
#else
#define MESSAGE_OFFSETS 65536
#endif

#define MESSAGE_PADDING_MAX 9000

/* What a reply's message is made of, once the request is gone. */
struct binding {
	uint8_t family;		    /* enum family, always set */
	uint8_t legacy;		    /* the request has no magic cookie */
	uint8_t verdict;	    /* of those that are answered */
	uint8_t software_offset;    /* of SOFTWARE within the reply's attributes */
	uint16_t request_length;    /* STUN attributes */
	uint16_t attributes_length; /* of the reply */
	uint16_t port;		    /* of the client, in host byte order */
	uint16_t padding;	    /* length of PADDING in the reply, 0: none */
	uint8_t private_client;	    /* message_is_private_client, to be counted on success */
	uint32_t header;	    /* first word of the STUN header, in network byte order */
	uint32_t ports;		    /* of the reply, in network byte order */
	uint32_t discovery;	    /* of the service's slot */
	uint32_t crc;		    /* state after the request's STUN header */
	/* The client's address and the one that the reply comes from; IPv4 uses one word. */
	struct wire_ipv6_address source VERIFIER_ALIGNED, destination VERIFIER_ALIGNED;
	struct be32 id[4] VERIFIER_ALIGNED;
	struct stun_attributes found;
};

/* An address and port, in network byte order. */
struct message_endpoint {
	struct wire_ipv6_address address VERIFIER_ALIGNED;
	uint16_t port;
};

/* What an address can be the source of. */
enum message_source {
	MESSAGE_PUBLIC,
	MESSAGE_PRIVATE, /* means nothing outside the network that it is of */
	MESSAGE_BOGON,	 /* no client can have it: VERDICT_SOURCE_ADDRESS */
};

/*
 * RFC 6890, RFC 1122 section 3.2.1.3; RFC 1918, RFC 6598. A bit for the first byte modulo 64 of
 * each prefix spares most clients the rest. The directed broadcast of a subnet is not among them:
 * it takes the prefixes of interfaces to know one, and the reply goes to the MAC address that
 * asked, never to all.
 */
static inline enum message_source message_source_ipv4(const struct be32 *source)
{
	const uint64_t first = 1ull << 0 | 1ull << 127 % 64 | 1ull << 169 % 64 | 1ull << 10 |
			       1ull << 100 % 64 | 1ull << 172 % 64 | 1ull << 192 % 64;
	uint32_t address = be32_to(source), net = address >> 24;

	if (__builtin_expect(net < 224 && !(first >> net % 64 & 1), 1))
		return MESSAGE_PUBLIC;
	if (net == 0 || net == 127 || net >= 224 || address >> 16 == 0xa9fe)
		return MESSAGE_BOGON;
	return net == 10 || address >> 20 == 0xac1 || address >> 16 == 0xc0a8 ||
			       address >> 22 == 0x6440 >> 6
		       ? MESSAGE_PRIVATE
		       : MESSAGE_PUBLIC;
}

/* RFC 6890; RFC 4193, and those of a link: fe80::/10, and the former fec0::/10. */
static inline enum message_source message_source_ipv6(const struct wire_ipv6_address *source)
{
	uint64_t high = bytes_load64(&source->word[0]);
	uint32_t first = *(const uint8_t *)source, third = source->word[2].raw;

	if (__builtin_expect(first - 2 < 0xfc - 2, 1))
		return MESSAGE_PUBLIC;
	if (!high) /* ::/96 with :: and ::1, ::ffff:0:0/96 */
		return !third || third == be32_from(0xffff).raw ? MESSAGE_BOGON : MESSAGE_PUBLIC;
	if (first == 0xff || high == bytes_words(0x0100, 0, 0, 0)) /* 100::/64 */
		return MESSAGE_BOGON;
	first = be32_to(&source->word[0]) >> 23;
	return first >> 2 == 0xfc00 >> 9 || first == 0xfe80 >> 7 ? MESSAGE_PRIVATE : MESSAGE_PUBLIC;
}

static inline bool message_is_bogon_ipv4(const struct be32 *source)
{
	return message_source_ipv4(source) == MESSAGE_BOGON;
}

static inline bool message_is_bogon_ipv6(const struct wire_ipv6_address *source)
{
	return message_source_ipv6(source) == MESSAGE_BOGON;
}

/*
 * Whether a client of such a source has a private address, though the service that it asks has not:
 * something before the service hides its clients.
 */
static inline bool message_is_private_client_ipv4(enum message_source source,
						  const struct be32 *service)
{
	return source == MESSAGE_PRIVATE && message_source_ipv4(service) != MESSAGE_PRIVATE;
}

static inline bool message_is_private_client_ipv6(enum message_source source,
						  const struct wire_ipv6_address *service)
{
	return source == MESSAGE_PRIVATE && message_source_ipv6(service) != MESSAGE_PRIVATE;
}

/*
 * The pair that differs from the one asked in both address and port, where the service has an
 * alternate.
 */
static inline void message_alternate(const struct policy *policy, const struct binding *binding,
				     struct message_endpoint *alternate)
{
	const struct policy_key *key =
		&policy->slot[binding->discovery & POLICY_ALTERNATE_SLOT].key;

	if (binding->family == FAMILY_IPV4) {
		alternate->address.word[0].raw = (uint32_t)key->word[0];
		alternate->port = (uint16_t)(key->word[0] >> 32);
		return;
	}
	bytes_store64(&alternate->address.word[0], key->word[0]);
	bytes_store64(&alternate->address.word[2], key->word[1]);
	alternate->port = (uint16_t)key->word[2];
}

static inline bool message_same_address(const struct binding *binding,
					const struct wire_ipv6_address *a,
					const struct wire_ipv6_address *b)
{
	if (binding->family == FAMILY_IPV4)
		return a->word[0].raw == b->word[0].raw;
	return bytes_load64(&a->word[0]) == bytes_load64(&b->word[0]) &&
	       bytes_load64(&a->word[2]) == bytes_load64(&b->word[2]);
}

/* LAND: the client claims to have the alternate address. */
VERIFIER_NOINLINE bool message_is_alternate(const struct policy *policy,
					    const struct binding *binding)
{
	struct message_endpoint alternate;

	message_alternate(policy, binding, &alternate);
	return message_same_address(binding, &binding->source, &alternate.address);
}

/* The source port: 0, or too low for the configuration. */
static inline enum verdict message_examine_port(uint16_t port, const struct policy *policy)
{
	if (port < UDP_PORT_UNPRIVILEGED && (!port || !policy->low_source_ports))
		return port ? VERDICT_LOW_SOURCE_PORT : VERDICT_SOURCE_PORT;
	return VERDICT_UNDECIDED;
}

/* Class and method, of a message whose first two bits are zero (RFC 8489 section 5). */
static inline enum verdict message_examine_type(uint16_t type)
{
	if (type == (STUN_BINDING | STUN_REQUEST))
		return VERDICT_UNDECIDED;
	switch (type & STUN_CLASS_MASK) {
	case STUN_SUCCESS:
	case STUN_ERROR:
		return verdict_own_exit(VERDICT_RESPONSE);
	case STUN_INDICATION:
		return verdict_own_exit(VERDICT_INDICATION);
	default:
		return verdict_own_exit(VERDICT_UNKNOWN_METHOD);
	}
}

/* Class, method and cookie, of a message whose shape is sound. */
static inline enum verdict message_examine_request(const struct wire_stun *stun,
						   const struct policy *policy,
						   struct binding *binding)
{
	enum verdict verdict = message_examine_type(be16_to(&stun->type));

	if (verdict != VERDICT_UNDECIDED)
		return verdict;
	binding->legacy = stun->id[0].raw != be32_from(STUN_COOKIE).raw;
	if (binding->legacy && !policy->legacy)
		return verdict_own_exit(VERDICT_NO_COOKIE);
	binding->header = bytes_load32(stun);
	bytes_copy128(binding->id, stun->id);
	return VERDICT_UNDECIDED;
}

/* The STUN header, of a datagram of @length bytes: shape, class, method, cookie. */
static inline enum verdict message_examine_header(const uint8_t *pos, const uint8_t *end,
						  uint32_t length, const struct policy *policy,
						  struct binding *binding)
{
	const struct wire_stun *stun = (const struct wire_stun *)pos;

	if (length < sizeof(*stun) || !verifier_has(pos, end, sizeof(*stun)))
		return verdict_own_exit(VERDICT_STUN_RUNT);
	if (*pos > 3)
		return verdict_own_exit(VERDICT_NOT_STUN);
	binding->request_length = be16_to(&stun->length);
	if (binding->request_length & 3 || binding->request_length != length - sizeof(*stun))
		return verdict_own_exit(VERDICT_STUN_LENGTH);
	return message_examine_request(stun, policy, binding);
}

/* Which attributes of RFC 5780 the service uses; RFC 3489 has only CHANGE-REQUEST of them. */
static inline uint32_t message_uses(const struct policy *policy, const struct binding *binding)
{
	uint32_t discovery = binding->discovery;

	if (!discovery)
		return 0;
	if (binding->legacy)
		discovery &= POLICY_ALTERNATE;
	return (discovery & POLICY_ALTERNATE ? STUN_USE_CHANGE : 0) |
	       (discovery & POLICY_RESPONSE_PORT ? STUN_USE_RESPONSE_PORT : 0) |
	       (discovery & POLICY_PADDING ? STUN_USE_PADDING : 0) |
	       (policy->low_source_ports ? STUN_USE_LOW_PORT : 0);
}

/* The attributes, from how many there are to FINGERPRINT. */
static inline enum verdict message_walk_attributes(const uint8_t *pos, const uint8_t *end,
						   const struct policy *policy,
						   struct binding *binding, uint32_t uses)
{
	const struct wire_stun *stun = (const struct wire_stun *)pos;
	struct stun_attributes *found = &binding->found;
	enum verdict verdict;

	if (!verifier_has(pos, end, sizeof(*stun)))
		return verdict_own_exit(VERDICT_STUN_RUNT); /* never; the verifier asks again */
	verdict = stun_walk((const uint8_t *)(stun + 1), end, binding->request_length,
			    binding->legacy, uses, found);
	if (verdict != VERDICT_UNDECIDED)
		return verdict;
	verifier_forget();
	stun_pad_unknown(found, binding->legacy);
	if (!found->fingerprint)
		return VERDICT_UNDECIDED;
	found->fingerprint = policy->mirror_fingerprint;
	if (!stun_check_fingerprint(stun, end, found->length, &binding->crc) &&
	    !policy->ignore_wrong_fingerprint)
		return verdict_own_exit(VERDICT_WRONG_FINGERPRINT);
	return VERDICT_UNDECIDED;
}

/* What a request asks for by its attributes; in a stream those of RFC 5780 are not in use. */
static inline enum verdict message_examine_attributes(const uint8_t *pos, const uint8_t *end,
						      const struct policy *policy,
						      struct binding *binding, bool stream)
{
	stun_forget_attributes(&binding->found);
	if (!binding->request_length)
		return VERDICT_UNDECIDED;
	return message_walk_attributes(pos, end, policy, binding,
				       stream ? 0 : message_uses(policy, binding));
}

/* Bytes of the reply's attributes up to SOFTWARE. */
static inline uint32_t message_measure_first(const struct binding *binding)
{
	uint32_t address = binding->family == FAMILY_IPV4 ? STUN_MAPPED_IPV4 : STUN_MAPPED_IPV6;

	if (binding->verdict == VERDICT_UNKNOWN_ATTRIBUTE)
		return STUN_ERROR_SIZE + (uint32_t)sizeof(struct wire_attribute) +
		       ((binding->found.unknown_count + 1) & ~1u) * 2;
	if (binding->verdict == VERDICT_BAD_REQUEST)
		return STUN_ERROR_SIZE;
	if (!binding->discovery)
		return address;
	return binding->legacy ? 3 * address : 4 * address;
}

static inline void message_measure(const struct policy *policy, struct binding *binding)
{
	uint32_t attributes = message_measure_first(binding);

	binding->software_offset = (uint8_t)attributes;
	attributes += policy->software_words * 4u;
	if (binding->padding)
		attributes += sizeof(struct wire_attribute) + binding->padding;
	if (binding->found.fingerprint)
		attributes += STUN_FINGERPRINT_SIZE;
	binding->attributes_length = (uint16_t)attributes;
}

static inline enum verdict message_admit(const struct policy *policy, const struct binding *binding,
					 enum verdict verdict)
{
	const struct admission admission = {policy, (enum family)binding->family,
					    binding->source.word};

	return admit(&admission, verdict);
}

/*
 * The verdict on a request with such attributes, how long the reply's attributes will be, and
 * whether the client is admitted.
 */
static inline enum verdict message_conclude(const struct policy *policy, struct binding *binding)
{
	const struct stun_attributes *found = &binding->found;
	enum verdict verdict = binding->legacy ? VERDICT_LEGACY_SUCCESS : VERDICT_SUCCESS;

	if (found->unknown_count)
		verdict = VERDICT_UNKNOWN_ATTRIBUTE;
	else if (found->padding)
		verdict = found->response_port.raw ? VERDICT_BAD_REQUEST : VERDICT_PADDING;
	binding->verdict = (uint8_t)verdict;
	binding->padding = 0;
	message_measure(policy, binding);
	return verdict_action(verdict) == ACTION_ANSWER ? message_admit(policy, binding, verdict)
							: verdict;
}

/*
 * Where a success response comes from and goes to (RFC 5780 section 6.1, table 1). Before it,
 * `destination` and `ports` are what was asked.
 */
static inline void message_redirect(const struct policy *policy, struct binding *binding)
{
	uint8_t change = binding->found.change;
	struct message_endpoint alternate = {}; /* gcc does not see that the family decides */
	struct be16 ports[2] VERIFIER_ALIGNED;	/* source, destination */

	message_alternate(policy, binding, &alternate);
	bytes_store32(ports, binding->ports);
	if (change & STUN_CHANGE_PORT)
		ports[0].raw = alternate.port;
	if (binding->found.response_port.raw)
		bytes_copy16(&ports[1], &binding->found.response_port);
	binding->ports = bytes_load32(ports);
	if (!(change & STUN_CHANGE_IP))
		return;
	if (binding->family == FAMILY_IPV4)
		binding->destination.word[0].raw = alternate.address.word[0].raw;
	else
		bytes_copy128(&binding->destination, &alternate.address);
}

/*
 * (XOR-)MAPPED-ADDRESS: RFC 8489 section 14.1, 14.2; RFC 3489 section 11.2.1. The port is in host
 * byte order, @id is cookie and transaction ID.
 */
static inline bool message_put_mapped_address(struct stun_writer *writer, uint8_t family,
					      bool legacy, uint32_t port,
					      const struct be32 *address, const struct be32 *id)
{
	uint16_t type = legacy ? STUN_MAPPED_ADDRESS : STUN_XOR_MAPPED_ADDRESS;
	uint32_t mask = legacy ? 0 : 0xffffffff;

	port ^= STUN_COOKIE >> 16 & mask;
	if (family == FAMILY_IPV4)
		return stun_put_3(writer, stun_attribute(type, STUN_ADDRESS_IPV4),
				  be32_from(STUN_FAMILY_IPV4 << 16 | port).raw,
				  address[0].raw ^ (be32_from(STUN_COOKIE).raw & mask));
	return stun_put_3(writer, stun_attribute(type, STUN_ADDRESS_IPV6),
			  be32_from(STUN_FAMILY_IPV6 << 16 | port).raw,
			  address[0].raw ^ (id[0].raw & mask)) &&
	       stun_put_3(writer, address[1].raw ^ (id[1].raw & mask),
			  address[2].raw ^ (id[2].raw & mask), address[3].raw ^ (id[3].raw & mask));
}

/* An address attribute as it is; the port is in host byte order. */
VERIFIER_NOINLINE bool message_put_address(struct stun_writer *writer, uint16_t type,
					   uint8_t family, uint16_t port,
					   const struct be32 *address)
{
	if (family == FAMILY_IPV4)
		return stun_put_3(writer, stun_attribute(type, STUN_ADDRESS_IPV4),
				  be32_from(STUN_FAMILY_IPV4 << 16 | port).raw, address[0].raw);
	return stun_put_3(writer, stun_attribute(type, STUN_ADDRESS_IPV6),
			  be32_from(STUN_FAMILY_IPV6 << 16 | port).raw, address[0].raw) &&
	       stun_put_3(writer, address[1].raw, address[2].raw, address[3].raw);
}

/* MAPPED-ADDRESS beside the XORed one, RESPONSE-ORIGIN, OTHER-ADDRESS (RFC 5780 section 6.1), or
 * what RFC 3489 section 8.1 calls them. */
VERIFIER_NOINLINE bool message_put_discovery(struct stun_writer *writer,
					     const struct policy *policy,
					     const struct binding *binding)
{
	uint16_t origin = binding->legacy ? STUN_SOURCE_ADDRESS : STUN_RESPONSE_ORIGIN;
	uint16_t other = binding->legacy ? STUN_CHANGED_ADDRESS : STUN_OTHER_ADDRESS;
	const struct be16 *port = (const struct be16 *)&binding->ports;
	struct message_endpoint alternate;

	if (!binding->legacy && !message_put_address(writer, STUN_MAPPED_ADDRESS, binding->family,
						     binding->port, binding->source.word))
		return false;
	if (!message_put_address(writer, origin, binding->family, be16_to(port),
				 binding->destination.word))
		return false;
	message_alternate(policy, binding, &alternate);
	return message_put_address(writer, other, binding->family, BYTES_SWAP16(alternate.port),
				   alternate.address.word);
}

/*
 * SOFTWARE. The writer stands there already; but by this the verifier forgets how it came there,
 * and checks what follows once, not for each number of words.
 */
static inline bool message_put_software(struct stun_writer *writer, struct wire_stun *stun,
					const struct policy *policy, const struct binding *binding)
{
	verifier_forget();
	writer->pos = (uint8_t *)(stun + 1) + binding->software_offset;
	for (uint32_t i = 0; i < 1 + POLICY_SOFTWARE_MAX / 4 && i < policy->software_words; i++) {
		if (!stun_put_1(writer, policy->software[binding->legacy & 1][i]))
			return false;
	}
	return true;
}

/* The attributes up to SOFTWARE. */
static inline bool message_put_first(struct stun_writer *writer, const struct policy *policy,
				     const struct binding *binding)
{
	if (binding->verdict == VERDICT_UNKNOWN_ATTRIBUTE)
		return stun_put_unknown(writer, &binding->found);
	if (binding->verdict == VERDICT_BAD_REQUEST)
		return stun_put_bad_request(writer);
	if (!message_put_mapped_address(writer, binding->family, binding->legacy, binding->port,
					binding->source.word, binding->id))
		return false;
	return !binding->discovery || message_put_discovery(writer, policy, binding);
}

/* The STUN header and all attributes. The caller has begun the writer's sum. */
static inline bool message_write(struct stun_writer *writer, struct wire_stun *stun,
				 const struct policy *policy, const struct binding *binding)
{
	uint16_t attributes = binding->attributes_length;
	bool success = verdict_is_success((enum verdict)binding->verdict);
	uint16_t type = STUN_BINDING | (success ? STUN_SUCCESS : STUN_ERROR);
	uint32_t header = be32_from((uint32_t)type << 16 | attributes).raw;

	bytes_store32(stun, header); /* type, length */
	bytes_copy128(stun->id, binding->id);
	writer->pos = (uint8_t *)(stun + 1);
	writer->sum += header;
	writer->fingerprint = binding->found.fingerprint;
	if (writer->fingerprint)
		writer->crc = binding->crc ^ crc32_difference(header ^ binding->header);
	if (!message_put_first(writer, policy, binding))
		return false;
	if (policy->software_words && !message_put_software(writer, stun, policy, binding))
		return false;
#ifndef __bpf__
	if (binding->padding && !stun_put_padding(writer, binding->padding))
		return false;
#endif
	if (writer->fingerprint) {
		writer->pos = (uint8_t *)(stun + 1) +
			      ((attributes - STUN_FINGERPRINT_SIZE) & (MESSAGE_OFFSETS - 1));
		return stun_put_fingerprint(writer);
	}
	return true;
}

/* --- for sockets --- */

/* Where a message came from and was sent to; addresses and ports in network byte order. */
struct message_path {
	uint8_t family; /* enum family */
	bool local;	/* came by the loopback interface */
	bool stream;	/* came over TCP, whose replies can go nowhere else */
	struct be16 source_port, destination_port;
	struct wire_ipv6_address source, destination; /* IPv4 uses one word */
};

static inline const struct policy_slot *message_find(const struct policy *policy,
						     const struct message_path *path)
{
	uint32_t port = path->destination_port.raw;
	const struct be32 *address = path->destination.word;

	if (path->family == FAMILY_IPV4)
		return policy_find(policy, policy_key_ipv4(address[0].raw, port));
	return policy_find(policy, policy_key_ipv6(bytes_load64(&address[0]),
						   bytes_load64(&address[2]), port));
}

/* Bogon sources and LAND, of what came over a network. */
static inline enum verdict message_examine_source(const struct policy *policy,
						  const struct binding *binding)
{
	if (binding->family == FAMILY_IPV4 ? message_is_bogon_ipv4(binding->source.word)
					   : message_is_bogon_ipv6(&binding->source))
		return verdict_own_exit(VERDICT_SOURCE_ADDRESS);
	if (message_same_address(binding, &binding->source, &binding->destination) ||
	    (binding->discovery && message_is_alternate(policy, binding)))
		return verdict_own_exit(VERDICT_LAND);
	return VERDICT_UNDECIDED;
}

/* The STUN header, of a message in a stream, of which the header at least is there. */
static inline enum verdict message_examine_stream(const uint8_t *pos, const struct policy *policy,
						  struct binding *binding)
{
	const struct wire_stun *stun = (const struct wire_stun *)pos;

	if (*pos > 3)
		return verdict_own_exit(VERDICT_NOT_STUN);
	binding->request_length = be16_to(&stun->length);
	if (binding->request_length & 3)
		return verdict_own_exit(VERDICT_STUN_LENGTH);
	if (binding->request_length > STUN_STREAM_MAX - sizeof(*stun))
		return verdict_own_exit(VERDICT_TOO_LONG);
	return message_examine_request(stun, policy, binding);
}

static inline void message_begin(struct binding *binding, const struct message_path *path,
				 uint32_t discovery)
{
	struct be16 ports[2] = {path->destination_port, path->source_port};

	binding->family = path->family;
	binding->source = path->source;
	binding->destination = path->destination;
	binding->port = be16_to(&path->source_port);
	binding->ports = bytes_load32(ports);
	binding->discovery = discovery;
	if (path->local)
		binding->private_client = false;
	else if (path->family == FAMILY_IPV4)
		binding->private_client = message_is_private_client_ipv4(
			message_source_ipv4(path->source.word), path->destination.word);
	else
		binding->private_client = message_is_private_client_ipv6(
			message_source_ipv6(&path->source), &path->destination);
}

/* The source, where the path can have a wrong one, and the STUN header. */
static inline enum verdict message_examine_shape(const uint8_t *message, const uint8_t *end,
						 const struct policy *policy,
						 const struct message_path *path,
						 struct binding *binding)
{
	enum verdict verdict = VERDICT_UNDECIDED;

	if (!path->local && !path->stream)
		verdict = message_examine_source(policy, binding);
	if (verdict == VERDICT_UNDECIDED)
		verdict = message_examine_port(binding->port, policy);
	if (verdict != VERDICT_UNDECIDED)
		return verdict;
	if (path->stream)
		return message_examine_stream(message, policy, binding);
	return message_examine_header(message, end, (uint32_t)(end - message), policy, binding);
}

/**
 * message_examine - decide what becomes of a message that a socket received.
 * @message: the message; over TCP at least its header
 * @end: behind its last byte
 * @policy: what is configured
 * @path: where it came from and was sent to
 * @binding: where the action is ACTION_ANSWER, for the functions below
 *
 * Return: the verdict, below VERDICTS. Over TCP VERDICT_NOT_STUN, VERDICT_STUN_LENGTH and
 * VERDICT_TOO_LONG are found by the header, and the stream has to end with them.
 */
static inline enum verdict message_examine(const uint8_t *message, const uint8_t *end,
					   const struct policy *policy,
					   const struct message_path *path, struct binding *binding)
{
	const struct policy_slot *slot = message_find(policy, path);
	enum verdict verdict;

	if (!slot)
		return verdict_own_exit(VERDICT_NOT_SERVICE);
	message_begin(binding, path, slot->discovery);
	verdict = message_examine_shape(message, end, policy, path, binding);
	if (verdict != VERDICT_UNDECIDED)
		return verdict;
	verdict = message_examine_attributes(message, end, policy, binding, path->stream);
	if (verdict != VERDICT_UNDECIDED)
		return verdict;
	verdict = message_conclude(policy, binding);
	if (slot->discovery && verdict_is_success(verdict))
		message_redirect(policy, binding);
	return verdict;
}

#ifndef __bpf__
/**
 * message_pad - make of VERDICT_PADDING a success response with PADDING (RFC 5780 section 7.6).
 * @binding: as filled by message_examine
 * @mtu: bytes, of the interface that the reply leaves by
 *
 * Return: the verdict to go on with.
 */
static inline enum verdict message_pad(const struct policy *policy, struct binding *binding,
				       uint32_t mtu)
{
	uint32_t padding = (mtu + 3) & ~3u;

	binding->verdict = VERDICT_SUCCESS;
	binding->padding =
		(uint16_t)(padding < MESSAGE_PADDING_MAX ? padding : MESSAGE_PADDING_MAX);
	message_measure(policy, binding);
	message_redirect(policy, binding);
	return message_admit(policy, binding, VERDICT_SUCCESS);
}
#endif

/** message_reply_length - bytes of the reply, at most MESSAGE_REPLY_MAX. */
static inline uint32_t message_reply_length(const struct binding *binding)
{
	return (uint32_t)sizeof(struct wire_stun) + binding->attributes_length;
}

#define MESSAGE_REPLY_MAX (sizeof(struct wire_stun) + 140 + 4 + MESSAGE_PADDING_MAX)

/** message_reply_path - where the reply leaves from (source) and goes to (destination). */
static inline void message_reply_path(const struct binding *binding, struct message_path *path)
{
	const struct be16 *ports = (const struct be16 *)&binding->ports;

	path->family = binding->family;
	path->source = binding->destination;
	path->destination = binding->source;
	path->source_port = ports[0];
	path->destination_port = ports[1];
}

/**
 * message_emit - write the reply.
 * @reply: room for it
 * @end: @reply + message_reply_length
 *
 * Return: false, where it does not fit.
 */
static inline bool message_emit(uint8_t *reply, const uint8_t *end, const struct policy *policy,
				const struct binding *binding)
{
	struct stun_writer writer = {NULL, end, 0, 0, false};

	return verifier_has(reply, end, message_reply_length(binding)) &&
	       message_write(&writer, (struct wire_stun *)reply, policy, binding);
}

#endif
