// SPDX-License-Identifier: BSD-2-Clause
/* The core's functions one by one. What they read and write ends against an inaccessible page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the four above before it. */
#include <cmocka.h>

#include "policy_build.h"
#include "responder.h"

#include "guard.h"
#include "oracle/frames.h"
#include "oracle/mutate.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static uint8_t *request_end, *reply_end; /* an inaccessible page begins here */
static struct generator chance;

static int set_up(void **state)
{
	(void)state;
	request_end = guard_map();
	reply_end = guard_map();
	generator_init(&chance, 1, NULL);
	return request_end && reply_end ? 0 : -1;
}

/* What stands there in network byte order. */
static unsigned int number(const void *wire)
{
	const uint8_t *bytes = wire;

	return (unsigned int)bytes[0] << 8 | bytes[1];
}

/* --- checksum.h --- */

/* RFC 1071 section 1 byte by byte, with the carry brought round at once; host order. */
static uint16_t slow_sum(const uint8_t *bytes, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i++) {
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
		if (sum > 0xffff)
			sum -= 0xffff;
	}
	return (uint16_t)sum;
}

static void check_sum(const uint8_t *bytes, size_t length)
{
	const uint8_t *at = guard_place(request_end, bytes, length);
	uint64_t sum = 0;
	uint16_t folded;

	for (size_t i = 0; i < length; i += 4)
		sum += bytes_load32(at + i);
	if (length == 12)
		assert_true(checksum_3(at) == sum);
	if (length == 16)
		assert_true(checksum_4(at) == sum);
	assert_true(responder_sum(at, request_end, (uint32_t)length) == sum);
	folded = checksum_fold(sum);
	assert_int_equal(number(&folded), slow_sum(bytes, length));
}

/* The example of RFC 1071 section 3: the sum is 0xddf2. */
static void sums_the_example_of_rfc_1071(void **state)
{
	static const uint8_t example[8] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

	(void)state;
	assert_int_equal(slow_sum(example, sizeof(example)), 0xddf2);
	check_sum(example, sizeof(example));
}

static void sums_like_bytes(void **state)
{
	uint8_t bytes[STUN_FRAME_MAX];

	(void)state;
	for (size_t length = 0; length <= sizeof(bytes); length += 4) {
		memset(bytes, 0, sizeof(bytes));
		check_sum(bytes, length);
		memset(bytes, 0xff, sizeof(bytes));
		check_sum(bytes, length);
		if (length)
			bytes[length - 1] = 0xfe;
		check_sum(bytes, length);
		for (int i = 0; i < 100; i++) {
			for (size_t j = 0; j < length; j++)
				bytes[j] = (uint8_t)(generator_next(&chance) >> 56);
			check_sum(bytes, length);
		}
	}
}

/* One's complement sums are remainders by 0xffff, where only nothing at all sums up to 0. */
static void check_fold(uint64_t sum)
{
	assert_int_equal(checksum_fold(sum), sum ? (sum - 1) % 0xffff + 1 : 0);
}

static void folds_every_carry(void **state)
{
	const uint64_t most = ((uint64_t)1 << 47) - 1;
	static const uint64_t edges[] = {
		0xffff,	     0x10000,	     0x1fffe,	     0x1ffff,	     0xfffeffff,
		0xffffffff,  0x100000000,    0x10000ffff,    0x1fffeffff,    0x1ffffffff,
		0xffff0000f, 0x7fffffff0000, 0x7ffffffefffc, 0x4000ffffffff,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(edges); i++) {
		for (uint64_t near = edges[i] - 3; near <= edges[i] + 3; near++)
			check_fold(near);
	}
	for (uint64_t sum = 0; sum <= 0x20000; sum++) {
		check_fold(sum);
		check_fold(most - sum);
	}
	for (int i = 0; i < 1000000; i++)
		check_fold(generator_next(&chance) % most >> generator_next(&chance) % 47);
}

/* Valid is what folds to 0xffff. */
static void judges_sums_like_folding(void **state)
{
	(void)state;
	for (uint64_t multiple = 1; multiple < 200000; multiple += 7) {
		uint64_t sum = multiple * 0xffff;

		assert_true(checksum_valid(sum));
		assert_false(checksum_valid(sum - 1));
		assert_false(checksum_valid(sum + 1));
	}
	for (int i = 0; i < 1000000; i++) {
		uint64_t sum = (generator_next(&chance) >> 17) + 1;

		assert_int_equal(checksum_valid(sum), checksum_fold(sum) == 0xffff);
	}
}

static void places_a_number_in_a_word(void **state)
{
	(void)state;
	for (uint32_t host = 0; host <= 0xffff; host++) {
		uint16_t folded = checksum_fold(checksum_word((uint16_t)host));

		assert_int_equal(number(&folded), host);
	}
}

static void sends_a_checksum_of_zero_as_ffff(void **state)
{
	(void)state;
	assert_int_equal(packet_finish_sum(0xffff), 0xffff);
	assert_int_equal(packet_finish_sum(0), 0xffff);
	assert_int_equal(packet_finish_sum(0xfffe), 1);
	assert_int_equal(packet_finish_sum(1), 0xfffe);
}

/* --- crc32.h --- */

static uint32_t slow_crc(uint32_t state, const void *bytes, size_t length)
{
	const uint8_t *byte = bytes;

	while (length--) {
		state ^= *byte++;
		for (int bit = 0; bit < 8; bit++)
			state = state >> 1 ^ (state & 1 ? 0xedb88320 : 0);
	}
	return state;
}

/* The check values that catalogues of CRCs give. */
static void has_the_check_values(void **state)
{
	const uint8_t *at = guard_place(request_end, "12345678", 8);
	uint32_t crc = crc32_2(CRC32_START, bytes_load32(at), bytes_load32(at + 4));

	(void)state;
	assert_int_equal(~slow_crc(CRC32_START, "123456789", 9), 0xcbf43926);
	assert_int_equal(~slow_crc(crc, "9", 1), 0xcbf43926);
	assert_int_equal(~crc, 0x9ae0daaf);
	assert_int_equal(~crc32_1(CRC32_START, 0), 0x2144df1c);
}

static void check_words(uint32_t start, uint32_t a, uint32_t b, uint32_t c)
{
	const uint32_t words[3] = {a, b, c};
	const uint32_t first[5] = {start, a, b, c, a}, second[5] = {c, a, b, c, a};

	assert_int_equal(crc32_1(start, a), slow_crc(start, words, 4));
	assert_int_equal(crc32_2(start, a, b), slow_crc(start, words, 8));
	assert_int_equal(crc32_3(start, a, b, c), slow_crc(start, words, 12));
	assert_int_equal(slow_crc(start, first, 20) ^ slow_crc(start, second, 20),
			 crc32_difference(first[0] ^ second[0]));
}

static void steps_like_bits(void **state)
{
	(void)state;
	for (int bit = 0; bit < 32; bit++) {
		uint32_t one = (uint32_t)1 << bit;

		check_words(one, 0, 0, 0);
		check_words(0, one, 0, 0);
		check_words(0, 0, one, 0);
		check_words(0, 0, 0, one);
		check_words(~one, ~one, ~one, ~one);
	}
	for (int i = 0; i < 100000; i++) {
		uint64_t x = generator_next(&chance), y = generator_next(&chance);

		check_words((uint32_t)x, (uint32_t)(x >> 32), (uint32_t)y, (uint32_t)(y >> 32));
	}
}

