/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The judge on trial: the oracle against what was written by hand, the RFCs' vectors, and the
 * bounds; the generator against what it promises. Frames end against a PROT_NONE page.
 */
#include "cases.h"
#include "frames.h"
#include "mutate.h"
#include "oracle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define GENERATED  200000
#define LABELS_MAX 64

static size_t generated_frames = GENERATED;
static uint64_t generator_seed = 1;
static uint8_t *guard; /* nothing from here on may be read */

static int map_guard(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), room = 65536;
	uint8_t *pages =
		mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	if (pages == MAP_FAILED || mprotect(pages + room, page, PROT_NONE) != 0)
		return -1;
	guard = pages + room;
	return 0;
}

static void decide(const struct oracle_config *config, const uint8_t *frame, size_t length,
		   struct oracle_answer *answer)
{
	memcpy(guard - length, frame, length);
	oracle_decide(config, guard - length, length, answer);
}

static size_t behind_tags(const uint8_t *frame)
{
	size_t at = 12;

	while (at < 20 && ((frame[at] == 0x81 && frame[at + 1] == 0x00) ||
			   (frame[at] == 0x88 && frame[at + 1] == 0xa8)))
		at += 4;
	return at + 2;
}

static size_t stun_at(const uint8_t *frame, bool ipv4)
{
	return behind_tags(frame) + (ipv4 ? 20 : 40) + 8;
}

static const char *compare(bool holds, const char *what)
{
	return holds ? NULL : what;
}

/* The value of RESPONSE-ORIGIN or SOURCE-ADDRESS, or NULL. */
static const uint8_t *find_origin(const struct oracle_answer *answer, size_t stun)
{
	size_t at = stun + 20;

	while (at < answer->reply_length) {
		const uint8_t *attribute = answer->reply + at;
		unsigned type = attribute[0] * 256u + attribute[1];

		if (type == 0x802b || type == 0x0004)
			return attribute + 4;
		at += 4 + ((attribute[2] * 256u + attribute[3] + 3) & ~3u);
	}
	return NULL;
}

static const struct oracle_service *service_of(const struct oracle_config *config, bool ipv4,
					       const uint8_t *address, unsigned port)
{
	for (size_t i = 0; i < config->services_count; i++) {
		const struct oracle_service *service = &config->services[i];
		size_t size = ipv4 ? 4 : 16;
		bool alternate = service->discovery && port == service->alternate_port;

		if (service->family != (ipv4 ? 4 : 6) || (service->port != port && !alternate))
			continue;
		if (memcmp(service->address, address, size) == 0 ||
		    (service->discovery && memcmp(service->alternate_address, address, size) == 0))
			return service;
	}
	return NULL;
}

/* The mirror image of the request, but for what RFC 5780 lets the client ask for. */
static const char *check_way_back(const struct oracle_config *config, const uint8_t *request,
				  const struct oracle_answer *answer)
{
	bool ipv4 = strcmp(answer->family, "ipv4") == 0;
	size_t stun = stun_at(request, ipv4), size = ipv4 ? 4 : 16;
	const uint8_t *asked = request + stun - 8, *came = answer->reply + stun - 8; /* ports */
	const uint8_t *from = came - 2 * size, *origin = find_origin(answer, stun);
	const struct oracle_service *service;

	service = service_of(config, ipv4, asked - size, asked[2] * 256u + asked[3]);
	if (!service)
		return "answered for nobody";
	if (memcmp(came - size, asked - 2 * size, size) != 0)
		return "sent to another address";
	if (memcmp(came + 2, asked, 2) != 0 && !(service->response_port && origin))
		return "sent to another port";
	if (!origin)
		return compare(memcmp(from, asked - size, size) == 0 &&
				       memcmp(came, asked + 2, 2) == 0,
			       "sent from another address or port");
	if (memcmp(from, origin + 4, size) != 0 || memcmp(came, origin + 2, 2) != 0)
		return "not sent from where it says";
	return compare(service_of(config, ipv4, from, came[0] * 256u + came[1]) == service,
		       "sent from no pair of its service");
}

