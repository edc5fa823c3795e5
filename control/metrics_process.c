// SPDX-License-Identifier: BSD-2-Clause
#include "metrics_process.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

struct process {
	bool known; /* /proc/self/stat could be read, and so the following: */
	uint64_t virtual_bytes;
	uint64_t resident_bytes;
	unsigned long long started; /* in clock ticks since the machine started */
};

static struct process read_process(void)
{
	/* What follows the name of the program, from its state on. */
	static const char fields[] = ") %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
				     "%*s %*s %*s %*s %*s %llu %llu %llu";
	int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	unsigned long long size, pages;
	struct process process = {0};
	char text[1024];
	const char *name_end;
	ssize_t length;

	if (fd < 0)
		return process;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[length < 0 ? 0 : length] = '\0';
	name_end = strrchr(text, ')'); /* the name may hold anything */
	if (!name_end || sscanf(name_end, fields, &process.started, &size, &pages) != 3)
		return process;
	process.known = true;
	process.virtual_bytes = size;
	process.resident_bytes = pages * (uint64_t)sysconf(_SC_PAGESIZE);
	return process;
}

static double seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void collect_cpu(const struct metrics_writer *writer, void *context)
{
	struct rusage usage;

	(void)context;
	if (getrusage(RUSAGE_SELF, &usage) == 0)
		metric_real(writer, seconds(usage.ru_utime) + seconds(usage.ru_stime), NULL);
}

static void collect_open_files(const struct metrics_writer *writer, void *context)
{
	DIR *folder = opendir("/proc/self/fd");
	uint64_t count = 0;

	(void)context;
	if (!folder)
		return;
	while (readdir(folder))
		count++;
	closedir(folder);
	if (count > 3) /* `.`, `..` and the folder itself */
		metric_value(writer, count - 3, NULL);
}

static void write_limit(const struct metrics_writer *writer, int resource)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) == 0)
		metric_value(writer, limit.rlim_cur, NULL);
}

static void collect_files_limit(const struct metrics_writer *writer, void *context)
{
	(void)context;
	write_limit(writer, RLIMIT_NOFILE);
}

static void collect_memory_limit(const struct metrics_writer *writer, void *context)
{
	(void)context;
	write_limit(writer, RLIMIT_AS);
}

static void collect_memory(const struct metrics_writer *writer, void *context)
{
	if (((const struct process *)context)->known)
		metric_collect_field(writer, context);
}

static int64_t hundredths(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 100 + now.tv_nsec / 10000000;
}

/* Computed once: a clock that is set later must not look like a restart. */
static void collect_start(const struct metrics_writer *writer, void *context)
{
	static int64_t start;
	const struct process *process = context;

	if (!process->known)
		return;
	if (!start)
		start = hundredths(CLOCK_REALTIME) - hundredths(CLOCK_BOOTTIME) +
			(int64_t)process->started * 100 / sysconf(_SC_CLK_TCK);
	metric_real(writer, (double)start / 100, NULL);
}

static const struct metric process_metrics[] = {
	{
		.name = "process_cpu_seconds_total",
		.type = METRIC_COUNTER,
		.help = "Total user and system CPU time spent in seconds.",
		.collect = collect_cpu,
	},
	{
		.name = "process_open_fds",
		.type = METRIC_GAUGE,
		.help = "Number of open file descriptors.",
		.collect = collect_open_files,
	},
	{
		.name = "process_max_fds",
		.type = METRIC_GAUGE,
		.help = "Maximum number of open file descriptors.",
		.collect = collect_files_limit,
	},
	{
		.name = "process_virtual_memory_bytes",
		.type = METRIC_GAUGE,
		.help = "Virtual memory size in bytes.",
		.collect = collect_memory,
		.offset = offsetof(struct process, virtual_bytes),
	},
	{
		.name = "process_virtual_memory_max_bytes",
		.type = METRIC_GAUGE,
		.help = "Maximum amount of virtual memory available in bytes.",
		.collect = collect_memory_limit,
	},
	{
		.name = "process_resident_memory_bytes",
		.type = METRIC_GAUGE,
		.help = "Resident memory size in bytes.",
		.collect = collect_memory,
		.offset = offsetof(struct process, resident_bytes),
	},
	{
		.name = "process_start_time_seconds",
		.type = METRIC_GAUGE,
		.help = "Start time of the process since unix epoch in seconds.",
		.collect = collect_start,
	},
	{.name = NULL},
};

void metrics_process(struct metrics_writer *writer)
{
	struct process process = read_process();

	metrics_write_table(writer, process_metrics, &process);
}