static void starts_a_message_with_every_length(void **state)
{
	static const uint16_t types[] = {0x0001, 0x0101, 0x0111};

	(void)state;
	for (size_t i = 0; i < COUNT(types); i++) {
		uint8_t header[8] = {
			(uint8_t)(types[i] >> 8), (uint8_t)types[i], 0, 0, 0x21, 0x12, 0xa4, 0x42};

		for (uint32_t length = 0; length <= 0xffff; length++) {
			header[2] = (uint8_t)(length >> 8);
			header[3] = (uint8_t)length;
			if (stun_crc_start(types[i], (uint16_t)length) !=
			    slow_crc(CRC32_START, header, 8))
				fail_msg("type %04x, length %u", types[i], length);
		}
	}
}

/* RFC 5769 section 2.1 to 2.3. */
static const char *const rfc5769[] = {
	"00010058 2112a442 b7e7a701 bc34d686 fa87dfae"
	"80220010 5354554e 20746573 7420636c 69656e74 00240004 6e0001ff"
	"80290008 932ff9b1 51263b36 00060009 6576746a 3a683676 59202020"
	"00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2 80280004 e57a3bcf",
	"0101003c 2112a442 b7e7a701 bc34d686 fa87dfae"
	"8022000b 74657374 20766563 746f7220 00200008 0001a147 e112a643"
	"00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7 80280004 c07d4c96",
	"01010048 2112a442 b7e7a701 bc34d686 fa87dfae"
	"8022000b 74657374 20766563 746f7220 00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9"
	"00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41 80280004 c8fb0b4c",
};

/* Writes a message's attributes, all but its FINGERPRINT, and then that. */
static bool write_again(uint8_t *room, const uint8_t *end, const uint8_t *message, size_t length)
{
	struct stun_writer writer = {room, end, 0, slow_crc(CRC32_START, message, 20), true};
	uint16_t folded;

	for (size_t i = 20; i < length - 8;) {
		const uint8_t *from = message + i;
		bool three = length - 8 - i >= 12;

		if (!(three ? stun_put_3(&writer, bytes_load32(from), bytes_load32(from + 4),
					 bytes_load32(from + 8))
			    : stun_put_1(&writer, bytes_load32(from))))
			return false;
		i += three ? 12 : 4;
	}
	if (!stun_put_fingerprint(&writer))
		return false;
	assert_ptr_equal(writer.pos, end);
	folded = checksum_fold(writer.sum);
	assert_int_equal(number(&folded), slow_sum(room, length - 20));
	return true;
}

static void writes_the_fingerprints_of_rfc_5769(void **state)
{
	uint8_t message[256];

	(void)state;
	for (size_t i = 0; i < COUNT(rfc5769); i++) {
		size_t length = frame_hex(message, sizeof(message), rfc5769[i]), room = length - 20;

		assert_true(write_again(reply_end - room, reply_end, message, length));
		assert_memory_equal(reply_end - room, message + 20, room);
		for (size_t less = 0; less < room; less++)
			assert_false(write_again(reply_end - less, reply_end, message, length));
	}
}

static bool check_fingerprint(const uint8_t *message, size_t length, uint32_t *crc)
{
	const uint8_t *at = guard_place(request_end, message, length);

	return stun_check_fingerprint((const struct wire_stun *)at, request_end,
				      (uint32_t)(length - 20), crc);
}

