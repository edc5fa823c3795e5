// SPDX-License-Identifier: BSD-2-Clause
#include "reflexd_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "config_values.h"
#include "endpoint.h"
#include "instance.h"
#include "log.h"

static const char help[] =
	"usage: reflexd --interface IF... [OPTION]...\n"
	"       reflexd --dataplane socket [OPTION]...\n"
	"       reflexd --dataplane dpdk --address IP... [OPTION]...\n"
	"       reflexd --config FILE [--instance NAME] [--check]\n"
	"\n"
	"Answers STUN Binding requests in the kernel, by an XDP program on the interfaces, or by "
	"sockets;\n"
	"or watches reflex-dpdk(8), which does.\n"
	"\n"
	"  --dataplane WORD      auto (xdp, else socket), xdp, socket, which needs no interface, "
	"or "
	"dpdk\n"
	"  --interface IF        answer on this interface; may be repeated\n"
	"  --address IP          answer on this address instead of the interfaces' own; may be "
	"repeated\n"
	"  --port N              answer on this port, UDP and TCP (default 3478); may be "
	"repeated\n"
	"  --metrics HOST:PORT   serve /metrics, /healthz and /readyz there (default "
	"127.0.0.1:9478)\n"
	"  --config FILE         read the configuration from a YAML file instead\n"
	"  --check               only say whether the configuration is valid\n"
	"  --instance NAME       run beside other instances (default: default)\n"
	"  -h, --help, --version\n"
	"\n"
	"SIGHUP reloads the file, SIGTERM stops. See reflexd(8).\n";

enum {
	OPTION_DATAPLANE = 256,
	OPTION_INTERFACE,
	OPTION_ADDRESS,
	OPTION_PORT,
	OPTION_METRICS,
	OPTION_CONFIG,
	OPTION_CHECK,
	OPTION_INSTANCE,
	OPTION_VERSION,
	OPTION_HELP = 'h',
};

static const struct option long_options[] = {
	{"dataplane", required_argument, NULL, OPTION_DATAPLANE},
	{"interface", required_argument, NULL, OPTION_INTERFACE},
	{"address", required_argument, NULL, OPTION_ADDRESS},
	{"port", required_argument, NULL, OPTION_PORT},
	{"metrics", required_argument, NULL, OPTION_METRICS},
	{"config", required_argument, NULL, OPTION_CONFIG},
	{"check", no_argument, NULL, OPTION_CHECK},
	{"instance", required_argument, NULL, OPTION_INSTANCE},
	{"help", no_argument, NULL, OPTION_HELP},
	{"version", no_argument, NULL, OPTION_VERSION},
	{NULL, 0, NULL, 0},
};

/* What --address and --port name, before they are joined. */
struct lists {
	struct config_service addresses[POLICY_SERVICES_MAX];
	size_t addresses_count;
	uint16_t ports[POLICY_SERVICES_MAX];
	size_t ports_count;
};

static int too_many(struct error *error, const char *what, size_t max)
{
	return error_set(error, -EINVAL, "more than %zu %s", max, what);
}

static int named_twice(struct error *error, const char *text)
{
	return error_set(error, -EINVAL, "%s is named twice: leave one out", text);
}

static int add_interface(struct config *config, const char *text, struct error *error)
{
	struct config_interface *interface = &config->interfaces[config->interfaces_count];

	if (config->interfaces_count == CONFIG_INTERFACES_MAX)
		return too_many(error, "interfaces", CONFIG_INTERFACES_MAX);
	if (config_read_interface(interface->name, text, error) < 0)
		return -EINVAL;
	for (size_t i = 0; i < config->interfaces_count; i++)
		if (strcmp(interface->name, config->interfaces[i].name) == 0)
			return named_twice(error, text);
	config->interfaces_count++;
	return 0;
}

static int add_address(struct lists *lists, const char *text, struct error *error)
{
	struct config_service *service = &lists->addresses[lists->addresses_count];

	if (lists->addresses_count == POLICY_SERVICES_MAX)
		return too_many(error, "addresses", POLICY_SERVICES_MAX);
	if (config_read_link_address(service, text, error) < 0)
		return -EINVAL;
	for (size_t i = 0; i < lists->addresses_count; i++)
		if (endpoint_same_address(&service->service, &lists->addresses[i].service) &&
		    strcmp(service->link, lists->addresses[i].link) == 0)
			return named_twice(error, text);
	lists->addresses_count++;
	return 0;
}

static int add_port(struct lists *lists, const char *text, struct error *error)
{
	if (lists->ports_count == POLICY_SERVICES_MAX)
		return too_many(error, "ports", POLICY_SERVICES_MAX);
	if (config_read_port(&lists->ports[lists->ports_count], text, error) < 0)
		return -EINVAL;
	for (size_t i = 0; i < lists->ports_count; i++)
		if (lists->ports[lists->ports_count] == lists->ports[i])
			return named_twice(error, text);
	lists->ports_count++;
	return 0;
}

