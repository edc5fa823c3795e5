// SPDX-License-Identifier: BSD-2-Clause
/* The segment: who may write it, what carries over from one writer to the next, and what a reader
 * sees of each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the four above before it. */
#include <cmocka.h>

#include "dpdk_guard.h"
#include "log.h"
#include "segment.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char folder[] = "/tmp/reflex-segment.XXXXXX";
static char path[64];
static struct segment_writer writer;
static struct segment_reader reader;
static struct segment_status status;
static struct error error;

static int set_up(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/reflex-segment.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/" SEGMENT_FILE, folder);
	writer = (struct segment_writer){.fd = -1};
	memset(&status, 0, sizeof(status));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	segment_release(&writer);
	segment_close(&reader);
	unlink(path);
	umount(folder); /* if test_no_memory has mounted there */
	return rmdir(folder);
}

static void create(void)
{
	assert_int_equal(segment_create(&writer, path, &error), 0);
}

static uint64_t monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Says that it runs, as of so many milliseconds ago. */
static void publish(uint64_t age)
{
	struct segment_status mine = {
		.pid = (uint64_t)getpid(),
		.updated = monotonic() - age * 1000000,
		.ready = 1,
		.workers = 3,
	};

	segment_publish(writer.segment, &mine);
}

static int look(void)
{
	return segment_look(&reader, path, &status);
}

/* Another version's. */
static void change_layout(void)
{
	writer.segment->layout++;
	segment_release(&writer);
}

static void test_counters_carry_over(void **state)
{
	struct segment_slot *slot;

	(void)state;
	create();
	assert_false(writer.adopted);
	slot = segment_slot(writer.segment, "net_a", 1);
	slot->counters.packets[FAMILY_IPV4][VERDICT_SUCCESS] = 7;
	segment_release(&writer);
	create();
	assert_true(writer.adopted);
	slot = segment_slot(writer.segment, "net_a", 1);
	assert_int_equal(slot->counters.packets[FAMILY_IPV4][VERDICT_SUCCESS], 7);
}

static void test_one_writer(void **state)
{
	struct segment_writer second;

	(void)state;
	create();
	assert_int_equal(segment_create(&second, path, &error), -EBUSY);
	assert_non_null(strstr(error.text, "runs already"));
	assert_null(second.segment);
	segment_release(&writer);
	assert_int_equal(segment_create(&second, path, &error), 0);
	segment_release(&second);
}

/* The lock of a file without a meaning holds as well: its writer is a version that we are not. */
static void test_one_writer_of_any_layout(void **state)
{
	struct segment_writer second;

	(void)state;
	create();
	writer.segment->layout++;
	assert_int_equal(segment_create(&second, path, &error), -EBUSY);
}

static void test_other_layout_is_replaced(void **state)
{
	(void)state;
	create();
	segment_slot(writer.segment, "net_a", 0)->counters.packets[0][0] = 7;
	assert_false(writer.replaced);
	change_layout();
	create();
	assert_false(writer.adopted);
	assert_true(writer.replaced);
	assert_int_equal(writer.segment->layout, SEGMENT_LAYOUT);
	assert_int_equal(segment_slot(writer.segment, "net_a", 0)->counters.packets[0][0], 0);
}

static void test_other_sizes_are_replaced(void **state)
{
	static const off_t sizes[] = {0, 1, sizeof(struct segment) - 1, sizeof(struct segment) + 1};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		create();
		segment_release(&writer);
		assert_int_equal(truncate(path, sizes[i]), 0);
		assert_int_equal(look(), -EPROTO);
		assert_null(reader.segment);
		create();
		assert_false(writer.adopted);
		publish(0);
		assert_int_equal(look(), 0);
		segment_release(&writer);
	}
}