static void checks_the_fingerprint_of_rfc_5769(void **state)
{
	uint8_t message[256];
	size_t length = frame_hex(message, sizeof(message), rfc5769[0]);
	uint32_t crc;

	(void)state;
	assert_true(check_fingerprint(message, length, &crc));
	assert_int_equal(crc, slow_crc(CRC32_START, message, 20));
	for (size_t bit = 8 * 8; bit < 8 * length; bit++) {
		if (bit / 8 - (length - 8) < 4)
			continue; /* type and length of FINGERPRINT itself: the walk's business */
		message[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (check_fingerprint(message, length, &crc))
			fail_msg("bit %zu does not matter", bit);
		message[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

/* Messages of every length: the steps of 12 and of 4 share the work differently. */
static void checks_fingerprints_of_every_length(void **state)
{
	struct frame frame;

	(void)state;
	for (size_t size = 0; 20 + 4 + size + 8 <= STUN_FRAME_MAX; size += 4) {
		uint32_t crc;

		frame_init(&frame, 4);
		frame_stun(&frame, 0x0001, true);
		frame_attribute(&frame, 0x8022, NULL, size);
		frame_fingerprint(&frame, 0);
		assert_true(check_fingerprint(frame.payload, frame.payload_length, &crc));
		frame.payload[frame.payload_length - 9 - (size ? 0 : 4)] ^= 1;
		assert_false(check_fingerprint(frame.payload, frame.payload_length, &crc));
	}
}

/* --- stun.h --- */

static enum verdict walk(const uint8_t *attributes, size_t length, bool legacy,
			 struct stun_attributes *found)
{
	const uint8_t *at = guard_place(request_end, attributes, length);

	stun_forget_attributes(found);
	return stun_walk(at, request_end, (uint32_t)length, legacy, STUN_USE_LOW_PORT, found);
}

static size_t put_attribute(uint8_t *to, unsigned int type, unsigned int length)
{
	to[0] = (uint8_t)(type >> 8);
	to[1] = (uint8_t)type;
	to[2] = (uint8_t)(length >> 8);
	to[3] = (uint8_t)length;
	return 4 + ((length + 3) & ~3u);
}

/* Values of 0 to 15 bytes, cut at every length, whole words or not. */
static void walks_every_truncation(void **state)
{
	uint8_t bytes[512] = {0};
	size_t length = 0, boundary = 0;
	struct stun_attributes found;

	(void)state;
	for (unsigned int i = 0; i < 16; i++)
		length += put_attribute(bytes + length, 0x8022, i);
	for (size_t cut = 0, next = 0; cut <= length; cut++) {
		enum verdict verdict = walk(bytes, cut, false, &found);

		if (cut == next) {
			boundary = cut;
			next += 4 + ((number(bytes + cut + 2) + 3u) & ~3u);
		}
		if (cut % 4 == 0)
			assert_int_equal(verdict, cut == boundary ? VERDICT_UNDECIDED
								  : VERDICT_MALFORMED_ATTRIBUTE);
	}
}

static void walks_every_claimed_length(void **state)
{
	struct stun_attributes found;

	(void)state;
	for (size_t length = 4; length <= 24; length += 4) {
		for (unsigned int claimed = 0; claimed <= 0xffff; claimed++) {
			uint8_t bytes[24] = {0};
			bool fits = put_attribute(bytes, 0x8022, claimed) <= length;

			if (walk(bytes, length, false, &found) !=
			    (fits ? VERDICT_UNDECIDED : VERDICT_MALFORMED_ATTRIBUTE))
				fail_msg("%u of %zu bytes", claimed, length);
		}
	}
}

static void walks_every_type(void **state)
{
	static const uint16_t ignored[] = {0x0001, 0x0006, 0x0008, 0x0009, 0x000a, 0x0014, 0x0015,
					   0x001c, 0x001d, 0x001e, 0x0020, 0x0024, 0x0025};
	static const uint16_t of_rfc3489[] = {0x0004, 0x0005, 0x0007, 0x000b};
	uint8_t kinds[2][0x8000] = {{0}}, bytes[4];
	struct stun_attributes found;

	(void)state;
	for (size_t i = 0; i < COUNT(ignored); i++)
		kinds[false][ignored[i]] = kinds[true][ignored[i]] = 1;
	for (size_t i = 0; i < COUNT(of_rfc3489); i++)
		kinds[true][of_rfc3489[i]] = 1;
	for (unsigned int i = 0; i < 0x20000; i++) {
		bool legacy = i >> 16;
		unsigned int type = i & 0xffff;
		enum verdict verdict;

		put_attribute(bytes, type, 0);
		verdict = walk(bytes, sizeof(bytes), legacy, &found);
		if (type == 0x0003 || (type == 0x8028 && !legacy)) {
			assert_int_equal(verdict, VERDICT_MALFORMED_ATTRIBUTE);
			continue;
		}
		assert_int_equal(verdict, VERDICT_UNDECIDED);
		assert_false(found.fingerprint);
		if (found.unknown_count != (type < 0x8000 && !kinds[legacy][type]))
			fail_msg("type %04x, legacy %d", type, legacy);
		if (found.unknown_count)
			assert_int_equal(number(&found.unknown[0]), type);
	}
}

static void notes_unknown_types_in_order(void **state)
{
	uint8_t bytes[18 * 4] = {0};
	struct stun_attributes found;

	(void)state;
	for (unsigned int count = 0; count <= 18; count++) {
		for (unsigned int i = 0; i < count; i++)
			put_attribute(bytes + 4 * i, 0x7000 + i, 0);
		assert_int_equal(walk(bytes, 4 * count, false, &found),
				 count > 16 ? VERDICT_TOO_MANY_ATTRIBUTES : VERDICT_UNDECIDED);
		for (unsigned int i = 0; i < count && i < 16; i++)
			assert_int_equal(number(&found.unknown[i]), 0x7000 + i);
	}
}

static void pads_odd_lists(void **state)
{
	(void)state;
	for (uint32_t count = 1; count <= 16; count++) {
		for (int legacy = 0; legacy < 2; legacy++) {
			struct stun_attributes found;
			bool odd = count & 1;

			memset(&found, 0xa5, sizeof(found));
			found.unknown_count = count;
			for (uint32_t i = 0; i < count; i++)
				found.unknown[i] = be16_from((uint16_t)(0x7000 + i));
			stun_pad_unknown(&found, legacy);
			assert_int_equal(found.unknown_count, count + (odd && legacy));
			for (uint32_t i = 0; i < count; i++)
				assert_int_equal(number(&found.unknown[i]), 0x7000 + i);
			if (odd)
				assert_int_equal(number(&found.unknown[count]),
						 legacy ? 0x7000 + count - 1 : 0);
		}
	}
}

static enum verdict walk_list(const char *list, bool legacy, struct stun_attributes *found)
{
	struct frame frame;

	frame_init(&frame, 4);
	frame_stun(&frame, 0x0001, !legacy);
	frame_attributes(&frame, list);
	return walk(frame.payload + 20, frame.payload_length - 20, legacy, found);
}

static void finds_what_is_asked(void **state)
{
	static const struct {
		const char *list;
		bool legacy;
		enum verdict verdict;
		bool fingerprint;
		uint32_t unknown;
	} rows[] = {
		{"F", false, VERDICT_UNDECIDED, true, 0},
		{"F", true, VERDICT_UNDECIDED, false, 0},
		{"F 8022", false, VERDICT_MALFORMED_ATTRIBUTE, false, 0},
		{"F 8022", true, VERDICT_UNDECIDED, false, 0},
		{"F F", false, VERDICT_MALFORMED_ATTRIBUTE, false, 0},
		{"8028/3", false, VERDICT_MALFORMED_ATTRIBUTE, false, 0},
		{"8028/5", false, VERDICT_MALFORMED_ATTRIBUTE, false, 0},
		{"8028/8", true, VERDICT_UNDECIDED, false, 0},
		{"0003=00000000", false, VERDICT_UNDECIDED, false, 0},
		{"0003=00000001", false, VERDICT_UNDECIDED, false, 0},
		{"0003=fffffff9", false, VERDICT_UNDECIDED, false, 0},
		{"0003=00000002", false, VERDICT_UNDECIDED, false, 1},
		{"0003=00000004", true, VERDICT_UNDECIDED, false, 1},
		{"0003=00000006 0003=00000006", false, VERDICT_UNDECIDED, false, 1},
		{"0003=00000000 0003=00000006", false, VERDICT_UNDECIDED, false, 0},
		{"0003=00000000 0003=00", false, VERDICT_UNDECIDED, false, 0},
		{"0003/3", false, VERDICT_MALFORMED_ATTRIBUTE, false, 0},
		{"0003/5", false, VERDICT_MALFORMED_ATTRIBUTE, false, 0},
		{"0003/8", true, VERDICT_MALFORMED_ATTRIBUTE, false, 0},
		{"0008/20 7000 0003/1 F", false, VERDICT_UNDECIDED, true, 0},
		{"001c/32 7000 0003/1 F", false, VERDICT_UNDECIDED, true, 0},
		{"0008/20 001c/32 7000", true, VERDICT_UNDECIDED, false, 0},
		{"7000 0008/20 7001", false, VERDICT_UNDECIDED, false, 1},
		{"0008/20 7000>64", false, VERDICT_MALFORMED_ATTRIBUTE, false, 0},
	};
	struct stun_attributes found;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		enum verdict verdict = walk_list(rows[i].list, rows[i].legacy, &found);

		if (verdict != rows[i].verdict ||
		    (verdict == VERDICT_UNDECIDED && (found.fingerprint != rows[i].fingerprint ||
						      found.unknown_count != rows[i].unknown)))
			fail_msg("%s: verdict %d, fingerprint %d, unknown %u", rows[i].list,
				 verdict, found.fingerprint, found.unknown_count);
	}
}

/* --- policy_build.c, policy.h --- */

static struct policy policy, other_policy;
static struct policy_service services[POLICY_SERVICES_MAX + 1];

static int build(size_t count, size_t *culprit)
{
	struct policy_settings settings = {
		.mirror_fingerprint = true,
		.legacy = true,
		.low_source_ports = true,
	};

	memset(&policy, 0xa5, sizeof(policy));
	return policy_build(&policy, &settings, services, count, culprit);
}

static void set_service(size_t i, enum family family, const char *address, uint16_t port)
{
	memset(&services[i], 0, sizeof(services[i]));
	services[i].family = family;
	services[i].port = port;
	frame_address(services[i].address, address);
}

static const struct policy_slot *find_slot(const struct policy_service *service, uint32_t port)
{
	uint64_t word[2];
	uint32_t address;

	memcpy(&address, service->address, sizeof(address));
	memcpy(word, service->address, sizeof(word));
	return policy_find(&policy, service->family == FAMILY_IPV4
					    ? policy_key_ipv4(address, port)
					    : policy_key_ipv6(word[0], word[1], port));
}

static bool matches(const struct policy_service *service)
{
	return find_slot(service, be16_from(service->port).raw);
}

static bool matches_any_port(const struct policy_service *service)
{
	return find_slot(service, POLICY_ANY_PORT);
}

/* By family, address, port: so that those of one address stand together. */
static int compare_addresses(const void *left, const void *right)
{
	const struct policy_service *a = left, *b = right;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->address, b->address, a->family == FAMILY_IPV4 ? 4 : 16);
}

static int compare_services(const void *left, const void *right)
{
	const struct policy_service *a = left, *b = right;
	int order = compare_addresses(a, b);

	return order ? order : (a->port > b->port) - (a->port < b->port);
}

/* By the sorted list, which shares no idea with the table. */
static bool is_service(const struct policy_service *asked, size_t count, bool any_port)
{
	return bsearch(asked, services, count, sizeof(*asked),
		       any_port ? compare_addresses : compare_services);
}

/* Whatever is asked, the table says what the list says. */
static void check_match(const struct policy_service *asked, size_t count)
{
	if (matches(asked) != is_service(asked, count, false))
		fail_msg("family %d, %02x%02x..%02x%02x, port %u", asked->family, asked->address[0],
			 asked->address[1], asked->address[14], asked->address[15], asked->port);
	assert_int_equal(matches_any_port(asked), is_service(asked, count, true));
}

static void check_neighbours(const struct policy_service *service, size_t count)
{
	static const uint8_t steps[] = {1, 0xff, 0x80};
	struct policy_service near = *service;
	size_t length = service->family == FAMILY_IPV4 ? 4 : 16;

	assert_true(matches(service));
	assert_true(matches_any_port(service));
	near.port = (uint16_t)(service->port + 1);
	check_match(&near, count);
	near.port = (uint16_t)(service->port - 1);
	check_match(&near, count);
	near.port = __builtin_bswap16(service->port);
	check_match(&near, count);
	near.port = service->port;
	for (size_t i = 0; i < length; i++) {
		for (size_t step = 0; step < sizeof(steps); step++) {
			near.address[i] = (uint8_t)(service->address[i] + steps[step]);
			check_match(&near, count);
		}
		near.address[i] = service->address[i];
	}
	/* the same bytes, read as of the other family */
	near.family = service->family == FAMILY_IPV4 ? FAMILY_IPV6 : FAMILY_IPV4;
	check_match(&near, count);
	near = *service;
	/* the same words in another order */
	memcpy(near.address, service->address + length / 2, length / 2);
	memcpy(near.address + length / 2, service->address, length / 2);
	check_match(&near, count);
	memset(near.address, 0, 16);
	memcpy(near.address + 16 - length, service->address, length);
	near.family = FAMILY_IPV6;
	check_match(&near, count);
}

/* Addresses and ports of services, crossed with each other and with chance. */
static void check_strangers(size_t count)
{
	for (int i = 0; i < 100000;) {
		uint64_t random[3] = {generator_next(&chance), generator_next(&chance),
				      generator_next(&chance)};
		struct policy_service asked = services[random[0] % count];

		if (random[0] >> 62 == 0)
			memcpy(asked.address, &random[1], 16);
		else if (random[0] >> 62 == 1)
			asked.address[random[0] >> 32 & 15] ^= (uint8_t)random[1];
		else if (random[0] >> 62 == 2)
			asked.family = random[1] & 1 ? FAMILY_IPV4 : FAMILY_IPV6;
		if (random[0] >> 61 & 1)
			asked.port = (uint16_t)(random[0] >> 16);
		else if (random[0] >> 60 & 1)
			asked.port = services[(random[0] >> 16) % count].port;
		if (is_service(&asked, count, false))
			continue;
		check_match(&asked, count);
		i++;
	}
}

static void check_services(size_t count)
{
	struct policy_service nothing = {.family = FAMILY_OTHER};
	size_t culprit;

	assert_int_equal(build(count, &culprit), 0);
	qsort(services, count, sizeof(services[0]), compare_services);
	for (size_t i = 0; i < count; i++)
		check_neighbours(&services[i], count);
	check_strangers(count);
	/* what an empty slot holds */
	for (nothing.family = FAMILY_IPV4; nothing.family <= FAMILY_IPV6; nothing.family++) {
		assert_false(matches(&nothing));
		assert_false(matches_any_port(&nothing));
	}
}

static void matches_nothing_without_services(void **state)
{
	(void)state;
	assert_int_equal(build(0, NULL), 0);
	set_service(0, FAMILY_IPV4, "203.0.113.10", 3478);
	assert_false(matches(&services[0]));
	assert_false(matches_any_port(&services[0]));
}

static void matches_one_service(void **state)
{
	(void)state;
	set_service(0, FAMILY_IPV4, "203.0.113.10", 3478);
	check_services(1);
	set_service(0, FAMILY_IPV6, "2001:db8::10", 3478);
	check_services(1);
	set_service(0, FAMILY_IPV6, "2001:db8::", 1);
	check_services(1);
	set_service(0, FAMILY_IPV4, "1.0.0.0", 65535);
	check_services(1);
}

/* Crosswise, with an IPv6 address whose words are those of an IPv4 address. */
static void matches_thirteen_services(void **state)
{
	static const char *const addresses[] = {
		"203.0.113.10", "203.0.113.11",	       "113.10.203.0",	      "198.51.100.1",
		"192.0.2.255",	"203.0.113.10",	       "2001:db8::10",	      "2001:db8::11",
		"cb00:710a::",	"2001:db8::cb00:710a", "0:0:0:10:2001:db8::", "fe80::10",
		"2001:db8::10",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(addresses); i++)
		set_service(i, strchr(addresses[i], ':') ? FAMILY_IPV6 : FAMILY_IPV4, addresses[i],
			    i == 5 || i == 12 ? 38413 : 3478); /* whose bytes are swapped */
	check_services(COUNT(addresses));
}

static void matches_1024_services_of_both_families(void **state)
{
	char address[64];

	(void)state;
	for (unsigned int i = 0; i < POLICY_SERVICES_MAX; i++) {
		snprintf(address, sizeof(address), i % 2 ? "10.%u.%u.%u" : "2001:db8:%x::%x:%x",
			 i % 7, i % 11, i / 4);
		set_service(i, i % 2 ? FAMILY_IPV4 : FAMILY_IPV6, address,
			    (uint16_t)(3478 + i % 4));
	}
	check_services(POLICY_SERVICES_MAX);
}

static void matches_1024_ports_of_one_address(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < POLICY_SERVICES_MAX; i++)
		set_service(i, FAMILY_IPV4, "203.0.113.10", (uint16_t)(1 + i));
	check_services(POLICY_SERVICES_MAX);
	for (unsigned int i = 0; i < POLICY_SERVICES_MAX; i++)
		set_service(i, FAMILY_IPV6, "2001:db8::10", (uint16_t)(64 * i + 63));
	check_services(POLICY_SERVICES_MAX);
}

static void matches_1024_addresses_on_one_port(void **state)
{
	char address[64];

	(void)state;
	for (unsigned int i = 0; i < POLICY_SERVICES_MAX; i++) {
		snprintf(address, sizeof(address), "10.0.%u.%u", i / 256, i % 256);
		set_service(i, FAMILY_IPV4, address, 3478);
	}
	check_services(POLICY_SERVICES_MAX);
	for (unsigned int i = 0; i < POLICY_SERVICES_MAX; i++) {
		snprintf(address, sizeof(address), "%u.%u.0.0", 1 + i / 16, i % 16);
		set_service(i, FAMILY_IPV4, address, 3478);
	}
	check_services(POLICY_SERVICES_MAX);
}

static void matches_1024_sequential_ipv6_addresses(void **state)
{
	static const char *const forms[] = {"2001:db8::%x", "2001:db8:%x::", "2001:db8:0:%x::1",
					    "2001:db8::%x:0:0"};
	char address[64];

	(void)state;
	for (size_t form = 0; form < COUNT(forms); form++) {
		for (unsigned int i = 0; i < POLICY_SERVICES_MAX; i++) {
			snprintf(address, sizeof(address), forms[form], i);
			set_service(i, FAMILY_IPV6, address, 3478);
		}
		check_services(POLICY_SERVICES_MAX);
	}
}

static void counts_repeated_services_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < POLICY_SERVICES_MAX; i++)
		set_service(i, FAMILY_IPV4, i % 2 ? "203.0.113.10" : "203.0.113.11", 3478);
	check_services(POLICY_SERVICES_MAX);
	other_policy = policy;
	set_service(1, FAMILY_IPV4, "203.0.113.11", 3478); /* check_services sorted them */
	assert_int_equal(build(2, NULL), 0);
	assert_memory_equal(&policy, &other_policy, sizeof(policy));
	/* An IPv4 address is its first 4 bytes, whatever follows. */
	memset(services[0].address + 4, 0xa5, 12);
	assert_int_equal(build(3, NULL), 0);
	assert_memory_equal(&policy, &other_policy, sizeof(policy));
}

