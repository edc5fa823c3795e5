// SPDX-License-Identifier: BSD-2-Clause
/* What metrics look like in both formats, and which of them a client gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the four above before it. */
#include <cmocka.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "metrics_counters.h"
#include "metrics_process.h"
#include "metrics_writer.h"

static char *page;
static size_t page_length;
static struct metrics_writer writer;

static void open_page(enum metrics_format format)
{
	free(page);
	writer = (struct metrics_writer){open_memstream(&page, &page_length), format, NULL};
	assert_non_null(writer.out);
}

static void close_page(void)
{
	metrics_end(&writer);
	assert_int_equal(fclose(writer.out), 0);
}

static void assert_page(const char *expected)
{
	close_page();
	assert_string_equal(page, expected);
}

/* The value of a series, as it is written; NULL: it is not there. Until the next call. */
static const char *find(const char *series)
{
	static char value[64];
	size_t length = strlen(series);

	for (const char *line = page; line && *line; line = strchr(line, '\n') + 1)
		if (strncmp(line, series, length) == 0 && line[length] == ' ') {
			snprintf(value, sizeof(value), "%.*s",
				 (int)strcspn(line + length + 1, "\n"), line + length + 1);
			return value;
		}
	return NULL;
}

static double number(const char *series)
{
	const char *value = find(series);
	char *end;
	double number;

	assert_non_null(value);
	number = strtod(value, &end);
	assert_string_equal(end, "");
	return number;
}

/* --- the formats --- */

struct readings {
	uint64_t opened;
	uint64_t sent;
};

static void collect_sent(const struct metrics_writer *to, void *context)
{
	const struct readings *readings = context;

	metric_value(to, readings->sent, &(struct metric_labels){{"eth0", "tx"}});
	metric_value(to, UINT64_MAX, &(struct metric_labels){{"a\"b\\c\nd", ""}});
}

static void collect_nothing(const struct metrics_writer *to, void *context)
{
	(void)to;
	(void)context;
}

static void collect_uptime(const struct metrics_writer *to, void *context)
{
	(void)context;
	metric_real(to, 12.25, NULL);
}

static void collect_version(const struct metrics_writer *to, void *context)
{
	(void)context;
	metric_value(to, 1, &(struct metric_labels){{"1.0"}});
}

static const struct metric readings_metrics[] = {
	{
		.name = "test_open",
		.type = METRIC_GAUGE,
		.help = "What is open.",
		.collect = metric_collect_field,
		.offset = offsetof(struct readings, opened),
	},
	{
		.name = "test_sent_bytes_total",
		.type = METRIC_COUNTER,
		.help = "What was sent.",
		.label_names = {"interface", "direction"},
		.collect = collect_sent,
	},
	{
		.name = "test_none_total",
		.type = METRIC_COUNTER,
		.help = "Nothing yet.",
		.label_names = {"port"},
		.collect = collect_nothing,
	},
	{
		.name = "test_uptime_seconds",
		.type = METRIC_GAUGE,
		.help = "How long.",
		.collect = collect_uptime,
	},
	{
		.name = "test_build_info",
		.type = METRIC_INFO,
		.help = "What it is.",
		.label_names = {"version"},
		.collect = collect_version,
	},
	{.name = NULL},
};

static void text(void **state)
{
	struct readings readings = {3, 4};

	(void)state;
	open_page(METRICS_TEXT);
	metrics_write_table(&writer, readings_metrics, &readings);
	assert_page("# HELP test_open What is open.\n"
		    "# TYPE test_open gauge\n"
		    "test_open 3\n"
		    "# HELP test_sent_bytes_total What was sent.\n"
		    "# TYPE test_sent_bytes_total counter\n"
		    "test_sent_bytes_total{interface=\"eth0\",direction=\"tx\"} 4\n"
		    "test_sent_bytes_total{interface=\"a\\\"b\\\\c\\nd\",direction=\"\"} "
		    "18446744073709551615\n"
		    "# HELP test_none_total Nothing yet.\n"
		    "# TYPE test_none_total counter\n"
		    "# HELP test_uptime_seconds How long.\n"
		    "# TYPE test_uptime_seconds gauge\n"
		    "test_uptime_seconds 12.25\n"
		    "# HELP test_build_info What it is.\n"
		    "# TYPE test_build_info gauge\n"
		    "test_build_info{version=\"1.0\"} 1\n");
}