/* Pages that are not there would end the process when it counts. */
static void test_no_memory(void **state)
{
	char fresh[sizeof(path) + 4];

	(void)state;
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	if (mount("tmpfs", folder, "tmpfs", 0, "size=64k") < 0) {
		print_message("needs root: %s\n", strerror(errno));
		skip();
	}
	assert_int_equal(segment_create(&writer, path, &error), -ENOSPC);
	assert_non_null(strstr(error.text, "cannot be made: No space left on device"));
	assert_int_equal(access(fresh, F_OK), -1);
}

static void test_no_folder(void **state)
{
	(void)state;
	assert_int_equal(segment_create(&writer, "/nonexistent/dpdk", &error), -ENOENT);
	assert_non_null(strstr(error.text, "/nonexistent/dpdk cannot be made: No such file"));
}

static void test_slots_by_port_and_queue(void **state)
{
	struct segment_slot *first;

	(void)state;
	create();
	first = segment_slot(writer.segment, "net_a", 0);
	assert_ptr_not_equal(segment_slot(writer.segment, "net_a", 1), first);
	assert_ptr_not_equal(segment_slot(writer.segment, "net_b", 0), first);
	assert_ptr_equal(segment_slot(writer.segment, "net_a", 0), first);
}

static void test_slots_run_out(void **state)
{
	(void)state;
	create();
	for (unsigned int i = 0; i < SEGMENT_SLOTS_MAX; i++)
		assert_non_null(segment_slot(writer.segment, "net_a", i));
	assert_null(segment_slot(writer.segment, "net_b", 0));
	assert_non_null(segment_slot(writer.segment, "net_a", SEGMENT_SLOTS_MAX - 1));
}

static void test_ports_run_out(void **state)
{
	char name[16];

	(void)state;
	for (int i = 0; i < SEGMENT_PORTS_MAX; i++) {
		snprintf(name, sizeof(name), "net_%d", i);
		assert_ptr_equal(segment_port(&status, name), &status.ports[i]);
	}
	assert_null(segment_port(&status, "net_x"));
	assert_ptr_equal(segment_port(&status, "net_3"), &status.ports[3]);
}

static void test_names(void **state)
{
	const char *names[SEGMENT_PORTS_MAX];

	(void)state;
	create();
	assert_int_equal(segment_names(writer.segment, names), 0);
	segment_slot(writer.segment, "net_b", 0);
	segment_slot(writer.segment, "net_a", 0);
	segment_slot(writer.segment, "net_b", 1);
	assert_int_equal(segment_names(writer.segment, names), 2);
	assert_string_equal(names[0], "net_b");
	assert_string_equal(names[1], "net_a");
}

static void test_sum(void **state)
{
	struct counters counters;
	uint64_t outcomes[OUTCOMES];

	(void)state;
	create();
	for (unsigned int i = 1; i <= 2; i++) {
		struct segment_slot *slot = segment_slot(writer.segment, "net_a", i);

		slot->counters.packets[FAMILY_IPV6][VERDICT_SUCCESS] = i;
		slot->counters.bytes[FAMILY_IPV6][DIRECTIONS - 1] = 10 * i;
		slot->outcomes[OUTCOMES - 1] = 100 * i;
	}
	segment_slot(writer.segment, "net_b", 0)->outcomes[OUTCOMES - 1] = 1000;
	segment_sum(writer.segment, "net_a", &counters, outcomes);
	assert_int_equal(counters.packets[FAMILY_IPV6][VERDICT_SUCCESS], 3);
	assert_int_equal(counters.bytes[FAMILY_IPV6][DIRECTIONS - 1], 30);
	assert_int_equal(outcomes[OUTCOMES - 1], 300);
	assert_int_equal(outcomes[0], 0);
}

static void test_looks(void **state)
{
	(void)state;
	assert_int_equal(look(), -ENOENT);
	create();
	publish(0);
	assert_int_equal(look(), 0);
	assert_int_equal(status.workers, 3);
	publish(SEGMENT_STALE_MS + 100);
	assert_int_equal(look(), -ETIMEDOUT);
	publish(0);
	segment_release(&writer);
	assert_int_equal(look(), -ESRCH);
	assert_int_equal(status.workers, 3);
	assert_non_null(reader.segment);
}