/* What is true of any reply; the sums are held against the builder's. */
static const char *check_reply(const struct oracle_config *config, const uint8_t *request,
			       const struct oracle_answer *answer)
{
	static const uint8_t ipv4[10] = {0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 17};
	static const uint8_t ipv6[8] = {0x60, 0, 0, 0, 0, 0, 17, 64};
	const uint8_t *reply = answer->reply;
	bool is_ipv4 = strcmp(answer->family, "ipv4") == 0;
	size_t ip = behind_tags(request), stun = stun_at(request, is_ipv4);
	uint8_t fixed[ORACLE_REPLY_MAX], header[10];

	if (memcmp(reply, request + 6, 6) != 0 || memcmp(reply + 6, request, 6) != 0)
		return "MACs are not swapped";
	if (memcmp(reply + 12, request + 12, ip - 12) != 0)
		return "tags or EtherType differ";
	memcpy(header, reply + ip, sizeof(header));
	memset(header + (is_ipv4 ? 2 : 4), 0, 2);
	if (memcmp(header, is_ipv4 ? ipv4 : ipv6, is_ipv4 ? 10 : 8) != 0)
		return "the IP header is not the one of a reply";
	if (memcmp(reply + stun + 4, request + stun + 4, 16) != 0)
		return "another transaction ID";
	memcpy(fixed, reply, answer->reply_length);
	frame_fix(fixed, answer->reply_length,
		  FRAME_FIX_LENGTHS | FRAME_FIX_STUN_LENGTH | FRAME_FIX_FINGERPRINT |
			  FRAME_FIX_CHECKSUMS);
	if (memcmp(fixed, reply, answer->reply_length) != 0)
		return "lengths, checksums or FINGERPRINT are wrong";
	return check_way_back(config, request, answer);
}

/* No loops: a reply sent back to the service, or as it is, gets none. */
static const char *check_feedback(const struct oracle_config *config,
				  const struct oracle_answer *answer)
{
	uint8_t frame[ORACLE_REPLY_MAX];
	struct oracle_answer again;
	size_t length = answer->reply_length;

	decide(config, answer->reply, length, &again);
	if (again.action == ORACLE_ANSWER)
		return "the reply is answered";
	memcpy(frame, answer->reply, length);
	frame_reflect(frame, length);
	decide(config, frame, length, &again);
	return compare(strcmp(again.verdict, "response") == 0,
		       "the reflected reply is not called a response");
}

static const char *check_answer(const struct oracle_config *config, const uint8_t *frame,
				size_t length, const struct oracle_answer *answer)
{
	const char *wrong;

	if (answer->action != ORACLE_ANSWER) {
		if (answer->reply_length != 0 || answer->passed == answer->dropped)
			return "a reply, or both passed and dropped";
		return compare(answer->dropped ==
				       (answer->action == ORACLE_REFUSE && !config->pass_refused),
			       "wrongly passed or dropped");
	}
	if (answer->passed || answer->dropped)
		return "answered and passed or dropped";
	wrong = check_reply(config, frame, answer);
	if (!wrong)
		wrong = oracle_check_bounds(config, frame, length, answer->reply,
					    answer->reply_length);
	if (!wrong)
		wrong = check_feedback(config, answer);
	return wrong;
}

static void complain(const char *name, const char *wrong, const struct oracle_answer *answer)
{
	print_error("%s: %s (verdict %s)\n", name, wrong, answer->verdict);
	for (size_t i = 0; i < answer->reply_length; i++)
		print_error("%02x", answer->reply[i]);
	print_error("\n");
}

