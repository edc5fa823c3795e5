// SPDX-License-Identifier: BSD-2-Clause
/*
 * What reflex-dpdk must do with every frame that the oracle's cases, seeds and generator have:
 * their configurations, the frames, and the judgement of what came back and what was counted.
 */
#include <stdio.h>
#include <string.h>

#include "judge.h"
#include "options.h"
#include "sockets.h"
#include "yaml.h"

static int configs(void)
{
	printf("%d\n", CASES_CONFIGS);
	for (int which = 0; which < CASES_CONFIGS; which++)
		printf("%d %s\n", which, cases_config_name((enum cases_config)which));
	return 0;
}

static int yaml(const struct options *options)
{
	yaml_write(stdout, cases_config(options->corpus.which));
	for (int i = 0; i < options->count; i++)
		printf("%s\n", options->rest[i]);
	return 0;
}

static int frames(const struct options *options)
{
	struct capture capture = {0};
	int r;

	if (options->count != 1)
		return 2;
	corpus_make(&options->corpus, &capture);
	r = capture_write(&capture, options->rest[0]);
	if (!r)
		printf("%zu\n", capture.count);
	capture_free(&capture);
	return r ? 1 : 0;
}

static int judge(const struct options *options)
{
	struct capture sent = {0}, came = {0};
	bool replies, counters;
	int bad = 0;

	if (options->count != 3 && options->count != 4)
		return 2;
	replies = strcmp(options->rest[1], "-") != 0;
	counters = strcmp(options->rest[2], "-") != 0;
	if (capture_read(&sent, options->rest[0]) ||
	    (replies && capture_read(&came, options->rest[1]))) {
		printf("fail captures cannot be read\n");
		bad = 1;
	} else {
		if (replies)
			bad = judge_replies(&options->corpus, &sent, &came);
		if (counters)
			bad |= judge_counters(&options->corpus, &sent, options->rest[2],
					      options->count == 4 ? options->rest[3] : NULL);
	}
	capture_free(&sent);
	capture_free(&came);
	return bad;
}

static int wire(const struct options *options)
{
	struct wire *wire;
	int bad;

	if (options->count != 1)
		return 2;
	wire = sockets_open(options->rest[0]);
	if (!wire)
		return 1;
	bad = wire_run(wire, options);
	sockets_close(wire);
	return bad;
}

static const struct command {
	const char *name;
	int (*run)(const struct options *options); /* returns the exit status */
} commands[] = {{"yaml", yaml}, {"frames", frames}, {"judge", judge}, {"wire", wire}};

static int usage(void)
{
	fprintf(stderr,
		"usage: corpus configs\n"
		"       corpus yaml N [LINE...]\n"
		"       corpus frames N FILE.pcap " OPTIONS_FRAMES "\n"
		"       corpus judge N IN.pcap OUT.pcap|- METRICS|- [METRICS-BEFORE] [--mac MAC]\n"
		"            [--af-packet]\n"
		"       corpus wire N unix:LOCAL:REMOTE|packet:INTERFACE\n"
		"            " OPTIONS_WIRE "\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct options options;
	int status = 2;

	if (argc == 2 && !strcmp(argv[1], "configs"))
		return configs();
	if (argc < 3 || options_parse(&options, argc - 1, argv + 1))
		return usage();
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name))
			status = commands[i].run(&options);
	return status == 2 ? usage() : status;
}