/* What the last process said just before it ended is not taken for the next one's. */
static void test_starts_silent(void **state)
{
	(void)state;
	create();
	assert_int_equal(look(), -ETIMEDOUT);
	assert_int_equal(status.updated, 0);
	publish(0);
	segment_release(&writer);
	create();
	assert_true(writer.adopted);
	assert_int_equal(look(), -ETIMEDOUT);
	assert_int_equal(status.updated, 0);
	assert_int_equal(status.workers, 3);
	publish(0);
	assert_int_equal(look(), 0);
}

/* Of the same file, and of one that has taken its place. */
static void test_reader_follows(void **state)
{
	(void)state;
	create();
	publish(0);
	assert_int_equal(look(), 0);
	change_layout();
	segment_close(&reader);
	assert_int_equal(look(), -EPROTO);
	create();
	publish(0);
	assert_int_equal(look(), 0);
	segment_release(&writer);
	create();
	publish(0);
	assert_int_equal(look(), 0);
	unlink(path);
	assert_int_equal(look(), -ENOENT);
	assert_null(reader.segment);
	assert_int_equal(mknod(path, S_IFREG, 0), 0); /* for tear_down */
}

/* While a reader has it mapped, another version may take it over, and this one later. */
static void test_layout_changes_beneath_a_reader(void **state)
{
	(void)state;
	create();
	publish(0);
	assert_int_equal(look(), 0);
	change_layout();
	assert_int_equal(look(), -EPROTO);
	assert_null(reader.segment);
}

static void test_torn_status(void **state)
{
	(void)state;
	create();
	publish(0);
	writer.segment->sequence |= 1;
	assert_int_equal(look(), -ETIMEDOUT);
	segment_release(&writer);
	assert_int_equal(look(), -ESRCH);
	/* The next writer heals it. */
	create();
	publish(0);
	assert_int_equal(writer.segment->sequence & 1, 0);
	assert_int_equal(look(), 0);
}

static atomic_bool enough;

static void *publish_much(void *segment)
{
	struct segment_status mine;

	memset(&mine, 0, sizeof(mine));
	while (!atomic_load(&enough)) {
		mine.workers++;
		mine.ports[SEGMENT_PORTS_MAX - 1].errors = mine.workers;
		mine.updated = monotonic();
		segment_publish(segment, &mine);
	}
	return NULL;
}

/* The status is copied whole or not at all, however often it changes meanwhile. */
static void test_status_is_whole(void **state)
{
	uint64_t deadline = monotonic() + 20 * 1000000000ull;
	int whole = 0, torn = 0;
	pthread_t thread;

	(void)state;
	create();
	publish(0);
	atomic_store(&enough, false);
	assert_int_equal(pthread_create(&thread, NULL, publish_much, writer.segment), 0);
	while (whole < 20000 && monotonic() < deadline) {
		if (look() != 0 || status.pid) /* the first one is of another kind */
			continue;
		whole++;
		torn += status.ports[SEGMENT_PORTS_MAX - 1].errors != status.workers;
	}
	atomic_store(&enough, true);
	pthread_join(thread, NULL);
	assert_int_equal(torn, 0);
	assert_true(whole > 1000);
}

static void *truncate_much(void *ignored)
{
	(void)ignored;
	while (!atomic_load(&enough))
		if (truncate(path, 4096) < 0 || truncate(path, sizeof(struct segment)) < 0)
			break;
	return NULL;
}

