// SPDX-License-Identifier: BSD-2-Clause
/* When a way out has failed, and when it is good again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the four above before it. */
#include <cmocka.h>

#include "delivery.h"

static struct delivery delivery;
static uint64_t answered, failed;
static int64_t now;

/* A look each second, with so many answers, of which so many fail. */
static void pass(int64_t seconds, uint64_t answers, uint64_t lost)
{
	for (; seconds > 0; seconds--) {
		now += 1000;
		answered += answers;
		failed += lost;
		delivery_note(&delivery, answered, failed, now);
	}
}

static int begin(void **state)
{
	(void)state;
	delivery = (struct delivery){0};
	now = 1;
	/* What came before says nothing. */
	answered = failed = 1000;
	delivery_note(&delivery, answered, failed, now);
	return 0;
}

static void fails(void **state)
{
	(void)state;
	pass(10, 1, 1);
	assert_false(delivery.bad);
	pass(1, 1, 1);
	assert_true(delivery.bad);
}

static void fails_slowly(void **state)
{
	(void)state;
	for (int i = 0; i < 9; i++) {
		pass(1, 1, 1);
		pass(19, 0, 0);
	}
	assert_false(delivery.bad);
	pass(1, 1, 1);
	assert_true(delivery.bad);
}

static void for_a_moment(void **state)
{
	(void)state;
	pass(10, 1000, 1000);
	pass(100, 0, 0);
	assert_false(delivery.bad);
	pass(1, 1, 0);
	pass(10, 1000, 1000);
	assert_false(delivery.bad);
}

static void overload(void **state)
{
	(void)state;
	pass(100, 1000, 899);
	assert_false(delivery.bad);
	pass(11, 1000, 900);
	assert_true(delivery.bad);
}

static void good_again(void **state)
{
	(void)state;
	pass(11, 10, 10);
	pass(29, 10, 0);
	assert_true(delivery.bad);
	pass(1, 10, 0);
	assert_false(delivery.bad);
	/* In a bad minute it is so once. */
	for (int i = 0; i < 3; i++) {
		pass(11, 10, 10);
		assert_true(delivery.bad);
		pass(9, 10, 0);
		assert_true(delivery.bad);
	}
}

/* Without requests nobody can know, so it is tried less and less often. */
static void unknown(void **state)
{
	(void)state;
	pass(11, 10, 10);
	for (int64_t hold = 30; hold < 5000; hold *= 2) {
		pass((hold < 960 ? hold : 960) - 1, 0, 0);
		assert_true(delivery.bad);
		pass(1, 0, 0);
		assert_false(delivery.bad);
		pass(1, 10, 10);
		assert_true(delivery.bad);
	}
	pass(30, 10, 0);
	assert_false(delivery.bad);
	pass(1, 10, 0);
	pass(11, 10, 10);
	pass(30, 0, 0);
	assert_false(delivery.bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(fails, begin),
		cmocka_unit_test_setup(fails_slowly, begin),
		cmocka_unit_test_setup(for_a_moment, begin),
		cmocka_unit_test_setup(overload, begin),
		cmocka_unit_test_setup(good_again, begin),
		cmocka_unit_test_setup(unknown, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
