// SPDX-License-Identifier: BSD-2-Clause
/* The daemons' event loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
/* cmocka.h wants the first four before it. */
#include <cmocka.h>

#include "clock.h"
#include "loop.h"

static struct loop loop;
static struct loop_source first, second, end;
static int pipes[2];
static char calls[64]; /* a letter each */

static void call(void *context)
{
	if (strlen(calls) + 1 < sizeof(calls))
		strncat(calls, context, 1);
}

static void stop(void *context)
{
	call(context);
	loop_stop(&loop);
}

static void read_one(void *context)
{
	char byte;

	call(context);
	assert_int_equal(read(pipes[0], &byte, 1), 1);
}

static int begin(void **state)
{
	(void)state;
	calls[0] = '\0';
	first = (struct loop_source){.fd = -1, .due = LOOP_NEVER, .call = call, .context = "1"};
	second = (struct loop_source){.fd = -1, .due = LOOP_NEVER, .call = call, .context = "2"};
	end = (struct loop_source){.fd = -1, .due = clock_ms() + 50, .call = stop, .context = "."};
	assert_int_equal(loop_add(&loop, &first), 0);
	assert_int_equal(loop_add(&loop, &second), 0);
	assert_int_equal(loop_add(&loop, &end), 0);
	return pipe(pipes);
}

static int finish(void **state)
{
	(void)state;
	loop_close(&loop);
	close(pipes[0]);
	close(pipes[1]);
	return 0;
}

static void run(const char *expected)
{
	assert_int_equal(loop_run(&loop), 0);
	assert_string_equal(calls, expected);
}

static void timers_ring_once(void **state)
{
	int64_t begun = clock_ms();

	(void)state;
	first.due = begun + 20;
	second.due = begun + 10;
	run("21.");
	assert_in_range(clock_ms() - begun, 45, 1000);
	assert_true(first.due == LOOP_NEVER);
}

static void descriptors_are_read(void **state)
{
	(void)state;
	first.fd = pipes[0];
	first.call = read_one;
	assert_int_equal(write(pipes[1], "abc", 3), 3);
	run("111.");
}

/* So its owner can hold it for a time. */
static void held_descriptors_wait(void **state)
{
	(void)state;
	first.fd = -1;
	assert_int_equal(write(pipes[1], "a", 1), 1);
	run(".");
	first.fd = pipes[0];
	first.call = stop;
	run(".1");
}

static void order_is_kept(void **state)
{
	(void)state;
	first.due = second.due = end.due = clock_ms();
	run("12.");
}

static void remove_second(void *context)
{
	call(context);
	loop_remove(&loop, &second);
	loop_remove(&loop, &second);
	loop_remove(&loop, &first);
}

/* Whoever goes is not called, though its time has come too. */
static void sources_go_while_called(void **state)
{
	(void)state;
	first.call = remove_second;
	first.due = second.due = clock_ms();
	run("1.");
	assert_int_equal(loop.count, 1);
}

static void add_second(void *context)
{
	call(context);
	second.due = clock_ms();
	assert_int_equal(loop_add(&loop, &second), 0);
}

static void sources_come_while_called(void **state)
{
	(void)state;
	loop_remove(&loop, &second);
	first.call = add_second;
	first.due = clock_ms();
	run("12.");
}

static void stops_at_once(void **state)
{
	(void)state;
	first.call = stop;
	first.due = second.due = clock_ms();
	run("1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(timers_ring_once, begin, finish),
		cmocka_unit_test_setup_teardown(descriptors_are_read, begin, finish),
		cmocka_unit_test_setup_teardown(held_descriptors_wait, begin, finish),
		cmocka_unit_test_setup_teardown(order_is_kept, begin, finish),
		cmocka_unit_test_setup_teardown(sources_go_while_called, begin, finish),
		cmocka_unit_test_setup_teardown(sources_come_while_called, begin, finish),
		cmocka_unit_test_setup_teardown(stops_at_once, begin, finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