/* Every address with every port; without addresses the interfaces' own, without ports the usual
 * one. */
static int join(struct config *config, struct lists *lists, struct error *error)
{
	const struct config_service own = {.service = {.family = FAMILY_OTHER}};

	if (lists->addresses_count == 0)
		lists->addresses[lists->addresses_count++] = own;
	if (lists->ports_count == 0)
		lists->ports[lists->ports_count++] = CONFIG_PORT_DEFAULT;
	if (lists->addresses_count * lists->ports_count > POLICY_SERVICES_MAX)
		return too_many(error, "services (every address with every port)",
				POLICY_SERVICES_MAX);

	for (size_t i = 0; i < lists->addresses_count; i++)
		for (size_t j = 0; j < lists->ports_count; j++) {
			struct config_service *service =
				&config->services[config->services_count++];

			*service = lists->addresses[i];
			service->service.port = lists->ports[j];
		}
	return 0;
}

static enum options_result print_version(void)
{
	printf("reflexd %s\n", REFLEX_VERSION);
	return OPTIONS_DONE;
}

static enum options_result print_help(void)
{
	fputs(help, stdout);
	return OPTIONS_DONE;
}

/* One option that has a place in the file too. */
static int set_option(struct config *config, struct lists *lists, int option, const char *text,
		      struct error *error)
{
	switch (option) {
	case OPTION_DATAPLANE:
		return config_read_dataplane(&config->dataplane, text, error);
	case OPTION_INTERFACE:
		return add_interface(config, text, error);
	case OPTION_ADDRESS:
		return add_address(lists, text, error);
	case OPTION_PORT:
		return add_port(lists, text, error);
	default:
		return config_read_listen(&config->metrics, text, error);
	}
}

/* Sets *without_file to the last option seen that a file excludes. */
static enum options_result read_options(struct reflexd_options *options, struct config *config,
					struct lists *lists, const char **without_file, int argc,
					char **argv, struct error *error)
{
	struct error reason;
	int option, index = 0;

	while ((option = getopt_long(argc, argv, ":h", long_options, &index)) != -1) {
		switch (option) {
		case OPTION_CONFIG:
			options->file = optarg;
			break;
		case OPTION_CHECK:
			options->check = true;
			break;
		case OPTION_INSTANCE:
			options->instance = optarg;
			break;
		case OPTION_HELP:
			return print_help();
		case OPTION_VERSION:
			return print_version();
		case ':':
		case '?':
			return options_refuse(option, argv, "see reflexd --help", error);
		default:
			*without_file = long_options[index].name;
			if (set_option(config, lists, option, optarg, &reason) == 0)
				break;
			error_say(error, "--%s: %s", *without_file, reason.text);
			return OPTIONS_WRONG;
		}
	}
	return OPTIONS_RUN;
}

static enum options_result check_options(const struct reflexd_options *options,
					 const struct config *config, const char *without_file,
					 int argc, char **argv, struct error *error)
{
	if (optind < argc)
		error_say(error, "'%s' is not an option: see reflexd --help", argv[optind]);
	else if (options->file && without_file)
		error_say(error, "--config and --%s exclude each other: the file says it all",
			  without_file);
	else if (instance_check(options->instance, error) < 0)
		return OPTIONS_WRONG;
	else if (!options->file && config->interfaces_count == 0 &&
		 (config->dataplane == CONFIG_DATAPLANE_AUTO ||
		  config->dataplane == CONFIG_DATAPLANE_XDP))
		error_say(error, "nothing to do: name an --interface or a --config file, or set "
				 "--dataplane socket");
	else
		return OPTIONS_RUN;
	return OPTIONS_WRONG;
}

enum options_result reflexd_options_parse(struct reflexd_options *options, struct config *config,
					  int argc, char **argv, struct error *error)
{
	static struct lists lists;
	const char *without_file = NULL;
	enum options_result r;

	*options = (struct reflexd_options){.instance = INSTANCE_DEFAULT};
	config_defaults(config);
	r = read_options(options, config, &lists, &without_file, argc, argv, error);
	if (r == OPTIONS_RUN)
		r = check_options(options, config, without_file, argc, argv, error);
	if (r != OPTIONS_RUN)
		return r;

	if (options->file)
		return config_load(config, options->file, CONFIG_DATAPLANE_AUTO, error) < 0
			       ? OPTIONS_WRONG
			       : OPTIONS_RUN;
	if (join(config, &lists, error) < 0 || config_finish(config, "options", error) < 0)
		return OPTIONS_WRONG;
	return OPTIONS_RUN;
}