static const struct policy_slot *slot_of(const struct policy_service *service)
{
	return find_slot(service, be16_from(service->port).raw);
}

/* Fills in the four pairs of one service from a position on. */
static void set_pairs(size_t i, enum family family, const char *address, const char *alternate,
		      uint16_t port)
{
	struct policy_service first;

	set_service(i, family, alternate, 0);
	set_service(i + 1, family, address, port);
	first = services[i + 1];
	memcpy(first.alternate, services[i].address, sizeof(first.alternate));
	first.alternate_port = (uint16_t)(port + 1);
	first.response_port = i % 8 == 0;
	first.padding = i % 16 == 0;
	assert_int_equal(policy_pairs(&first, &services[i]), 4);
}

/* Each pair knows its alternate, which knows it in turn, and what is configured. */
static void check_pair(const struct policy_service *service)
{
	const struct policy_slot *slot = slot_of(service);
	struct policy_service alternate = *service;
	uint32_t flags = POLICY_ALTERNATE | (service->response_port ? POLICY_RESPONSE_PORT : 0) |
			 (service->padding ? POLICY_PADDING : 0);

	alternate.port = service->alternate_port;
	memcpy(alternate.address, service->alternate, sizeof(alternate.address));
	assert_non_null(slot);
	assert_int_equal(slot->discovery & ~POLICY_ALTERNATE_SLOT, flags);
	assert_ptr_equal(&policy.slot[slot->discovery & POLICY_ALTERNATE_SLOT],
			 slot_of(&alternate));
	assert_ptr_not_equal(slot, slot_of(&alternate));
}