/* The attributes against what was written, PADDING and the value of FINGERPRINT aside. */
static const char *check_attributes(const struct expectation *expected, const uint8_t *stun,
				    size_t length)
{
	static const uint8_t zeros[9000];
	size_t before = expected->padding ? expected->padding_at : expected->attributes_length;
	const uint8_t *attributes = stun + 20, *behind = attributes + before + expected->padding;

	if (length !=
	    20 + expected->attributes_length + expected->padding + (expected->fingerprint ? 4 : 0))
		return "attributes of another length";
	if (memcmp(attributes, expected->attributes, before) != 0 ||
	    memcmp(behind, expected->attributes + before, expected->attributes_length - before) !=
		    0)
		return "other attributes";
	return compare(memcmp(attributes + before, zeros, expected->padding) == 0,
		       "PADDING is not of zeros");
}

static const char *check_case(const struct test_case *test, const struct oracle_answer *answer)
{
	const struct expectation *expected = &test->expected;
	size_t stun = stun_at(test->frame, test->family == 4), size = test->family == 4 ? 4 : 16;
	const uint8_t *ports = answer->reply + stun - 8;

	if (strcmp(expected->verdict, answer->verdict) != 0)
		return expected->verdict;
	if (strcmp(test->counted_as, answer->family) != 0)
		return "counted for another family";
	if (expected->private_client != answer->private_client)
		return "counted as a private client, or not";
	if (test->has_reply && (answer->reply_length != test->reply_length ||
				memcmp(answer->reply, test->reply, test->reply_length) != 0))
		return "not the reply expected";
	if (!expected->has_attributes)
		return NULL;
	if (memcmp(ports - 2 * size, expected->source, size) != 0 ||
	    ports[0] * 256 + ports[1] != expected->source_port)
		return "sent from elsewhere";
	if (ports[2] * 256 + ports[3] != expected->destination_port)
		return "sent to another port";
	return check_attributes(expected, answer->reply + stun, answer->reply_length - stun);
}

static void test_cases(void **state)
{
	size_t count = cases_count(), failed = 0, replies = 0, attributes = 0;
	struct oracle_answer answer;
	struct test_case test;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const char *wrong;

		case_get(i, &test);
		decide(test.config, test.frame, test.length, &answer);
		wrong = check_case(&test, &answer);
		if (!wrong)
			wrong = check_answer(test.config, test.frame, test.length, &answer);
		if (wrong) {
			complain(test.name, wrong, &answer);
			failed++;
		}
		replies += test.has_reply;
		attributes += test.expected.has_attributes;
	}
	print_message("%zu cases, %zu with attributes and %zu with whole replies by hand\n", count,
		      attributes, replies);
	assert_int_equal(failed, 0);
	assert_true(count > 800);
	assert_true(replies > 75);
}

static void decide_message(const struct oracle_config *config,
			   const struct oracle_datagram *datagram, struct oracle_message *answer)
{
	struct oracle_datagram guarded = *datagram;

	guarded.message = guard - datagram->length;
	memcpy(guard - datagram->length, datagram->message, datagram->length);
	oracle_decide_message(config, &guarded, answer);
}

static const char *check_message(const struct message_case *message,
				 const struct oracle_message *answer)
{
	const struct expectation *expected = &message->expected;

	if (strcmp(expected->verdict, answer->verdict) != 0)
		return expected->verdict;
	if ((answer->action == ORACLE_ANSWER) != (answer->reply_length > 0))
		return "answered without a reply, or the other way round";
	if (answer->action == ORACLE_HANDOFF)
		return "there is nobody to hand it to";
	if (!expected->has_attributes)
		return NULL;
	if (memcmp(answer->reply_source, expected->source, 16) != 0 ||
	    answer->reply_source_port != expected->source_port)
		return "sent from elsewhere";
	if (answer->reply_destination_port != expected->destination_port)
		return "sent to another port";
	if (answer->without_df != (expected->padding > 0))
		return "DF";
	if (memcmp(answer->reply + 4, message->message + 4, 16) != 0)
		return "another transaction ID";
	if (answer->reply[2] * 256u + answer->reply[3] != answer->reply_length - 20)
		return "another length";
	return check_attributes(expected, answer->reply, answer->reply_length);
}