static void openmetrics(void **state)
{
	struct readings readings = {3, 4};

	(void)state;
	open_page(METRICS_OPENMETRICS);
	metrics_write_table(&writer, readings_metrics, &readings);
	assert_page("# HELP test_open What is open.\n"
		    "# TYPE test_open gauge\n"
		    "test_open 3\n"
		    "# HELP test_sent_bytes What was sent.\n"
		    "# TYPE test_sent_bytes counter\n"
		    "# UNIT test_sent_bytes bytes\n"
		    "test_sent_bytes_total{interface=\"eth0\",direction=\"tx\"} 4\n"
		    "test_sent_bytes_total{interface=\"a\\\"b\\\\c\\nd\",direction=\"\"} "
		    "18446744073709551615\n"
		    "# HELP test_none Nothing yet.\n"
		    "# TYPE test_none counter\n"
		    "# HELP test_uptime_seconds How long.\n"
		    "# TYPE test_uptime_seconds gauge\n"
		    "# UNIT test_uptime_seconds seconds\n"
		    "test_uptime_seconds 12.25\n"
		    "# HELP test_build What it is.\n"
		    "# TYPE test_build info\n"
		    "test_build_info{version=\"1.0\"} 1\n"
		    "# EOF\n");
}

/* --- histograms --- */

static void collect_delays(const struct metrics_writer *to, void *context)
{
	static const double bounds[] = {1e-05, 0.00025, 0.5, 1, 10};
	static const uint64_t counts[] = {1, 0, 3, 4, 0, 5};
	static const struct metric_histogram delays = {bounds, 5, counts, 33.5};

	metric_histogram(to, &delays, context);
}

static void collect_empty(const struct metrics_writer *to, void *context)
{
	static const uint64_t counts[] = {0};
	static const struct metric_histogram empty = {NULL, 0, counts, 0};

	(void)context;
	metric_histogram(to, &empty, NULL);
}

static const struct metric histograms[] = {
	{
		.name = "test_delay_seconds",
		.type = METRIC_HISTOGRAM,
		.help = "How long it took.",
		.label_names = {"interface"},
		.collect = collect_delays,
	},
	{
		.name = "test_empty",
		.type = METRIC_HISTOGRAM,
		.help = "Nothing was observed.",
		.collect = collect_empty,
	},
	{.name = NULL},
};

#define DELAYS_SERIES                                                                              \
	"test_delay_seconds_bucket{interface=\"eth0\",le=\"1e-05\"} 1\n"                           \
	"test_delay_seconds_bucket{interface=\"eth0\",le=\"0.00025\"} 1\n"                         \
	"test_delay_seconds_bucket{interface=\"eth0\",le=\"0.5\"} 4\n"                             \
	"test_delay_seconds_bucket{interface=\"eth0\",le=\"1.0\"} 8\n"                             \
	"test_delay_seconds_bucket{interface=\"eth0\",le=\"10.0\"} 8\n"                            \
	"test_delay_seconds_bucket{interface=\"eth0\",le=\"+Inf\"} 13\n"                           \
	"test_delay_seconds_sum{interface=\"eth0\"} 33.5\n"                                        \
	"test_delay_seconds_count{interface=\"eth0\"} 13\n"
#define EMPTY_SERIES                                                                               \
	"test_empty_bucket{le=\"+Inf\"} 0\n"                                                       \
	"test_empty_sum 0\n"                                                                       \
	"test_empty_count 0\n"

static void histogram(void **state)
{
	struct metric_labels labels = {{"eth0"}};

	(void)state;
	open_page(METRICS_TEXT);
	metrics_write_table(&writer, histograms, &labels);
	assert_page("# HELP test_delay_seconds How long it took.\n"
		    "# TYPE test_delay_seconds histogram\n" DELAYS_SERIES
		    "# HELP test_empty Nothing was observed.\n"
		    "# TYPE test_empty histogram\n" EMPTY_SERIES);
	open_page(METRICS_OPENMETRICS);
	metrics_write_table(&writer, histograms, &labels);
	assert_page("# HELP test_delay_seconds How long it took.\n"
		    "# TYPE test_delay_seconds histogram\n"
		    "# UNIT test_delay_seconds seconds\n" DELAYS_SERIES
		    "# HELP test_empty Nothing was observed.\n"
		    "# TYPE test_empty histogram\n" EMPTY_SERIES "# EOF\n");
}

/* --- which format --- */

