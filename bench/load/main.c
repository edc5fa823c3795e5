// SPDX-License-Identifier: BSD-2-Clause
/* reflex-load: loads a STUN server, and checks every reply. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "capacity.h"
#include "load_options.h"
#include "report.h"
#include "target.h"

enum {
	EXIT_BAD = 1, /* answers are lost or wrong */
	EXIT_USAGE = 2,
	EXIT_CANNOT = 3,
};

static int print_profiles(void)
{
	uint8_t message[PROFILE_MESSAGE_MAX];

	printf("%-12s %5s  %-14s  %s\n", "profile", "bytes", "answer", "sent by");
	for (size_t i = 0; i < profile_count(); i++)
		printf("%-12s %5zu  %-14s  %s%s\n", profiles[i].name,
		       profile_message(message, &profiles[i]),
		       profile_answer_name(profiles[i].answer), profiles[i].sender,
		       profiles[i].twist == PROFILE_PLAIN ? "" : " (whole frames only)");
	return EXIT_SUCCESS;
}

static int open_signals(struct error *error)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		error_say(error, "no signalfd: %s", strerror(errno));
	return fd < 0 ? -errno : fd;
}

static int open_engine(struct load_run *run, const struct load_settings *settings,
		       struct error *error)
{
	if (settings->mode == MODE_SOCKET)
		return load_sockets_open(&run->engine, settings, error);
	return load_afxdp_open(&run->engine, settings, &run->key, error);
}

static int open_run(struct load_run *run, const struct load_settings *settings, struct error *error)
{
	int r = target_check(settings, error);

	if (r < 0)
		return r;
	if (getrandom(&run->key, sizeof(run->key), 0) != sizeof(run->key))
		return error_set(error, -EIO, "no random numbers: %s", strerror(errno));
	run->key.multiply |= 1;
	run->settings = settings;
	run->signals = open_signals(error);
	if (run->signals < 0)
		return run->signals;
	prctl(PR_SET_TIMERSLACK, 1); /* sleeps end on time */
	return open_engine(run, settings, error);
}

static int load(struct load_run *run, const struct load_settings *settings, struct error *error)
{
	static struct load_run_result result;
	int r = run_perform(run, &result, error);

	if (r < 0)
		return r;
	if (settings->json)
		r = report_print_json(report_json(settings, run->engine, &result));
	else
		report_print(settings, run->engine, &result);
	if (r < 0)
		error_say(error, "no memory");
	return r < 0 ? r : report_failed(settings, &result);
}

int main(int argc, char **argv)
{
	static struct load_settings settings;
	struct error error = {""};
	struct load_run run = {.signals = -1};
	int r;

	switch (load_options_parse(&settings, argc, argv, &error)) {
	case OPTIONS_DONE:
		return EXIT_SUCCESS;
	case OPTIONS_WRONG:
		fprintf(stderr, "reflex-load: %s\n", error.text);
		return EXIT_USAGE;
	case OPTIONS_RUN:
		break;
	}
	if (settings.command == COMMAND_PROFILES)
		return print_profiles();
	r = open_run(&run, &settings, &error);
	if (r >= 0 && settings.command == COMMAND_CAPACITY)
		r = capacity_search(&run, &settings, &error);
	else if (r >= 0)
		r = load(&run, &settings, &error);
	if (run.engine)
		run.engine->kind->close(run.engine);
	if (run.signals >= 0)
		close(run.signals);
	if (r < 0)
		fprintf(stderr, "reflex-load: %s\n", error.text);
	return r < 0 ? EXIT_CANNOT : r > 0 ? EXIT_BAD : EXIT_SUCCESS;
}