static void test_messages(void **state)
{
	static struct message_case message;
	static struct oracle_message answer;
	size_t failed = 0, too_long = 0;

	(void)state;
	for (size_t i = 0; i < messages_count(); i++) {
		const char *wrong;

		message_get(i, &message);
		decide_message(message.config, &message.datagram, &answer);
		too_long += strcmp(answer.verdict, oracle_socket_labels[0]) == 0;
		wrong = check_message(&message, &answer);
		if (!wrong)
			continue;
		print_error("%s: %s (verdict %s)\n", message.name, wrong, answer.verdict);
		failed++;
	}
	print_message("%zu messages\n", messages_count());
	assert_int_equal(failed, 0);
	assert_true(too_long > 0);
}

/* What came in a sound frame, as a socket would get it. */
static bool take_datagram(const uint8_t *frame, size_t length, struct oracle_datagram *datagram)
{
	struct frame_layout layout;
	size_t size, at;

	if (!frame_locate(frame, length, &layout))
		return false;
	size = layout.family == 4 ? 4 : 16;
	at = layout.ip + (layout.family == 4 ? 12 : 8);
	memset(datagram, 0, sizeof(*datagram));
	datagram->family = layout.family;
	memcpy(datagram->source, frame + at, size);
	memcpy(datagram->destination, frame + at + size, size);
	datagram->source_port = (uint16_t)(frame[layout.udp] * 256 + frame[layout.udp + 1]);
	datagram->destination_port =
		(uint16_t)(frame[layout.udp + 2] * 256 + frame[layout.udp + 3]);
	datagram->mtu = 1500;
	datagram->message = frame + layout.payload;
	datagram->length = layout.end - layout.payload;
	return true;
}

/* Sockets say the same to what frames carry, where it is about the message. */
static void test_messages_are_frames(void **state)
{
	static struct oracle_answer answer;
	static struct oracle_message other;
	struct oracle_datagram datagram;
	struct test_case test;
	size_t compared = 0;

	(void)state;
	for (size_t i = 0; i < cases_count(); i++) {
		size_t stun;

		case_get(i, &test);
		decide(test.config, test.frame, test.length, &answer);
		if (answer.action != ORACLE_ANSWER ||
		    !take_datagram(test.frame, test.length, &datagram))
			continue;
		stun = stun_at(test.frame, test.family == 4);
		decide_message(test.config, &datagram, &other);
		assert_string_equal(answer.verdict, other.verdict);
		assert_int_equal(answer.reply_length - stun, other.reply_length);
		assert_memory_equal(answer.reply + stun, other.reply, other.reply_length);
		assert_int_equal(answer.reply[stun - 8] * 256 + answer.reply[stun - 7],
				 other.reply_source_port);
		compared++;
	}
	assert_true(compared > 1000);
}

/* Every label of the oracle has a case; no_room is for carriers alone, and unsent for sockets. */
static void test_cases_reach_every_label(void **state)
{
	size_t count = cases_count();
	struct test_case test;

	(void)state;
	for (const char *const *label = oracle_labels; *label; label++) {
		bool found = false;

		for (size_t i = 0; i < count && !found; i++) {
			case_get(i, &test);
			found = strcmp(test.expected.verdict, *label) == 0;
		}
		if (!found)
			print_error("no case for %s\n", *label);
		assert_true(found);
	}
}

/* The mapped addresses of RFC 5769 2.2 and 2.3, from requests that come from there. */
static void check_rfc5769(int family, const char *source, const char *want)
{
	struct oracle_answer answer;
	struct frame frame;
	uint8_t bytes[FRAME_MAX], value[64];
	size_t length, stun = 14 + (family == 4 ? 20 : 40) + 8;
	size_t size = frame_hex(value, sizeof(value), want);

	frame_init(&frame, family);
	frame_address(frame.source, source);
	frame.source_port = 32853;
	frame_stun(&frame, 0x0001, true);
	length = frame_build(&frame, bytes, sizeof(bytes));
	decide(cases_config(CASES_DEFAULT), bytes, length, &answer);
	assert_string_equal(answer.verdict, "success");
	assert_int_equal(answer.reply_length, stun + 20 + size);
	assert_memory_equal(answer.reply + stun + 20, value, size);
}