static void accepted(void **state)
{
	static const struct {
		const char *accept;
		enum metrics_format format;
	} rows[] = {
		{"", METRICS_TEXT},
		{"*/*", METRICS_TEXT}, /* curl, */
		{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", METRICS_TEXT},
		/* Prometheus 2.5, 2.42, 2.49 and 3.0, as it asks by itself, */
		{"application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,"
		 "*/*;q=0.1",
		 METRICS_TEXT},
		{"application/openmetrics-text;version=1.0.0,application/openmetrics-text;"
		 "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		 METRICS_OPENMETRICS},
		{"application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;"
		 "version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
		 METRICS_OPENMETRICS},
		{"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
		 "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;"
		 "escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
		 METRICS_OPENMETRICS},
		/* for native histograms, and for the text format only. */
		{"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
		 "encoding=delimited;q=0.5,application/openmetrics-text;version=1.0.0;q=0.4,"
		 "application/openmetrics-text;version=0.0.1;q=0.3,text/plain;version=0.0.4;q=0.2,"
		 "*/*;q=0.1",
		 METRICS_OPENMETRICS},
		{"text/plain;version=0.0.4;q=0.3,*/*;q=0.2", METRICS_TEXT},
		/* Qualities decide, not the order. */
		{"text/plain;q=0.5,application/openmetrics-text;q=0.6", METRICS_OPENMETRICS},
		{"application/openmetrics-text;q=0.5,text/plain;q=0.6", METRICS_TEXT},
		{"application/openmetrics-text,text/plain", METRICS_OPENMETRICS},
		{"text/plain,application/openmetrics-text", METRICS_OPENMETRICS},
		{"application/openmetrics-text;q=0.5,text/plain", METRICS_TEXT},
		{"application/openmetrics-text;q=0.5,*/*", METRICS_TEXT},
		{"application/openmetrics-text;q=0.5,text/*;q=0.6,*/*;q=0.1", METRICS_TEXT},
		/* The closest range is the text format's, wherever it stands. */
		{"application/openmetrics-text;q=0.5,*/*,text/plain;q=0.1", METRICS_OPENMETRICS},
		{"application/openmetrics-text;q=0.5,text/plain;q=0.1,text/*,*/*",
		 METRICS_OPENMETRICS},
		{"application/openmetrics-text;q=0.5,text/plain;q=0.1,text/plain;q=0.7",
		 METRICS_TEXT},
		{"application/openmetrics-text;q=0.5,text/plain;version=1.0.0",
		 METRICS_OPENMETRICS},
		/* Only who names it gets OpenMetrics. */
		{"application/*", METRICS_TEXT},
		{"application/*;q=0.9,text/plain;q=0.1", METRICS_TEXT},
		{"application/openmetrics-text;q=0", METRICS_TEXT},
		{"application/openmetrics-text;q=0.000,*/*;q=0", METRICS_TEXT},
		{"application/openmetrics-text;version=2.0.0", METRICS_TEXT},
		{"application/openmetrics-texts", METRICS_TEXT},
		/* White space, case, quotes. */
		{" Application/OpenMetrics-Text ; Version=\"1.0.0\" ; Q=0.5 , text/plain; q=0.4",
		 METRICS_OPENMETRICS},
		{"application/openmetrics-text;charset=utf-8", METRICS_OPENMETRICS},
		/* What is no header. */
		{",;,,;;q=,=", METRICS_TEXT},
		{"application/openmetrics-text;q=2", METRICS_TEXT},
		{"application/openmetrics-text;q=-1", METRICS_TEXT},
		{"application/openmetrics-text;q=nan", METRICS_TEXT},
		{"application/openmetrics-text;q=1x", METRICS_TEXT},
		{"nothing,application/openmetrics-text", METRICS_OPENMETRICS},
	};
	char longest[1000] = "application/openmetrics-text;";

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (metrics_negotiate(rows[i].accept) != rows[i].format)
			fail_msg("not the right format for '%s'", rows[i].accept);
	memset(longest + strlen(longest), 'x', sizeof(longest) - strlen(longest) - 1);
	assert_int_equal(metrics_negotiate(longest), METRICS_TEXT);
	memcpy(longest + sizeof(longest) - 31, ", application/openmetrics-text", 31);
	assert_int_equal(metrics_negotiate(longest), METRICS_OPENMETRICS);
	assert_string_equal(metrics_content_type(METRICS_TEXT),
			    "text/plain; version=0.0.4; charset=utf-8");
	assert_string_equal(metrics_content_type(METRICS_OPENMETRICS),
			    "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

/* --- counters --- */

static size_t count_lines(const char *beginning)
{
	size_t count = 0;

	for (const char *line = page; line && *line; line = strchr(line, '\n') + 1)
		count += strncmp(line, beginning, strlen(beginning)) == 0;
	return count;
}

static void counters(void **state)
{
	static struct counters_origin origins[] = {{.dataplane = "xdp", .interface = "eth0"},
						   {.dataplane = "socket", .interface = "any"}};

	(void)state;
	origins[0].counters.packets[FAMILY_IPV6][VERDICT_SUCCESS] = 5;
	origins[0].counters.packets[FAMILY_IPV4][VERDICT_FRAGMENT] = 6;
	origins[0].counters.bytes[FAMILY_OTHER][DIRECTION_RX] = 7;
	origins[1].counters.bytes[FAMILY_IPV4][DIRECTION_TX] = 8;
	origins[1].counters.packets[COUNTERS_EXTRA][COUNTERS_PRIVATE_CLIENTS] = 9;
	open_page(METRICS_TEXT);
	metrics_counters(&writer, origins, 2);
	close_page();
	assert_int_equal(count_lines("reflex_packets_total{"), 2 * FAMILIES * VERDICTS);
	assert_int_equal(count_lines("reflex_bytes_total{"), 2 * FAMILIES * DIRECTIONS);
	assert_int_equal(count_lines("reflex_private_clients_total{"), 2);
	assert_string_equal(
		find("reflex_packets_total{dataplane=\"xdp\",interface=\"eth0\",family=\"ipv6\","
		     "verdict=\"success\",action=\"answer\"}"),
		"5");
	assert_string_equal(
		find("reflex_packets_total{dataplane=\"xdp\",interface=\"eth0\",family=\"ipv4\","
		     "verdict=\"fragment\",action=\"handoff\"}"),
		"6");
	assert_string_equal(
		find("reflex_packets_total{dataplane=\"socket\",interface=\"any\",family=\"ipv4\","
		     "verdict=\"fragment\",action=\"handoff\"}"),
		"0");
	assert_string_equal(find("reflex_bytes_total{dataplane=\"xdp\",interface=\"eth0\","
				 "family=\"other\",direction=\"rx\"}"),
			    "7");
	assert_string_equal(find("reflex_bytes_total{dataplane=\"socket\",interface=\"any\","
				 "family=\"ipv4\",direction=\"tx\"}"),
			    "8");
	assert_string_equal(
		find("reflex_private_clients_total{dataplane=\"socket\",interface=\"any\"}"), "9");
}

/* --- the process --- */

static void read_process(void)
{
	open_page(METRICS_TEXT);
	metrics_process(&writer);
	close_page();
}

static void process(void **state)
{
	double now = (double)time(NULL), open_files = 0, cpu, start;
	int fds[4];

	(void)state;
	read_process();
	start = number("process_start_time_seconds");
	assert_true(start <= now + 1 && start > now - 600);
	assert_true(number("process_resident_memory_bytes") > 100000);
	assert_true(number("process_virtual_memory_bytes") >
		    number("process_resident_memory_bytes"));
	cpu = number("process_cpu_seconds_total");
	assert_true(cpu >= 0 && cpu < 600);

	for (int fd = 0; fd < 1024; fd++)
		open_files += fcntl(fd, F_GETFD) >= 0;
	assert_true(number("process_open_fds") == open_files);
	for (int i = 0; i < 4; i++)
		assert_true((fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0);
	while (clock() < (cpu + 0.1) * CLOCKS_PER_SEC)
		;
	read_process();
	assert_true(number("process_open_fds") == open_files + 4);
	assert_true(number("process_cpu_seconds_total") >= cpu + 0.05);
	assert_true(number("process_start_time_seconds") == start);
	for (int i = 0; i < 4; i++)
		close(fds[i]);
}

/* As where there is no /proc. The page goes on. */
static void no_file_left(void **state)
{
	struct rlimit before, none;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	read_process();
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_null(find("process_open_fds"));
	assert_null(find("process_virtual_memory_bytes"));
	assert_null(find("process_resident_memory_bytes"));
	assert_null(find("process_start_time_seconds"));
	assert_non_null(find("process_cpu_seconds_total"));
	assert_string_equal(find("process_max_fds"), "0");
	assert_non_null(find("process_virtual_memory_max_bytes"));
	assert_int_equal(count_lines("# TYPE process_"), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text),		cmocka_unit_test(openmetrics),
		cmocka_unit_test(histogram),	cmocka_unit_test(accepted),
		cmocka_unit_test(counters),	cmocka_unit_test(process),
		cmocka_unit_test(no_file_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
