// SPDX-License-Identifier: BSD-2-Clause
#include "dpdk_guard.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "instance.h"
#include "log.h"

static const struct segment_writer *guarded;
static char guarded_path[INSTANCE_PATH_MAX];

_Noreturn static void give_up(void)
{
	log_error("%s was truncated while counters were in it: start reflex-dpdk again; it makes a "
		  "new one, and counters begin anew",
		  guarded_path);
	_exit(EXIT_FAILURE);
}

static void on_bus(int number, siginfo_t *info, void *context)
{
	const char *address = info->si_addr, *begin = (const char *)guarded->segment;

	(void)context;
	if (begin && address >= begin && address < begin + sizeof(struct segment))
		give_up();
	signal(number, SIG_DFL); /* another fault: it is raised again */
}

void dpdk_guard_open(const struct segment_writer *writer, const char *path)
{
	const struct sigaction action = {.sa_sigaction = on_bus, .sa_flags = SA_SIGINFO};

	guarded = writer;
	snprintf(guarded_path, sizeof(guarded_path), "%s", path);
	sigaction(SIGBUS, &action, NULL);
}

void dpdk_guard_check(void)
{
	struct stat st;

	if (fstat(guarded->fd, &st) == 0 && st.st_size < (off_t)sizeof(struct segment))
		give_up();
}