static void test_rfc5769_addresses(void **state)
{
	(void)state;
	check_rfc5769(4, "192.0.2.1", "00200008 0001a147 e112a643");
	check_rfc5769(6, "2001:db8:1234:5678:11:2233:4455:6677",
		      "00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9");
}

/* The three FINGERPRINTs of RFC 5769; the type is changed so that the oracle reads that far. */
static void test_rfc5769_fingerprints(void **state)
{
	static const char *const names[] = {"RFC 5769 2.1, IPv4, 0 tags",
					    "RFC 5769 2.2, IPv4, 0 tags",
					    "RFC 5769 2.3, IPv6, 0 tags"};
	uint8_t fixed[FRAME_MAX];
	struct test_case test;
	size_t found = 0;

	(void)state;
	for (size_t i = 0; i < cases_count(); i++) {
		case_get(i, &test);
		for (size_t n = 0; n < 3; n++) {
			if (strcmp(test.name, names[n]) != 0)
				continue;
			memcpy(fixed, test.frame, test.length);
			frame_fix_checksums(fixed, test.length, true);
			assert_memory_equal(fixed, test.frame, test.length);
			found++;
		}
	}
	assert_int_equal(found, 3);
}

/* What is left of a seed may still be answered where only its trailer is gone, and then alike. */
static const char *check_cut(const struct test_case *seed, const struct oracle_answer *whole,
			     size_t length, struct oracle_answer *answer)
{
	const char *wrong;

	decide(seed->config, seed->frame, length, answer);
	wrong = check_answer(seed->config, seed->frame, length, answer);
	if (wrong || answer->action != ORACLE_ANSWER)
		return wrong;
	return compare(answer->reply_length == whole->reply_length &&
			       memcmp(answer->reply, whole->reply, whole->reply_length) == 0,
		       "a cut frame has another reply");
}

static const char *check_repaired(const struct test_case *seed, size_t length, unsigned what,
				  struct oracle_answer *answer)
{
	uint8_t frame[FRAME_MAX];

	memcpy(frame, seed->frame, length);
	frame_fix(frame, length, what);
	decide(seed->config, frame, length, answer);
	return check_answer(seed->config, frame, length, answer);
}

static void check_seed(const struct test_case *seed)
{
	struct oracle_answer whole, answer;

	decide(seed->config, seed->frame, seed->length, &whole);
	assert_int_equal(whole.action, ORACLE_ANSWER);
	for (size_t length = 0; length <= seed->length; length++) {
		unsigned what = FRAME_FIX_LENGTHS | FRAME_FIX_CHECKSUMS;
		const char *wrong = check_cut(seed, &whole, length, &answer);

		if (!wrong)
			wrong = check_repaired(seed, length, what, &answer);
		if (!wrong)
			wrong = check_repaired(seed, length, what | FRAME_FIX_STUN_LENGTH, &answer);
		if (wrong)
			complain(seed->name, wrong, &answer);
		assert_null(wrong);
	}
}

static void test_seeds(void **state)
{
	struct test_case seed;

	(void)state;
	assert_int_equal(cases_seeds_count(), 50);
	for (size_t i = 0; i < cases_seeds_count(); i++) {
		cases_seed_get(i, &seed);
		check_seed(&seed);
	}
}

static void test_bounds_bite(void **state)
{
	const struct oracle_config *software = cases_config(CASES_SOFTWARE_4);
	struct test_case test;
	struct oracle_answer answer;
	uint8_t longer[ORACLE_REPLY_MAX];
	size_t length;

	(void)state;
	case_get(0, &test);
	decide(test.config, test.frame, test.length, &answer);
	length = answer.reply_length + 4;
	memcpy(longer, answer.reply, answer.reply_length);
	memset(longer + answer.reply_length, 0, 4);
	assert_non_null(oracle_check_bounds(test.config, test.frame, test.length, longer, length));
	frame_fix(longer, length, FRAME_FIX_LENGTHS | FRAME_FIX_CHECKSUMS);
	assert_non_null(oracle_check_bounds(test.config, test.frame, test.length, longer, length));
	assert_null(oracle_check_bounds(software, test.frame, test.length, longer, length));
	/* a trailer on the request is no request */
	memcpy(guard - 200, test.frame, test.length);
	memset(guard - 200 + test.length, 0, 200 - test.length);
	assert_non_null(oracle_check_bounds(test.config, guard - 200, 200, longer, length));
}