static void joins_the_pairs(void **state)
{
	char address[32], alternate[32];

	(void)state;
	for (unsigned int i = 0; i < POLICY_SERVICES_MAX / 4; i++) {
		bool ipv4 = i % 3;

		snprintf(address, sizeof(address), ipv4 ? "10.0.0.%u" : "2001:db8::%x", i);
		snprintf(alternate, sizeof(alternate), ipv4 ? "10.1.0.%u" : "2001:db8:1::%x", i);
		set_pairs((size_t)i * 4, ipv4 ? FAMILY_IPV4 : FAMILY_IPV6, address, alternate,
			  (uint16_t)(3478 + i));
	}
	assert_int_equal(build(POLICY_SERVICES_MAX, NULL), 0);
	for (size_t i = 0; i < POLICY_SERVICES_MAX; i++)
		check_pair(&services[i]);
}

/* A service that stands there again without its alternate has one nevertheless, in any order. */
static void keeps_the_alternate_of_a_repeated_service(void **state)
{
	(void)state;
	for (size_t at = 0; at <= 4; at += 4) {
		set_pairs(4 - at, FAMILY_IPV4, "203.0.113.10", "203.0.113.11", 3478);
		set_service(at, FAMILY_IPV4, "203.0.113.10", 3478);
		if (!at)
			memmove(&services[1], &services[4], 4 * sizeof(services[0]));
		assert_int_equal(build(5, NULL), 0);
		check_pair(&services[at ? 0 : 1]);
	}
}

static void refuses_a_missing_pair(void **state)
{
	size_t culprit = 99;

	(void)state;
	set_pairs(0, FAMILY_IPV4, "203.0.113.10", "203.0.113.11", 3478);
	assert_int_equal(build(3, &culprit), -EINVAL);
	assert_int_equal(culprit, 0); /* the last one is its alternate */
}

static void refuses_too_many_services(void **state)
{
	(void)state;
	for (size_t i = 0; i <= POLICY_SERVICES_MAX; i++)
		set_service(i, FAMILY_IPV4, "203.0.113.10", 3478);
	assert_int_equal(build(POLICY_SERVICES_MAX, NULL), 0);
	assert_int_equal(build(POLICY_SERVICES_MAX + 1, NULL), -E2BIG);
}