/* At any moment. A mapping would end the reader by SIGBUS. */
static void test_truncated_beneath_a_reader(void **state)
{
	const char *names[SEGMENT_PORTS_MAX];
	struct counters counters;
	uint64_t outcomes[OUTCOMES];
	pthread_t thread;

	(void)state;
	create();
	segment_slot(writer.segment, "net_a", 0);
	publish(0);
	assert_int_equal(look(), 0);
	assert_int_equal(truncate(path, 4096), 0);
	segment_names(reader.segment, names);
	segment_sum(reader.segment, names[0], &counters, outcomes);
	assert_int_equal(look(), -EPROTO);
	assert_null(reader.segment);

	atomic_store(&enough, false);
	assert_int_equal(pthread_create(&thread, NULL, truncate_much, NULL), 0);
	for (int i = 0; i < 2000; i++)
		if (look() != -EPROTO && reader.segment && segment_names(reader.segment, names))
			segment_sum(reader.segment, names[0], &counters, outcomes);
	atomic_store(&enough, true);
	pthread_join(thread, NULL);
}

static void test_no_regular_file(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0); /* nobody writes it, so opening it would wait */
	assert_int_equal(look(), -EPROTO);
	create();
	assert_true(writer.replaced);
	publish(0);
	assert_int_equal(look(), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(look(), -EPROTO);
	assert_int_equal(rmdir(path), 0);
}

/* Names without an end, in a file of the right size and layout. */
static void test_names_end(void **state)
{
	const char *names[SEGMENT_PORTS_MAX];
	struct segment_status endless;

	(void)state;
	create();
	memset(&endless, 'A', sizeof(endless));
	segment_publish(writer.segment, &endless);
	for (size_t i = 0; i < SEGMENT_SLOTS_MAX; i++)
		memset(&writer.segment->slots[i], i % 2 ? '\n' : 'A', sizeof(struct segment_slot));
	look();
	assert_int_equal(strlen(status.trouble), SEGMENT_TEXT_MAX - 1);
	assert_int_equal(strlen(status.ports[0].name), SEGMENT_NAME_MAX - 1);
	assert_int_equal(segment_names(reader.segment, names), 2);
	assert_int_equal(strlen(names[0]), SEGMENT_NAME_MAX - 1);
	assert_int_equal(strspn(names[1], "?"), SEGMENT_NAME_MAX - 1);
	segment_release(&writer);
	create();
	assert_int_equal(strlen(writer.segment->status.ports[0].name), SEGMENT_NAME_MAX - 1);
	assert_null(segment_slot(writer.segment, "net_a", 0));
}

/* A page that is missed, and one that is not missed yet: an end with an error in both cases. */
static void test_truncated_beneath_the_writer(void **state)
{
	(void)state;
	for (int missed = 0; missed < 2; missed++) {
		pid_t child;
		int ended;

		create();
		child = fork();
		if (child == 0) {
			dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
			dpdk_guard_open(&writer, path);
			dpdk_guard_check();
			if (truncate(path, 0) < 0)
				_exit(2);
			if (missed)
				publish(0);
			else
				dpdk_guard_check();
			_exit(3);
		}
		assert_int_equal(waitpid(child, &ended, 0), child);
		assert_true(WIFEXITED(ended));
		assert_int_equal(WEXITSTATUS(ended), EXIT_FAILURE);
		segment_release(&writer);
	}
}

/* Only what this writer made: what was there before has counters. */
static void test_remove(void **state)
{
	(void)state;
	create();
	segment_remove(&writer, path);
	assert_int_equal(access(path, F_OK), -1);
	create();
	segment_release(&writer);
	create();
	segment_remove(&writer, path);
	assert_int_equal(access(path, F_OK), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(counters_carry_over),
		TEST(one_writer),
		TEST(one_writer_of_any_layout),
		TEST(other_layout_is_replaced),
		TEST(other_sizes_are_replaced),
		TEST(no_memory),
		TEST(no_folder),
		TEST(slots_by_port_and_queue),
		TEST(slots_run_out),
		TEST(ports_run_out),
		TEST(names),
		TEST(sum),
		TEST(looks),
		TEST(starts_silent),
		TEST(reader_follows),
		TEST(layout_changes_beneath_a_reader),
		TEST(torn_status),
		TEST(status_is_whole),
		TEST(truncated_beneath_a_reader),
		TEST(truncated_beneath_the_writer),
		TEST(no_regular_file),
		TEST(names_end),
		TEST(remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
