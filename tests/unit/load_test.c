// SPDX-License-Identifier: BSD-2-Clause
/* The load generator's parts: its frames before the oracle, its arithmetic before plain counting.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the four above before it. */
#include <cmocka.h>

#include "flows.h"
#include "frame.h"
#include "histogram.h"
#include "sources.h"

#include "oracle/cases.h"

#include <stdlib.h>
#include <string.h>

static const struct ticket_key key = {0x0123456789abcdef, 0xfedcba9876543211};

static struct prefix prefix_of(const char *text)
{
	struct prefix prefix;

	assert_true(address_read_prefix(&prefix, text));
	return prefix;
}

static struct endpoint endpoint_of(const char *text)
{
	struct endpoint endpoint;

	assert_true(address_read_endpoint(&endpoint, text, 3478));
	return endpoint;
}

/* --- frames --- */

static void frame_of(const struct load_profile *profile, const struct endpoint *server,
		     const struct endpoint *client, size_t tags, unsigned int number)
{
	static const struct ticket_key *const ticket_key = &key;
	static struct oracle_answer answer;
	struct frame_link link = {
		.destination = {2, 0, 0, 0, 0, 1},
		.source = {2, 0, 0, 0, 0, 2},
		.tags = {100, 200},
		.tags_count = tags,
	};
	const struct ticket ticket = ticket_make(number * 0x10001ull, 3, 7, ticket_key);
	struct ticket came;
	struct frame_template template;
	struct load_reply reply;
	uint8_t frame[FRAME_REQUEST_MAX];
	size_t length;

	frame_template(&template, profile, &link, server);
	length = frame_write(frame, &template, client, &ticket);
	oracle_decide(cases_config(CASES_DEFAULT), frame, length, &answer);
	if (profile->answer == PROFILE_SILENCE) {
		assert_int_equal(answer.action, ORACLE_REFUSE);
		return;
	}
	assert_int_equal(answer.action, ORACLE_ANSWER);
	assert_string_equal(answer.verdict, profile->answer == PROFILE_SUCCESS ? "success"
					    : profile->answer == PROFILE_LEGACY
						    ? "legacy_success"
						    : "unknown_attribute");
	frame_read(&reply, answer.reply, answer.reply_length, &link);
	assert_true(check_ticket(&came, &reply));
	assert_memory_equal(&came, &ticket, sizeof(ticket));
	assert_true(ticket_valid(&came, ticket_key));
	assert_int_equal(check_reply(&reply, profile, client, server), FAULT_NONE);

	/* Whatever bit changes behind the IP header, the reply is no longer right. */
	for (size_t bit = template.udp * 8; bit < answer.reply_length * 8; bit++) {
		answer.reply[bit / 8] ^= (uint8_t)(1 << bit % 8);
		frame_read(&reply, answer.reply, answer.reply_length, &link);
		assert_int_not_equal(check_reply(&reply, profile, client, server), FAULT_NONE);
		answer.reply[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void test_frames(void **state)
{
	static const char *const servers[] = {"203.0.113.10", "[2001:db8::10]"};
	static const char *const clients[] = {"198.51.100.7:40000", "[2001:db8:77::7]:65535"};

	(void)state;
	for (size_t i = 0; i < profile_count(); i++)
		for (size_t family = 0; family < 2; family++)
			for (size_t tags = 0; tags <= 2; tags++) {
				const struct endpoint server = endpoint_of(servers[family]);
				const struct endpoint client = endpoint_of(clients[family]);

				if (family == 1 && (profiles[i].twist == PROFILE_IP_CHECKSUM ||
						    profiles[i].twist == PROFILE_NO_CHECKSUM))
					continue; /* for IPv4 only */
				frame_of(&profiles[i], &server, &client, tags,
					 (unsigned int)(i * 7 + tags));
			}
}

/* --- sources --- */

/* Every address of the prefix must come once before any comes again. */
static void walk(const char *text, const char *server, size_t count, size_t threads)
{
	const struct prefix prefix = prefix_of(text);
	const struct endpoint endpoint = endpoint_of(server);
	size_t last = prefix.address.family == AF_INET6 ? 15 : 3;
	struct sources sources;

	assert_int_equal(sources_count(&prefix), count);
	for (size_t thread = 0; thread < threads; thread++) {
		bool seen[256] = {false};

		sources_init(&sources, &prefix, 1000, 1002, &endpoint.address, thread, threads);
		for (size_t i = 0; i < count; i++) {
			struct prefix alone;
			struct endpoint next;

			sources_next(&sources, &next);
			alone = address_alone(&next.address);
			assert_true(address_within(&alone, &prefix));
			assert_false(seen[next.address.bytes[last]]);
			assert_in_range(next.port, 1000, 1002);
			seen[next.address.bytes[last]] = true;
		}
	}
}

static void test_sources(void **state)
{
	(void)state;
	walk("192.0.2.0/24", "198.51.100.1", 254, 1);
	walk("192.0.2.64/26", "198.51.100.1", 62, 3);
	walk("192.0.2.7", "198.51.100.1", 1, 2);
	walk("192.0.2.6/31", "198.51.100.1", 2, 1);
	walk("2001:db8::100/120", "[2001:db8::1]", 256, 2);
}

static void test_source_never_server(void **state)
{
	const struct prefix prefix = prefix_of("192.0.2.0/29");
	const struct endpoint server = endpoint_of("192.0.2.3");
	struct endpoint next;
	struct sources sources;

	(void)state;
	sources_init(&sources, &prefix, 1, 1, &server.address, 0, 1);
	for (size_t i = 0; i < 1000; i++) {
		sources_next(&sources, &next);
		assert_false(address_same(&next.address, &server.address));
	}
}

/* --- requests under way --- */

static struct ticket take(struct flows *flows, uint64_t sent, enum flow_state as,
			  struct flows_expired *expired)
{
	const struct flow flow = {.sent = sent, .state = (uint8_t)as};

	return flows_take(flows, &flow, expired);
}

static void test_flows(void **state)
{
	struct flows_expired expired = {0};
	struct ticket first, second, third;
	struct flows flows;

	(void)state;
	assert_int_equal(flows_open(&flows, 10, 100), 0);
	flows.key = key;
	first = take(&flows, 0, FLOW_WAITING, &expired);
	second = take(&flows, 50, FLOW_WAITING, &expired);
	third = take(&flows, 60, FLOW_SILENT, &expired);
	assert_int_equal(flows_waiting(&flows), 2);
	assert_int_equal(flows_settle(&flows, flows_find(&flows, &second)), FLOW_WAITING);
	assert_int_equal(flows_settle(&flows, flows_find(&flows, &second)), FLOW_SETTLED);
	assert_int_equal(flows_waiting(&flows), 1);
	flows_expire(&flows, 99, &expired);
	assert_int_equal(expired.lost, 0);
	flows_expire(&flows, 100, &expired);
	assert_int_equal(expired.lost, 1);
	assert_int_equal(flows_settle(&flows, flows_find(&flows, &first)), FLOW_EXPIRED);
	assert_int_equal(flows_waiting(&flows), 0);
	flows_expire(&flows, 160, &expired);
	assert_int_equal(expired.silent, 1);
	assert_true(flows_idle(&flows));

	/* Once around: the oldest are given up, and nothing is found in their place. */
	for (size_t i = 0; i < flows.size + 5; i++)
		take(&flows, 200, FLOW_WAITING, &expired);
	assert_int_equal(expired.lost, 1 + 5);
	assert_int_equal(flows_waiting(&flows), flows.size);
	assert_null(flows_find(&flows, &third));
	flows.run++;
	assert_null(flows_find(&flows, &second));
	flows_close(&flows);
}

/* --- times --- */

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void test_histogram(void **state)
{
	enum { COUNT = 20000 };
	static const double shares[] = {0.001, 0.5, 0.9, 0.99, 0.999, 0.9999, 1};
	static struct histogram histogram, sum;
	static uint64_t values[COUNT];
	uint64_t seed = 88172645463325252u;

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		values[i] = seed >> (25 + i % 38); /* up to 39 bits */
		histogram_add(&histogram, values[i]);
	}
	histogram_merge(&sum, &histogram);
	qsort(values, COUNT, sizeof(values[0]), compare);
	assert_int_equal(sum.min, values[0]);
	assert_int_equal(sum.max, values[COUNT - 1]);
	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		uint64_t exact = values[(size_t)(shares[i] * COUNT + 0.999999) - 1];
		uint64_t found = histogram_quantile(&sum, shares[i]);

		assert_true(found >= exact);
		assert_true(found - exact <= exact / 128);
	}
	histogram_add(&sum, UINT64_MAX);
	assert_int_equal(sum.max, UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_source_never_server),
		cmocka_unit_test(test_flows),
		cmocka_unit_test(test_histogram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