static void names_the_culprit(void **state)
{
	static const struct {
		enum family family;
		const char *address;
		uint16_t port;
		int error;
	} rows[] = {
		{FAMILY_IPV4, "203.0.113.10", 0, -EINVAL},
		{FAMILY_IPV6, "2001:db8::10", 0, -EINVAL},
		{FAMILY_OTHER, "203.0.113.10", 3478, -EINVAL},
		{FAMILIES, "203.0.113.10", 3478, -EINVAL},
		{FAMILY_IPV4, "0.0.0.0", 3478, -EADDRNOTAVAIL},
		{FAMILY_IPV4, "0.255.255.255", 3478, -EADDRNOTAVAIL},
		{FAMILY_IPV4, "127.0.0.1", 3478, -EADDRNOTAVAIL},
		{FAMILY_IPV4, "224.0.0.0", 3478, -EADDRNOTAVAIL},
		{FAMILY_IPV4, "239.255.255.255", 3478, -EADDRNOTAVAIL},
		{FAMILY_IPV4, "240.0.0.0", 3478, -EADDRNOTAVAIL},
		{FAMILY_IPV4, "255.255.255.255", 3478, -EADDRNOTAVAIL},
		{FAMILY_IPV6, "::", 3478, -EADDRNOTAVAIL},
		{FAMILY_IPV6, "::1", 3478, -EADDRNOTAVAIL},
		{FAMILY_IPV6, "ff00::", 3478, -EADDRNOTAVAIL},
		{FAMILY_IPV6, "ff02::1", 3478, -EADDRNOTAVAIL},
		{FAMILY_IPV4, "1.0.0.0", 3478, 0},
		{FAMILY_IPV4, "126.255.255.255", 3478, 0},
		{FAMILY_IPV4, "128.0.0.0", 3478, 0},
		{FAMILY_IPV4, "223.255.255.255", 65535, 0},
		{FAMILY_IPV6, "::2", 1, 0},
		{FAMILY_IPV6, "1::1", 3478, 0},
		{FAMILY_IPV6, "fe80::1", 3478, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t culprit = 77;

		set_service(0, FAMILY_IPV4, "203.0.113.10", 3478);
		set_service(1, FAMILY_IPV6, "2001:db8::10", 3478);
		set_service(2, rows[i].family, rows[i].address, rows[i].port);
		if (build(3, &culprit) != rows[i].error || (rows[i].error && culprit != 2))
			fail_msg("row %zu: %d, culprit %zu", i, build(3, NULL), culprit);
	}
}

/* As much of it as there is room for. */
static void set_software(struct policy_settings *settings, const char *software)
{
	if (software)
		memcpy(settings->software, software, strnlen(software, sizeof(settings->software)));
}

static int build_software(const char *software)
{
	struct policy_settings settings = {0};

	set_software(&settings, software);
	memset(&policy, 0xa5, sizeof(policy));
	return policy_build(&policy, &settings, NULL, 0, NULL);
}

/*
 * The attribute as sent. With cookie: length without, words with the padding, which is zeros.
 * Without: both with the padding, which is spaces.
 */
static void makes_software_of_every_length(void **state)
{
	char text[34];

	(void)state;
	assert_int_equal(build_software(NULL), 0);
	assert_int_equal(policy.software_words, 0);
	for (size_t length = 0; length <= 33; length++) {
		uint8_t padded = (uint8_t)((length + 3) / 4 * 4);
		uint8_t want[sizeof(policy.software[0])] = {0x80, 0x22, 0, (uint8_t)length};
		uint8_t legacy[sizeof(want)] = {0x80, 0x22, 0, padded};

		memset(text, 'r', length);
		text[length] = '\0';
		if (length > 32) {
			assert_int_equal(build_software(text), -ENAMETOOLONG);
			continue;
		}
		assert_int_equal(build_software(text), 0);
		assert_int_equal(policy.software_words, length ? 1 + (length + 3) / 4 : 0);
		memcpy(want + 4, text, length);
		memset(legacy + 4, ' ', padded);
		memcpy(legacy + 4, text, length);
		assert_memory_equal(policy.software[0], want, 4u * policy.software_words);
		assert_memory_equal(policy.software[1], legacy, 4u * policy.software_words);
	}
}

static void carries_every_setting(void **state)
{
	(void)state;
	for (unsigned int bit = 0; bit < 5; bit++) {
		struct policy_settings settings = {
			.mirror_fingerprint = bit == 0,
			.ignore_wrong_fingerprint = bit == 1,
			.legacy = bit == 2,
			.low_source_ports = bit == 3,
			.pass_refused = bit == 4,
		};

		memset(&policy, 0xa5, sizeof(policy));
		assert_int_equal(policy_build(&policy, &settings, NULL, 0, NULL), 0);
		assert_int_equal(policy.mirror_fingerprint, bit == 0);
		assert_int_equal(policy.ignore_wrong_fingerprint, bit == 1);
		assert_int_equal(policy.legacy, bit == 2);
		assert_int_equal(policy.low_source_ports, bit == 3);
		assert_int_equal(policy.pass_refused, bit == 4);
	}
}

/* --- responder.h --- */

static const struct {
	const char *attributes;
	bool legacy;
	enum verdict verdict;
	uint16_t reply[2]; /* attributes of the reply without SOFTWARE, by family */
} requests[] = {
	{"", false, VERDICT_SUCCESS, {12, 24}},
	{"", true, VERDICT_LEGACY_SUCCESS, {12, 24}},
	{"F", false, VERDICT_SUCCESS, {20, 32}},
	{"F", true, VERDICT_LEGACY_SUCCESS, {12, 24}},
	{"8022'some_client", false, VERDICT_SUCCESS, {12, 24}},
	{"0006'me 0024/4 0008/20 F", false, VERDICT_SUCCESS, {20, 32}},
	{"7000", false, VERDICT_UNKNOWN_ATTRIBUTE, {16, 16}},
	{"7000 7001 F", false, VERDICT_UNKNOWN_ATTRIBUTE, {24, 24}},
	{"7000 7001 7002", true, VERDICT_UNKNOWN_ATTRIBUTE, {20, 20}},
	{"7000 7001 7002 7003 7004 7005 7006 7007 7008 7009 700a 700b 700c 700d 700e 700f",
	 false,
	 VERDICT_UNKNOWN_ATTRIBUTE,
	 {44, 44}},
	{"7000 7001 7002 7003 7004 7005 7006 7007 7008 7009 700a 700b 700c 700d 700e F",
	 false,
	 VERDICT_UNKNOWN_ATTRIBUTE,
	 {52, 52}},
	{"0003=00000006 F", false, VERDICT_UNKNOWN_ATTRIBUTE, {24, 24}},
	{"8022 F!", false, VERDICT_WRONG_FINGERPRINT, {0, 0}},
	{"0003=0000", false, VERDICT_MALFORMED_ATTRIBUTE, {0, 0}},
};

#define SHAPES (COUNT(requests) * 6)

/* Each of the requests over both families with 0 to 2 tags. */
static size_t build_request(size_t shape, uint8_t *bytes)
{
	struct frame frame;
	size_t row = shape / 6;

	frame_init(&frame, shape % 2 ? 6 : 4);
	frame.tags_count = (int)(shape / 2 % 3);
	for (int i = 0; i < frame.tags_count; i++) {
		frame.tags[i].tpid = i ? 0x8100 : 0x88a8;
		frame.tags[i].tci = 100 + i;
	}
	frame_stun(&frame, 0x0001, !requests[row].legacy);
	frame_attributes(&frame, requests[row].attributes);
	return frame_build(&frame, bytes, FRAME_MAX);
}

static void build_usual_policy(const char *software)
{
	struct policy_settings settings = {
		.mirror_fingerprint = true,
		.legacy = true,
		.low_source_ports = true,
	};

	set_software(&settings, software);
	set_service(0, FAMILY_IPV4, "203.0.113.10", 3478);
	set_service(1, FAMILY_IPV6, "2001:db8::10", 3478);
	assert_int_equal(policy_build(&policy, &settings, services, 2, NULL), 0);
}

/* Examines a copy that ends at the page, which must stay as it is. */
static enum verdict examine(const uint8_t *bytes, size_t length, struct packet *packet)
{
	const uint8_t *frame = guard_place(request_end, bytes, length);
	enum verdict verdict;

	memset(packet, 0xa5, sizeof(*packet));
	verdict = responder_examine_full(frame, request_end, &policy, 0, packet);
	assert_true(verdict < VERDICTS);
	assert_memory_equal(frame, bytes, length);
	return verdict;
}

static void examines_every_truncation(void **state)
{
	uint8_t bytes[FRAME_MAX];
	struct packet packet;

	(void)state;
	build_usual_policy(NULL);
	for (size_t shape = 0; shape < SHAPES; shape++) {
		size_t length = build_request(shape, bytes);
		size_t ip = 14 + 4 * (shape / 2 % 3), udp = ip + (shape % 2 ? 40 : 20);
		enum family family = shape % 2 ? FAMILY_IPV6 : FAMILY_IPV4;

		for (size_t cut = 0; cut <= length; cut++) {
			enum verdict want = cut < ip	    ? VERDICT_NOT_IP
					    : cut < udp + 8 ? VERDICT_IP_HEADER
					    : cut < length  ? VERDICT_IP_LENGTH
							    : requests[shape / 6].verdict;

			if (examine(bytes, cut, &packet) != want ||
			    packet.binding.family != (cut < ip ? FAMILY_OTHER : family))
				fail_msg("shape %zu, %zu of %zu bytes: %s", shape, cut, length,
					 verdict_label(examine(bytes, cut, &packet)));
		}
	}
}

/* The lengths within a cut frame agree with it, so that the deeper checks meet the end, too. */
static void examines_every_repaired_truncation(void **state)
{
	uint8_t bytes[FRAME_MAX], cut[FRAME_MAX];
	struct packet packet;
	size_t answered = 0;

	(void)state;
	build_usual_policy(NULL);
	for (size_t shape = 0; shape < SHAPES; shape++) {
		size_t length = build_request(shape, bytes);

		for (size_t end = 0; end <= length; end++) {
			memcpy(cut, bytes, end);
			frame_fix(cut, end,
				  FRAME_FIX_LENGTHS | FRAME_FIX_STUN_LENGTH | FRAME_FIX_CHECKSUMS);
			answered += verdict_action(examine(cut, end, &packet)) == ACTION_ANSWER;
		}
	}
	assert_true(answered >= SHAPES);
}

/* With a partial checksum (of the pseudo-header alone, the rest left to a device) and with none. */
static void check_verified(size_t shape)
{
	uint8_t bytes[FRAME_MAX], sound[512];
	size_t length = build_request(shape, bytes), ipv6 = shape % 2;
	uint8_t *checksum = bytes + 14 + 4 * (shape / 2 % 3) + (ipv6 ? 40 : 20) + 6;
	struct packet packet;
	enum verdict want = examine(bytes, length, &packet), verdict;
	struct link_header link;
	size_t reply;

	if (verdict_action(want) != ACTION_ANSWER)
		return;
	ethernet_swap_tagged(bytes, packet.link_length, &link);
	reply = (size_t)packet.link_length + packet.reply_length;
	assert_true(responder_emit_full(sound, sound + reply, &link, &policy, &packet));
	checksum[1] ^= 0xff;
	assert_int_equal(examine(bytes, length, &packet), VERDICT_UDP_CHECKSUM);
	verdict =
		responder_examine_full(bytes, bytes + length, &policy, RESPONDER_VERIFIED, &packet);
	assert_int_equal(verdict, want);
	assert_true(responder_emit_full(bytes, bytes + reply, &link, &policy, &packet));
	assert_memory_equal(bytes, sound, reply);

	length = build_request(shape, bytes);
	memset(checksum, 0, 2);
	verdict =
		responder_examine_full(bytes, bytes + length, &policy, RESPONDER_VERIFIED, &packet);
	assert_int_equal(verdict, ipv6 ? VERDICT_UDP_CHECKSUM_MISSING : want);
}

static void believes_a_device_that_verified(void **state)
{
	(void)state;
	build_usual_policy(NULL);
	for (size_t shape = 0; shape < SHAPES; shape++)
		check_verified(shape);
}

static void examines_any_bytes_of_every_length(void **state)
{
	static const uint8_t types[][2] = {{0x08, 0x00}, {0x86, 0xdd}, {0x81, 0x00}, {0x88, 0xa8}};
	uint8_t bytes[200];
	struct packet packet;

	(void)state;
	build_usual_policy(NULL);
	for (size_t length = 0; length <= sizeof(bytes); length++) {
		memset(bytes, 0, sizeof(bytes));
		examine(bytes, length, &packet);
		memset(bytes, 0xff, sizeof(bytes));
		examine(bytes, length, &packet);
		for (unsigned int i = 0; i < 400; i++) {
			for (size_t j = 0; j < length; j++)
				bytes[j] = (uint8_t)(generator_next(&chance) >> 56);
			memcpy(bytes + 12, types[i % 4], 2);
			memcpy(bytes + 16, types[i / 4 % 4], 2);
			bytes[14] = (uint8_t)(i % 4 ? 0x60 : 0x40 | (i & 0xf));
			bytes[23] = 17;
			examine(bytes, length, &packet);
		}
	}
}

/* Repeats beside each other and far apart, at the 16th place too; the rest keeps its order. */
static void keeps_unknown_types_once(void **state)
{
	static const struct {
		const char *list;
		unsigned int count, types[16];
	} rows[] = {
		{"7000 7000", 1, {0x7000}},
		{"16*7fff", 1, {0x7fff}},
		{"8*7001 8*7000", 2, {0x7001, 0x7000}},
		{"0000 7000 0000 7000 0002", 3, {0x0000, 0x7000, 0x0002}},
		{"7001 7002 7003 7002 7004 7001 7005 7003",
		 5,
		 {0x7001, 0x7002, 0x7003, 0x7004, 0x7005}},
		{"0040 4000 0041 4100 0040 4000 0140 4001",
		 6,
		 {0x0040, 0x4000, 0x0041, 0x4100, 0x0140, 0x4001}},
		{"7001 7002 7003 7004 7005 7006 7007 7008 7009 700a 700b 700c 700d 700e 700f 7001",
		 15,
		 {0x7001, 0x7002, 0x7003, 0x7004, 0x7005, 0x7006, 0x7007, 0x7008, 0x7009, 0x700a,
		  0x700b, 0x700c, 0x700d, 0x700e, 0x700f}},
		{"0003=00000006 7000 0003=00000006 7000", 2, {0x0003, 0x7000}},
	};
	uint8_t bytes[FRAME_MAX];
	struct packet packet;
	struct frame frame;

	(void)state;
	build_usual_policy(NULL);
	for (size_t i = 0; i < COUNT(rows); i++) {
		frame_init(&frame, 4);
		frame_stun(&frame, 0x0001, true);
		frame_attributes(&frame, rows[i].list);
		assert_int_equal(examine(bytes, frame_build(&frame, bytes, FRAME_MAX), &packet),
				 VERDICT_UNKNOWN_ATTRIBUTE);
		assert_int_equal(packet.binding.found.unknown_count, rows[i].count);
		for (unsigned int j = 0; j < rows[i].count; j++)
			assert_int_equal(number(&packet.binding.found.unknown[j]),
					 rows[i].types[j]);
	}
}

/* Emits into so many bytes before the page; what lies before these must stay. */
static bool emit(size_t length, const struct link_header *link, const struct packet *packet)
{
	static uint8_t before[64];
	uint8_t *frame = reply_end - length;
	bool whole;

	memset(before, 0xc3, sizeof(before));
	memset(frame - sizeof(before), 0xc3, sizeof(before));
	memset(frame, 0x5a, length);
	whole = responder_emit_full(frame, reply_end, link, &policy, packet);
	assert_memory_equal(frame - sizeof(before), before, sizeof(before));
	return whole;
}

static void check_emit(size_t shape, size_t software)
{
	uint8_t bytes[FRAME_MAX], first[512];
	struct packet packet;
	size_t length = build_request(shape, bytes), family = shape % 2;
	size_t want = 14 + 4 * (shape / 2 % 3) + (family ? 40 : 20) + 8 + 20 +
		      requests[shape / 6].reply[family] + software;
	enum verdict verdict = examine(bytes, length, &packet);
	struct link_header link;

	if (verdict_action(verdict) != ACTION_ANSWER)
		return;
	assert_int_equal(packet.link_length + packet.reply_length, want);
	ethernet_swap_tagged(bytes, packet.link_length, &link);
	assert_true(emit(want, &link, &packet));
	memcpy(first, reply_end - want, want);
	/* Where the frame stood before does not matter. */
	memset(request_end - length, 0x77, length);
	assert_true(emit(want, &link, &packet));
	assert_memory_equal(reply_end - want, first, want);
	for (size_t less = 0; less < want; less++)
		assert_false(emit(less, &link, &packet));
}

static void emits_into_exactly_the_room(void **state)
{
	static const char *const softwares[] = {NULL, "R", "Rflx5",
						"Reflex STUN responder 0123456789"};
	static const size_t sizes[] = {0, 8, 12, 36};

	(void)state;
	for (size_t i = 0; i < COUNT(softwares); i++) {
		build_usual_policy(softwares[i]);
		for (size_t shape = 0; shape < SHAPES; shape++)
			check_emit(shape, sizes[i]);
	}
}

/* --- verdict.def, counters.h --- */

/*
 * Counters carry over upgrades by index: this list grows at its end, together with verdict.def,
 * and is changed in no other way.
 */
static const struct {
	const char *label;
	enum action action;
} verdicts[] = {
	{"success", ACTION_ANSWER},
	{"legacy_success", ACTION_ANSWER},
	{"unknown_attribute", ACTION_ANSWER},
	{"fragment", ACTION_PUNT},
	{"ipv4_options", ACTION_PUNT},
	{"ipv6_extension", ACTION_PUNT},
	{"oversize", ACTION_PUNT},
	{"no_room", ACTION_PUNT},
	{"not_ip", ACTION_FOREIGN},
	{"ip_header", ACTION_FOREIGN},
	{"not_udp", ACTION_FOREIGN},
	{"not_service", ACTION_FOREIGN},
	{"ip_length", ACTION_REFUSE},
	{"udp_length", ACTION_REFUSE},
	{"ip_checksum", ACTION_REFUSE},
	{"link_address", ACTION_REFUSE},
	{"source_address", ACTION_REFUSE},
	{"land", ACTION_REFUSE},
	{"source_port", ACTION_REFUSE},
	{"low_source_port", ACTION_REFUSE},
	{"stun_runt", ACTION_REFUSE},
	{"not_stun", ACTION_REFUSE},
	{"stun_length", ACTION_REFUSE},
	{"response", ACTION_REFUSE},
	{"indication", ACTION_REFUSE},
	{"unknown_method", ACTION_REFUSE},
	{"no_cookie", ACTION_REFUSE},
	{"udp_checksum", ACTION_REFUSE},
	{"udp_checksum_missing", ACTION_REFUSE},
	{"malformed_attribute", ACTION_REFUSE},
	{"too_many_attributes", ACTION_REFUSE},
	{"wrong_fingerprint", ACTION_REFUSE},
	{"bad_request", ACTION_ANSWER},
	{"padding", ACTION_PUNT},
	{"too_long", ACTION_REFUSE},
	{"unsent", ACTION_REFUSE},
	{"partial_checksum", ACTION_PUNT},
};

static void keeps_the_order_of_verdicts(void **state)
{
	(void)state;
	assert_int_equal(VERDICTS, COUNT(verdicts));
	for (size_t i = 0; i < COUNT(verdicts); i++) {
		assert_string_equal(verdict_label((enum verdict)i), verdicts[i].label);
		assert_int_equal(verdict_action((enum verdict)i), verdicts[i].action);
	}
}

/* As metrics want them: unique, lower snake case, with a help text of one line. */
static void check_label(const char *label)
{
	assert_true(islower(label[0]));
	assert_true(label[strlen(label) - 1] != '_');
	for (const char *c = label; *c; c++)
		assert_true(islower(*c) || isdigit(*c) || (*c == '_' && c[1] != '_'));
}

static void check_help(const char *help)
{
	assert_true(*help);
	assert_null(strpbrk(help, "\n\\\""));
}

static void labels_outcomes(void **state)
{
	static const char *const actions[] = {"answer", "handoff", "refuse", "foreign"};
	static const char *const families[] = {"other", "ipv4", "ipv6"};

	(void)state;
#define VERDICT(name, label, action, help) check_help(help);
#include "verdict.def"
#undef VERDICT
	for (int i = 0; i < VERDICTS; i++) {
		check_label(verdict_label((enum verdict)i));
		for (int j = 0; j < i; j++)
			assert_string_not_equal(verdict_label((enum verdict)i),
						verdict_label((enum verdict)j));
	}
	assert_int_equal(ACTIONS, COUNT(actions));
	for (int i = 0; i < ACTIONS; i++)
		assert_string_equal(action_label((enum action)i), actions[i]);
	assert_int_equal(FAMILIES, COUNT(families));
	for (int i = 0; i < FAMILIES; i++)
		assert_string_equal(family_label((enum family)i), families[i]);
}

static void counts_in_one_place(void **state)
{
	static const struct counters_event most = {FAMILY_IPV6, VERDICT_SUCCESS, 0xffffffff,
						   0xffffffff, false};
	struct counters *counters = (struct counters *)(request_end - sizeof(*counters));
	struct counters want;

	(void)state;
	memset(counters, 0, sizeof(*counters));
	memset(&want, 0, sizeof(want));
	for (int family = 0; family < FAMILIES; family++) {
		for (int verdict = 0; verdict < VERDICTS; verdict++) {
			const struct counters_event event = {
				.family = (enum family)family,
				.verdict = (enum verdict)verdict,
				.received = (uint32_t)(64 + verdict),
				.sent = verdict % 3 ? 0 : 106,
			};

			counters_record(counters, &event, 1);
			want.packets[family][verdict]++;
			want.bytes[family][0] += event.received;
			want.bytes[family][1] += event.sent;
			assert_memory_equal(counters, &want, sizeof(want));
		}
	}
	counters_record(counters, &most, 1);
	want.packets[2][0]++;
	want.bytes[2][0] += 0xffffffff;
	want.bytes[2][1] += 0xffffffff;
	assert_memory_equal(counters, &want, sizeof(want));
}

/* Maps outlive the daemon, and a later one reads them: whoever changes this must migrate them. */
static void keeps_the_layout_of_counters(void **state)
{
	(void)state;
	assert_int_equal(FAMILY_OTHER, 0);
	assert_int_equal(FAMILY_IPV4, 1);
	assert_int_equal(FAMILY_IPV6, 2);
	assert_int_equal(FAMILIES_MAX, 4);
	assert_int_equal(VERDICTS_MAX, 64);
	assert_int_equal(DIRECTION_RX, 0);
	assert_int_equal(DIRECTION_TX, 1);
	assert_int_equal(DIRECTIONS, 2);
	assert_int_equal(sizeof(struct counters), 4 * 64 * 8 + 4 * 2 * 8);
	assert_int_equal(offsetof(struct counters, packets[1]), 64 * 8);
	assert_int_equal(offsetof(struct counters, bytes), 4 * 64 * 8);
	assert_int_equal(offsetof(struct counters, bytes[1]), 4 * 64 * 8 + 2 * 8);
}

/* BPF and host read one policy: no padding that one of them could lay out in another way. */
static void lays_out_the_policy_alike(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct policy_slot), 32);
	assert_int_equal(offsetof(struct policy, slot) % 8, 0);
	assert_int_equal(offsetof(struct policy, displacement) % 2, 0);
	assert_int_equal(sizeof(struct policy),
			 offsetof(struct policy, slot) + POLICY_SLOTS * sizeof(struct policy_slot));
	assert_int_equal(POLICY_SLOTS & (POLICY_SLOTS - 1), 0);
	assert_true(POLICY_SLOTS >= 2 * POLICY_SERVICES_MAX); /* each address once more */
	assert_int_equal(policy_bucket(~(uint64_t)0), POLICY_BUCKETS - 1);
	assert_int_equal(policy_index(~(uint64_t)0, 0xffff) & ~(POLICY_SLOTS - 1u), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_the_example_of_rfc_1071),
		cmocka_unit_test(sums_like_bytes),
		cmocka_unit_test(folds_every_carry),
		cmocka_unit_test(judges_sums_like_folding),
		cmocka_unit_test(places_a_number_in_a_word),
		cmocka_unit_test(sends_a_checksum_of_zero_as_ffff),
		cmocka_unit_test(has_the_check_values),
		cmocka_unit_test(steps_like_bits),
		cmocka_unit_test(starts_a_message_with_every_length),
		cmocka_unit_test(writes_the_fingerprints_of_rfc_5769),
		cmocka_unit_test(checks_the_fingerprint_of_rfc_5769),
		cmocka_unit_test(checks_fingerprints_of_every_length),
		cmocka_unit_test(walks_every_truncation),
		cmocka_unit_test(walks_every_claimed_length),
		cmocka_unit_test(walks_every_type),
		cmocka_unit_test(notes_unknown_types_in_order),
		cmocka_unit_test(pads_odd_lists),
		cmocka_unit_test(finds_what_is_asked),
		cmocka_unit_test(matches_nothing_without_services),
		cmocka_unit_test(matches_one_service),
		cmocka_unit_test(matches_thirteen_services),
		cmocka_unit_test(matches_1024_services_of_both_families),
		cmocka_unit_test(matches_1024_ports_of_one_address),
		cmocka_unit_test(matches_1024_addresses_on_one_port),
		cmocka_unit_test(matches_1024_sequential_ipv6_addresses),
		cmocka_unit_test(counts_repeated_services_once),
		cmocka_unit_test(joins_the_pairs),
		cmocka_unit_test(keeps_the_alternate_of_a_repeated_service),
		cmocka_unit_test(refuses_a_missing_pair),
		cmocka_unit_test(refuses_too_many_services),
		cmocka_unit_test(names_the_culprit),
		cmocka_unit_test(makes_software_of_every_length),
		cmocka_unit_test(carries_every_setting),
		cmocka_unit_test(examines_every_truncation),
		cmocka_unit_test(examines_every_repaired_truncation),
		cmocka_unit_test(believes_a_device_that_verified),
		cmocka_unit_test(examines_any_bytes_of_every_length),
		cmocka_unit_test(keeps_unknown_types_once),
		cmocka_unit_test(emits_into_exactly_the_room),
		cmocka_unit_test(keeps_the_order_of_verdicts),
		cmocka_unit_test(labels_outcomes),
		cmocka_unit_test(counts_in_one_place),
		cmocka_unit_test(keeps_the_layout_of_counters),
		cmocka_unit_test(lays_out_the_policy_alike),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