/* Is the reply of one configuration, and so many bytes more, within the bounds of another? */
static bool bounds_hold(enum cases_config of, enum cases_config by, int family,
			const char *attributes, size_t more)
{
	struct oracle_answer answer;
	struct frame frame;
	uint8_t bytes[FRAME_MAX];
	size_t length;

	frame_init(&frame, family);
	frame_stun(&frame, 0x0001, true);
	frame_attributes(&frame, attributes);
	length = frame_build(&frame, bytes, sizeof(bytes));
	decide(cases_config(of), bytes, length, &answer);
	assert_int_equal(answer.action, ORACLE_ANSWER);
	memset(answer.reply + answer.reply_length, 0, more);
	answer.reply_length += more;
	frame_fix(answer.reply, answer.reply_length, FRAME_FIX_LENGTHS | FRAME_FIX_CHECKSUMS);
	return !oracle_check_bounds(cases_config(by), bytes, length, answer.reply,
				    answer.reply_length);
}

/* Four addresses and SOFTWARE, of a success at a service with an alternate only. */
static void test_bounds_of_discovery(void **state)
{
	(void)state;
	for (int family = 4; family <= 6; family += 2) {
		assert_true(bounds_hold(CASES_DISCOVERY, CASES_DISCOVERY, family, "", 0));
		assert_false(bounds_hold(CASES_DISCOVERY, CASES_DISCOVERY, family, "", 4));
		assert_false(bounds_hold(CASES_DISCOVERY, CASES_DEFAULT, family, "", 0));
		assert_true(bounds_hold(CASES_DISCOVERY_ALL, CASES_DISCOVERY_ALL, family, "", 0));
		assert_false(bounds_hold(CASES_DISCOVERY_ALL, CASES_DISCOVERY_ALL, family, "", 4));
		assert_false(bounds_hold(CASES_DISCOVERY, CASES_DISCOVERY, family, "7fff", 16));
	}
}

/*
 * RFC 5780 4.4, test III: change port, asked at the alternate address and primary port of the first
 * service; RFC 3489 10.1, test II. All of it by hand.
 */
static void test_change_request_by_hand(void **state)
{
	static const struct {
		const char *request, *reply;
	} exchanges[] = {
		{"525400123456 021a2b3c4d5e 0800 45000038 1d2c0000 39111007 c6336407 c6336414"
		 "d431 0d96 0024 0000"
		 "00010008 2112a442 00000000 00000000 00000001 00030004 00000002",
		 "021a2b3c4d5e 525400123456 0800 45000060 00004000 4011e60a c6336414 c6336407"
		 "0d97 d431 004c e56c"
		 "01010030 2112a442 00000000 00000000 00000001 00200008 0001f523 e721c045"
		 "00010008 0001d431 c6336407 802b0008 00010d97 c6336414 802c0008 00010d97 "
		 "cb00710a"},
		{"525400123456 021a2b3c4d5e 0800 45000038 1d2c0000 3911fe43 c6336407 cb00710a"
		 "d431 0d96 0024 0000"
		 "00010008 01020304 05060708 090a0b0c 0d0e0f10 00030004 00000006",
		 "021a2b3c4d5e 525400123456 0800 45000054 00004000 4011e616 c6336414 c6336407"
		 "0d97 d431 0040 1965"
		 "01010024 01020304 05060708 090a0b0c 0d0e0f10"
		 "00010008 0001d431 c6336407 00040008 00010d97 c6336414 00050008 00010d97 "
		 "c6336414"},
	};
	uint8_t request[256], reply[256];
	struct oracle_answer answer;

	(void)state;
	for (size_t i = 0; i < sizeof(exchanges) / sizeof(exchanges[0]); i++) {
		size_t length = frame_hex(request, sizeof(request), exchanges[i].request);
		size_t size = frame_hex(reply, sizeof(reply), exchanges[i].reply);

		decide(cases_config(CASES_DISCOVERY), request, length, &answer);
		assert_int_equal(answer.reply_length, size);
		assert_memory_equal(answer.reply, reply, size);
	}
}

