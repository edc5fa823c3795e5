// SPDX-License-Identifier: BSD-2-Clause
#include "dpdk_options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "instance.h"

static const char help[] =
	"usage: reflex-dpdk EAL-OPTIONS -- --config FILE [--instance NAME]\n"
	"       reflex-dpdk --config FILE --check\n"
	"\n"
	"Answers STUN Binding requests on all ports that the EAL options name, with a worker on\n"
	"each lcore.\n"
	"\n"
	"  --config FILE     read the configuration from a YAML file, the same as reflexd's\n"
	"  --instance NAME   run beside other instances (default: default)\n"
	"  --check           only say whether the configuration is valid\n"
	"  -h, --help, --version\n"
	"\n"
	"Useful EAL options: -l CORES, -a PCI-ADDRESS, --no-pci --vdev NAME,ARGUMENTS,\n"
	"--no-huge -m MIB, --file-prefix NAME (a name of its own for each process).\n"
	"SIGHUP reloads the file, SIGTERM stops. See reflex-dpdk(8).\n";

enum { OPTION_CONFIG = 256, OPTION_INSTANCE, OPTION_CHECK, OPTION_VERSION, OPTION_HELP = 'h' };

static const struct option long_options[] = {
	{"config", required_argument, NULL, OPTION_CONFIG},
	{"instance", required_argument, NULL, OPTION_INSTANCE},
	{"check", no_argument, NULL, OPTION_CHECK},
	{"help", no_argument, NULL, OPTION_HELP},
	{"version", no_argument, NULL, OPTION_VERSION},
	{NULL, 0, NULL, 0},
};

/* Where ours begin: at "--", whose place is that of a program's name. Without it all are ours. */
static int split(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--") == 0)
			return i;
	return 0;
}

static enum options_result check(const struct dpdk_options *options, int argc, char **argv,
				 struct error *error)
{
	if (optind < argc)
		error_say(error, "'%s' is not an option: see reflex-dpdk --help", argv[optind]);
	else if (!options->file)
		error_say(error, "no configuration: add `-- --config FILE` after the EAL options");
	else if (instance_check(options->instance, error) == 0)
		return OPTIONS_RUN;
	return OPTIONS_WRONG;
}

enum options_result dpdk_options_parse(struct dpdk_options *options, int argc, char **argv,
				       struct error *error)
{
	int begin = split(argc, argv), option, index = 0;

	*options = (struct dpdk_options){
		.instance = INSTANCE_DEFAULT, .eal_count = begin ? begin : 1, .eal = argv};
	argv += begin;
	argc -= begin;
	while ((option = getopt_long(argc, argv, ":h", long_options, &index)) != -1) {
		switch (option) {
		case OPTION_CONFIG:
			options->file = optarg;
			break;
		case OPTION_INSTANCE:
			options->instance = optarg;
			break;
		case OPTION_CHECK:
			options->check = true;
			break;
		case OPTION_HELP:
			fputs(help, stdout);
			return OPTIONS_DONE;
		case OPTION_VERSION:
			printf("reflex-dpdk %s\n", REFLEX_VERSION);
			return OPTIONS_DONE;
		default:
			return options_refuse(
				option, argv,
				"see reflex-dpdk --help, and put EAL options before `--`", error);
		}
	}
	return check(options, argc, argv, error);
}
