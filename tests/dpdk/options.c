// SPDX-License-Identifier: BSD-2-Clause
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/ether.h>
#include <stdlib.h>
#include <string.h>

static int read_number(const char *text, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 0);
	return errno || !isdigit((unsigned char)*text) || *end ? -EINVAL : 0;
}

static int read_mac(const char *text, uint8_t mac[6])
{
	struct ether_addr address;

	if (!ether_aton_r(text, &address))
		return -EINVAL;
	memcpy(mac, &address, sizeof(address));
	return 0;
}

static int set(struct options *options, int option, uint64_t number)
{
	if (option == 'g')
		options->corpus.generated = number;
	else if (option == 's')
		options->corpus.seed = number;
	else if (number > MIN_FRAME_MAX)
		return -EINVAL;
	else
		options->min_frame = number;
	return 0;
}

static int parse_option(struct options *options, int option)
{
	uint64_t number;

	switch (option) {
	case 'S':
		options->sent = optarg;
		return 0;
	case 'C':
		options->came = optarg;
		return 0;
	case 'M':
		return read_mac(optarg, options->corpus.mac);
	case 't':
		options->corpus.without_truncations = true;
		return 0;
	case 'a':
		options->corpus.af_packet = true;
		return 0;
	case '?':
		return -EINVAL;
	default:
		return read_number(optarg, &number) || set(options, option, number) ? -EINVAL : 0;
	}
}

int options_parse(struct options *options, int argc, char **argv)
{
	static const struct option names[] = {
		{"generated", required_argument, NULL, 'g'},
		{"seed", required_argument, NULL, 's'},
		{"mac", required_argument, NULL, 'M'},
		{"min-frame", required_argument, NULL, 'm'},
		{"without-truncations", no_argument, NULL, 't'},
		{"af-packet", no_argument, NULL, 'a'},
		{"sent", required_argument, NULL, 'S'},
		{"came", required_argument, NULL, 'C'},
		{0},
	};
	uint64_t which;
	int option;

	memset(options, 0, sizeof(*options));
	optind = 0; /* the libraries of others may have read theirs already */
	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1)
		if (parse_option(options, option))
			return -EINVAL;
	if (optind >= argc || read_number(argv[optind], &which) || which >= CASES_CONFIGS)
		return -EINVAL;
	options->corpus.which = (enum cases_config)which;
	options->count = argc - optind - 1;
	options->rest = argv + optind + 1;
	return 0;
}