static void test_generator_repeats(void **state)
{
	struct generator one, other;
	uint8_t a[FRAME_MAX], b[FRAME_MAX];

	(void)state;
	generator_init(&one, 7, cases_config(CASES_DEFAULT));
	generator_init(&other, 7, cases_config(CASES_DEFAULT));
	for (int i = 0; i < 20000; i++) {
		size_t length = generate_frame(&one, a, sizeof(a));

		assert_int_equal(length, generate_frame(&other, b, sizeof(b)));
		assert_memory_equal(a, b, length);
	}
}

static size_t label_index(const char *label)
{
	size_t i = 0;

	while (strcmp(oracle_labels[i], label) != 0)
		i++;
	return i;
}

static void print_distribution(const size_t *counts, size_t families[3])
{
	for (size_t i = 0; oracle_labels[i]; i++) {
		print_message("%-22s %8zu %8.4f %%\n", oracle_labels[i], counts[i],
			      100.0 * (double)counts[i] / (double)generated_frames);
	}
	print_message("ipv4 %zu, ipv6 %zu, other %zu\n", families[0], families[1], families[2]);
}

static void test_generator(void **state)
{
	size_t counts[LABELS_MAX] = {0}, families[3] = {0}, answered = 0;
	struct generator generator;
	uint8_t frame[FRAME_MAX];
	struct oracle_answer answer;

	(void)state;
	assert_true(generated_frames > 0);
	generator_init(&generator, generator_seed, cases_config(CASES_DEFAULT));
	for (size_t i = 0; i < generated_frames; i++) {
		const struct oracle_config *config = cases_config(i % CASES_CONFIGS);
		const char *wrong;
		size_t length;

		generator.config = config;
		length = generate_frame(&generator, frame, sizeof(frame));
		decide(config, frame, length, &answer);
		wrong = check_answer(config, frame, length, &answer);
		if (wrong)
			complain(cases_config_name(i % CASES_CONFIGS), wrong, &answer);
		assert_null(wrong);
		counts[label_index(answer.verdict)]++;
		families[answer.family[3] == '4' ? 0 : answer.family[3] == '6' ? 1 : 2]++;
		answered += answer.action == ORACLE_ANSWER;
	}
	print_message("%zu frames, seed %llu: %.1f %% answered\n", generated_frames,
		      (unsigned long long)generator_seed,
		      100.0 * (double)answered / (double)generated_frames);
	print_distribution(counts, families);
	assert_true(answered * 100 >= generated_frames * 35);
	for (size_t i = 0; oracle_labels[i]; i++)
		assert_true(counts[i] * 1000000 >= generated_frames * 300);
}

/* Usage: oracle_test [FRAMES [SEED]] */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_messages_are_frames),
		cmocka_unit_test(test_cases_reach_every_label),
		cmocka_unit_test(test_rfc5769_addresses),
		cmocka_unit_test(test_rfc5769_fingerprints),
		cmocka_unit_test(test_seeds),
		cmocka_unit_test(test_bounds_bite),
		cmocka_unit_test(test_bounds_of_discovery),
		cmocka_unit_test(test_change_request_by_hand),
		cmocka_unit_test(test_generator_repeats),
		cmocka_unit_test(test_generator),
	};

	if (argc > 1)
		generated_frames = strtoull(argv[1], NULL, 0);
	if (argc > 2)
		generator_seed = strtoull(argv[2], NULL, 0);
	return cmocka_run_group_tests(tests, map_guard, NULL);
}
