// SPDX-License-Identifier: BSD-2-Clause
/*
 * Traffic for a running reflexd, from the client's end of a veth pair: what must come back comes
 * back, nothing else does, and what the daemon must have counted is written down for ../live.sh to
 * compare.
 */
#include "live.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "oracle/cases.h"

static const struct part {
	const char *name;
	int (*run)(const struct live_options *options);
} parts[] = {
	{"frames", frames_run},	  {"bursts", bursts_run},   {"silence", silence_run},
	{"sockets", sockets_run}, {"cramped", cramped_run}, {"handed", handed_run},
};

/* The services that the frames ask, for the daemon's configuration. */
static int print_services(void)
{
	const struct oracle_config *config = cases_config(CASES_DEFAULT);

	for (size_t i = 0; i < config->services_count; i++) {
		const struct oracle_service *service = &config->services[i];
		char text[INET6_ADDRSTRLEN];

		inet_ntop(service->family == 4 ? AF_INET : AF_INET6, service->address, text,
			  sizeof(text));
		printf("%s %u\n", text, service->port);
	}
	return 0;
}

static int usage(void)
{
	fprintf(stderr, "usage: live frames|bursts|silence|sockets|cramped|handed --interface IF\n"
			"            --counted IF --expect FILE [--count N] [--seed N]\n"
			"            [--server IF --client NETNS --program PIN]\n"
			"       live services\n");
	return 2;
}

static int parse(struct live_options *options, int argc, char **argv)
{
	static const struct option names[] = {
		{"interface", required_argument, NULL, 'i'},
		{"counted", required_argument, NULL, 'c'},
		{"expect", required_argument, NULL, 'e'},
		{"count", required_argument, NULL, 'n'},
		{"seed", required_argument, NULL, 's'},
		{"server", required_argument, NULL, 'S'},
		{"client", required_argument, NULL, 'C'},
		{"program", required_argument, NULL, 'P'},
		{0},
	};
	const char **const texts[] = {
		['i'] = &options->interface, ['c'] = &options->counted, ['e'] = &options->expect,
		['S'] = &options->server,    ['C'] = &options->client,	['P'] = &options->program,
	};
	int option;

	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (option == '?')
			return -1;
		if (option == 'n')
			options->count = strtoul(optarg, NULL, 0);
		else if (option == 's')
			options->seed = strtoull(optarg, NULL, 0);
		else
			*texts[option] = optarg;
	}
	return optind == argc - 1 && options->interface && options->counted && options->expect ? 0
											       : -1;
}

int main(int argc, char **argv)
{
	struct live_options options = {.seed = (uint64_t)time(NULL)};

	if (argc == 2 && !strcmp(argv[1], "services"))
		return print_services();
	if (parse(&options, argc, argv))
		return usage();
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!strcmp(argv[optind], parts[i].name))
			return parts[i].run(&options);
	return usage();
}
