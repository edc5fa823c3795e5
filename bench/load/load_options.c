// SPDX-License-Identifier: BSD-2-Clause
#include "load_options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load_clock.h"

#define PORT_DEFAULT 3478
#define WEIGHT_MAX   10000
#define VLAN_MAX     4094

static const char help[] =
	"usage: reflex-load [OPTION...] ADDRESS[:PORT]\n"
	"       reflex-load capacity [OPTION...] ADDRESS[:PORT]\n"
	"       reflex-load profiles\n"
	"\n"
	"Loads a STUN server with Binding requests, and checks every reply. An IPv6 address with a "
	"port\n"
	"is put in brackets; the port is 3478 by default.\n"
	"\n"
	"  --interface IF        send whole frames there, by AF_XDP; else UDP sockets send\n"
	"  --mode WORD           auto, zerocopy, native, generic, live or socket\n"
	"  --source PREFIX       send from these addresses\n"
	"  --ports FIRST-LAST    and these ports\n"
	"  --profile NAME[=WEIGHT][,...]\n"
	"                        send what these clients do (default: chromium)\n"
	"  --vlan ID[,ID]        with these VLAN tags, the outer one first\n"
	"  --mac MAC             to this next hop\n"
	"  --rate N[k|M]         send N requests a second,\n"
	"  --window N            or keep N waiting for their answers (default: 64),\n"
	"  --flood               or send as fast as possible\n"
	"  --duration SECONDS    for this long (default: 10)\n"
	"  --count N             or N requests\n"
	"  --timeout MS          what takes longer is lost (default: 1000)\n"
	"  --tolerate PERCENT    of lost, wrong and duplicate answers, for the exit status "
	"(default: 0)\n"
	"  --cpu N[,N...]        one thread on each of these CPUs\n"
	"  --json                print one JSON object\n"
	"  --quiet               show no progress\n"
	"  --i-own-this-target   send beyond this machine's own test networks\n"
	"  -h, --help, --version\n"
	"\n"
	"capacity raises the rate until too many answers are lost or late:\n"
	"  --from N, --to N, --step FACTOR   (default: 1k, 10M, 1.5)\n"
	"  --loss PERCENT, --p99 MICROSECONDS   (default: 0.1, 1000)\n"
	"  --duration SECONDS    of each step (default: 2)\n"
	"\n"
	"Status: 0 all as expected, 1 answers lost or wrong, 2 wrong options, 3 it cannot run. See "
	"reflex-load(8).\n";

enum {
	OPTION_INTERFACE = 256,
	OPTION_MODE,
	OPTION_SOURCE,
	OPTION_PORTS,
	OPTION_PROFILE,
	OPTION_VLAN,
	OPTION_MAC,
	OPTION_RATE,
	OPTION_WINDOW,
	OPTION_FLOOD,
	OPTION_DURATION,
	OPTION_COUNT,
	OPTION_TIMEOUT,
	OPTION_TOLERATE,
	OPTION_CPU,
	OPTION_JSON,
	OPTION_QUIET,
	OPTION_OWNED,
	OPTION_VERSION,
	OPTION_CAPACITY, /* those that follow are for capacity only */
	OPTION_FROM = OPTION_CAPACITY,
	OPTION_TO,
	OPTION_STEP,
	OPTION_LOSS,
	OPTION_P99,
	OPTION_HELP = 'h',
};

static const struct option long_options[] = {
	{"interface", required_argument, NULL, OPTION_INTERFACE},
	{"mode", required_argument, NULL, OPTION_MODE},
	{"source", required_argument, NULL, OPTION_SOURCE},
	{"ports", required_argument, NULL, OPTION_PORTS},
	{"profile", required_argument, NULL, OPTION_PROFILE},
	{"vlan", required_argument, NULL, OPTION_VLAN},
	{"mac", required_argument, NULL, OPTION_MAC},
	{"rate", required_argument, NULL, OPTION_RATE},
	{"window", required_argument, NULL, OPTION_WINDOW},
	{"flood", no_argument, NULL, OPTION_FLOOD},
	{"duration", required_argument, NULL, OPTION_DURATION},
	{"count", required_argument, NULL, OPTION_COUNT},
	{"timeout", required_argument, NULL, OPTION_TIMEOUT},
	{"tolerate", required_argument, NULL, OPTION_TOLERATE},
	{"cpu", required_argument, NULL, OPTION_CPU},
	{"json", no_argument, NULL, OPTION_JSON},
	{"quiet", no_argument, NULL, OPTION_QUIET},
	{"i-own-this-target", no_argument, NULL, OPTION_OWNED},
	{"help", no_argument, NULL, OPTION_HELP},
	{"version", no_argument, NULL, OPTION_VERSION},
	{"from", required_argument, NULL, OPTION_FROM},
	{"to", required_argument, NULL, OPTION_TO},
	{"step", required_argument, NULL, OPTION_STEP},
	{"loss", required_argument, NULL, OPTION_LOSS},
	{"p99", required_argument, NULL, OPTION_P99},
	{NULL, 0, NULL, 0},
};

static const char *const modes[] = {
	[MODE_AUTO] = "auto",	    [MODE_ZEROCOPY] = "zerocopy", [MODE_NATIVE] = "native",
	[MODE_GENERIC] = "generic", [MODE_SOCKET] = "socket",	  [MODE_LIVE] = "live",
};

const char *load_mode_name(enum load_mode mode)
{
	return modes[mode];
}

/* --- values --- */

/* Says what is wrong. Return: what the readers below return then. */
static int refuse(struct error *error, const char *text, const char *what)
{
	return error_set(error, -1, "'%s' is not %s", text, what);
}

/* A positive number, which may end in k or M. */
static bool scan_number(double *number, const char *text, double max)
{
	char *end;

	*number = strtod(text, &end);
	if (end != text && *end == 'k')
		*number *= 1e3, end++;
	else if (end != text && *end == 'M')
		*number *= 1e6, end++;
	return end != text && !*end && text[0] >= '0' && text[0] <= '9' && isfinite(*number) &&
	       *number <= max;
}

static int read_positive(double *number, const char *text, double max, struct error *error)
{
	if (scan_number(number, text, max) && *number > 0)
		return 0;
	return refuse(error, text, "a positive number that makes sense here");
}

static int read_whole(uint64_t *whole, const char *text, double max, struct error *error)
{
	double number;

	if (!scan_number(&number, text, max) || number < 1 || number != floor(number))
		return refuse(error, text, "a whole number that makes sense here");
	*whole = (uint64_t)number;
	return 0;
}

static int read_percent(double *percent, const char *text, struct error *error)
{
	if (scan_number(percent, text, 100))
		return 0;
	return refuse(error, text, "a percentage");
}

static int read_mode(struct load_settings *settings, const char *text, struct error *error)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(text, modes[i]) == 0) {
			settings->mode = (enum load_mode)i;
			return 0;
		}
	return refuse(error, text, "a mode: auto, zerocopy, native, generic, live or socket");
}

static int read_source(struct load_settings *settings, const char *text, struct error *error)
{
	if (!address_read_prefix(&settings->source, text))
		return refuse(error, text, "an address or a prefix");
	settings->source_given = true;
	return 0;
}

static int read_ports(struct load_settings *settings, const char *text, struct error *error)
{
	unsigned int first, last;
	char rest;
	int n = sscanf(text, "%5u-%5u%c", &first, &last, &rest);

	if (n == 1 && strspn(text, "0123456789") == strlen(text))
		last = first;
	else if (n != 2)
		return refuse(error, text, "a port or FIRST-LAST");
	if (first == 0 || last < first || last > UINT16_MAX)
		return refuse(error, text, "a range of ports from 1 to 65535");
	settings->port_first = (uint16_t)first;
	settings->port_last = (uint16_t)last;
	settings->ports_given = true;
	return 0;
}

static int read_mac(struct load_settings *settings, const char *text, struct error *error)
{
	unsigned int bytes[6];
	char rest;

	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &bytes[0], &bytes[1], &bytes[2], &bytes[3],
		   &bytes[4], &bytes[5], &rest) != 6)
		return refuse(error, text, "a MAC address");
	for (size_t i = 0; i < 6; i++)
		settings->mac[i] = (uint8_t)bytes[i];
	settings->mac_given = true;
	return 0;
}

/* Calls a reader for each part of a list. */
static int read_list(struct load_settings *settings, const char *text,
		     int (*read)(struct load_settings *settings, char *part, struct error *error),
		     struct error *error)
{
	char *copy = strdup(text), *rest = copy, *part;
	int r = copy ? 0 : -1;

	while (r == 0 && (part = strsep(&rest, ",")))
		r = read(settings, part, error);
	free(copy);
	return r;
}

static int read_profile(struct load_settings *settings, char *part, struct error *error)
{
	struct load_mix *mix = &settings->mix[settings->mix_count];
	char *weight = strchr(part, '=');
	uint64_t number = 1;

	if (weight) {
		*weight++ = '\0';
		if (read_whole(&number, weight, WEIGHT_MAX, error) < 0)
			return -1;
	}
	mix->profile = profile_find(part);
	mix->weight = (unsigned int)number;
	if (!mix->profile)
		return refuse(error, part, "a profile: see reflex-load profiles");
	for (size_t i = 0; i < settings->mix_count; i++)
		if (settings->mix[i].profile == mix->profile)
			return refuse(error, part, "named once only: leave one out");
	settings->mix_count++; /* no more than there are profiles */
	return 0;
}

static int read_vlan(struct load_settings *settings, char *part, struct error *error)
{
	uint64_t number;

	if (settings->tags_count == LOAD_TAGS_MAX)
		return refuse(error, part, "possible: two tags are the most");
	if (read_whole(&number, part, VLAN_MAX, error) < 0)
		return -1;
	settings->tags[settings->tags_count++] = (uint16_t)number;
	return 0;
}

static int read_cpu(struct load_settings *settings, char *part, struct error *error)
{
	double number;
	cpu_set_t set;

	if (settings->cpus_count == LOAD_CPUS_MAX)
		return refuse(error, part, "possible: there are too many");
	sched_getaffinity(0, sizeof(set), &set);
	if (!scan_number(&number, part, CPU_SETSIZE - 1) || number != floor(number) ||
	    !CPU_ISSET((size_t)number, &set))
		return refuse(error, part, "a CPU that this process may use");
	settings->cpus[settings->cpus_count++] = (int)number;
	return 0;
}

static int read_seconds(struct load_settings *settings, const char *text, struct error *error)
{
	return read_positive(&settings->seconds, text, 1e6, error);
}

static int read_timeout(struct load_settings *settings, const char *text, struct error *error)
{
	double milliseconds;

	if (read_positive(&milliseconds, text, 60000, error) < 0)
		return -1;
	settings->timeout = (uint64_t)(milliseconds * CLOCK_MILLISECOND);
	return 0;
}

static int read_window(struct load_settings *settings, const char *text, struct error *error)
{
	uint64_t number;

	if (read_whole(&number, text, 1 << 19, error) < 0)
		return -1;
	settings->window = (unsigned int)number;
	return 0;
}

/* --- the line --- */

static int print_version(void)
{
	printf("reflex-load %s\n", REFLEX_VERSION);
	return OPTIONS_DONE;
}

static int print_help(void)
{
	fputs(help, stdout);
	return OPTIONS_DONE;
}

static int set_capacity(struct load_settings *settings, int option, const char *text,
			struct error *error)
{
	switch (option) {
	case OPTION_FROM:
		return read_positive(&settings->capacity.from, text, 1e9, error);
	case OPTION_TO:
		return read_positive(&settings->capacity.to, text, 1e9, error);
	case OPTION_STEP:
		if (read_positive(&settings->capacity.step, text, 1000, error) < 0)
			return -1;
		if (settings->capacity.step < 1.01)
			return refuse(error, text, "a factor of 1.01 or more");
		return 0;
	case OPTION_LOSS:
		return read_percent(&settings->capacity.loss, text, error);
	default:
		return read_positive(&settings->capacity.p99, text, 1e9, error);
	}
}

/* Which frames, and to where. */
static int set_frames(struct load_settings *settings, int option, const char *text,
		      struct error *error)
{
	switch (option) {
	case OPTION_INTERFACE:
		settings->interface = text;
		return 0;
	case OPTION_MODE:
		return read_mode(settings, text, error);
	case OPTION_SOURCE:
		return read_source(settings, text, error);
	case OPTION_PORTS:
		return read_ports(settings, text, error);
	case OPTION_PROFILE:
		settings->mix_count = 0;
		return read_list(settings, text, read_profile, error);
	case OPTION_VLAN:
		settings->tags_count = 0;
		return read_list(settings, text, read_vlan, error);
	default:
		return read_mac(settings, text, error);
	}
}

/* How fast, how long, and how to tell. */
static int set_run(struct load_settings *settings, int option, const char *text,
		   struct error *error)
{
	switch (option) {
	case OPTION_RATE:
		settings->pace = PACE_RATE;
		return read_positive(&settings->rate, text, 1e9, error);
	case OPTION_WINDOW:
		settings->pace = PACE_WINDOW;
		return read_window(settings, text, error);
	case OPTION_FLOOD:
		settings->pace = PACE_FLOOD;
		return 0;
	case OPTION_DURATION:
		return read_seconds(settings, text, error);
	case OPTION_COUNT:
		return read_whole(&settings->count, text, 1e15, error);
	case OPTION_TIMEOUT:
		return read_timeout(settings, text, error);
	case OPTION_TOLERATE:
		return read_percent(&settings->tolerate, text, error);
	case OPTION_CPU:
		settings->cpus_count = 0;
		return read_list(settings, text, read_cpu, error);
	case OPTION_JSON:
		settings->json = true;
		return 0;
	case OPTION_QUIET:
		settings->quiet = true;
		return 0;
	default:
		settings->owned = true;
		return 0;
	}
}

/* Sets a bit of *seen for each option that excludes others. */
enum {
	SEEN_PACE = 1,
	SEEN_PACE_TWICE = 2,
	SEEN_CAPACITY = 4,
	SEEN_DURATION = 8,
};

static void note(unsigned int *seen, int option)
{
	if (option >= OPTION_RATE && option <= OPTION_FLOOD)
		*seen |= *seen & SEEN_PACE ? SEEN_PACE_TWICE : SEEN_PACE;
	else if (option == OPTION_DURATION)
		*seen |= SEEN_DURATION;
	else if (option >= OPTION_CAPACITY)
		*seen |= SEEN_CAPACITY;
}

static int read_options(struct load_settings *settings, unsigned int *seen, int argc, char **argv,
			struct error *error)
{
	struct error reason;
	int option, index = 0, r;

	while ((option = getopt_long(argc, argv, ":h", long_options, &index)) != -1) {
		if (option == ':' || option == '?')
			return options_refuse(option, argv, "see reflex-load --help", error);
		if (option == OPTION_HELP)
			return print_help();
		if (option == OPTION_VERSION)
			return print_version();
		note(seen, option);
		if (option >= OPTION_CAPACITY)
			r = set_capacity(settings, option, optarg, &reason);
		else if (option >= OPTION_RATE)
			r = set_run(settings, option, optarg, &reason);
		else
			r = set_frames(settings, option, optarg, &reason);
		if (r < 0) {
			error_say(error, "--%s: %s", long_options[index].name, reason.text);
			return OPTIONS_WRONG;
		}
	}
	return OPTIONS_RUN;
}

/* The words that are not options: a command, and the target. */
static int read_words(struct load_settings *settings, int argc, char **argv, struct error *error)
{
	const char *word = optind < argc ? argv[optind] : NULL;

	if (word && strcmp(word, "capacity") == 0)
		settings->command = COMMAND_CAPACITY;
	else if (word && strcmp(word, "profiles") == 0)
		settings->command = COMMAND_PROFILES;
	if (settings->command != COMMAND_RUN)
		word = ++optind < argc ? argv[optind] : NULL;
	if (settings->command == COMMAND_PROFILES) {
		if (!word)
			return OPTIONS_RUN;
		error_say(error, "profiles takes nothing more");
	} else if (!word) {
		error_say(error, "name the address to load: see reflex-load --help");
	} else if (optind + 1 < argc) {
		error_say(error, "'%s' is one too many: there is one target", argv[optind + 1]);
	} else if (!address_read_endpoint(&settings->target, word, PORT_DEFAULT)) {
		error_say(error, "'%s' is not ADDRESS, ADDRESS:PORT or [ADDRESS]:PORT", word);
	} else {
		return OPTIONS_RUN;
	}
	return OPTIONS_WRONG;
}

/* --- what does not go together --- */

/* Finds a profile that cannot be sent with these settings; NULL: all can. */
static const char *refuse_profiles(const struct load_settings *settings, const char **why)
{
	bool v6 = settings->target.address.family == AF_INET6;

	for (size_t i = 0; i < settings->mix_count; i++) {
		const struct load_profile *profile = settings->mix[i].profile;

		*why = "takes whole frames: name an --interface";
		if (profile->twist != PROFILE_PLAIN && settings->mode == MODE_SOCKET)
			return profile->name;
		*why = "is for IPv4 only";
		if (v6 && (profile->twist == PROFILE_IP_CHECKSUM ||
			   profile->twist == PROFILE_NO_CHECKSUM))
			return profile->name;
	}
	return NULL;
}

static bool all_silent(const struct load_settings *settings)
{
	for (size_t i = 0; i < settings->mix_count; i++)
		if (settings->mix[i].profile->answer != PROFILE_SILENCE)
			return false;
	return true;
}

static int check_frames(const struct load_settings *settings, struct error *error)
{
	const char *why = NULL, *profile = refuse_profiles(settings, &why);

	if (profile)
		error_say(error, "--profile: %s %s", profile, why);
	else if (settings->interface && settings->mode == MODE_SOCKET)
		error_say(error, "--mode socket and --interface exclude each other");
	else if (!settings->interface && settings->mode != MODE_SOCKET)
		error_say(error, "--mode %s needs an --interface", modes[settings->mode]);
	else if (!settings->interface && (settings->tags_count || settings->mac_given))
		error_say(error, "--vlan and --mac need an --interface");
	else if (settings->source_given &&
		 settings->source.address.family != settings->target.address.family)
		error_say(error, "--source: not of the target's IP version");
	else
		return OPTIONS_RUN;
	return OPTIONS_WRONG;
}

static int check_run(const struct load_settings *settings, unsigned int seen, struct error *error)
{
	bool capacity = settings->command == COMMAND_CAPACITY;

	if (seen & SEEN_PACE_TWICE)
		error_say(error, "--rate, --window and --flood exclude each other");
	else if (settings->count && seen & SEEN_DURATION)
		error_say(error, "--count and --duration exclude each other");
	else if (seen & SEEN_CAPACITY && !capacity)
		error_say(error,
			  "--from, --to, --step, --loss and --p99 are for reflex-load capacity");
	else if (capacity && (seen & SEEN_PACE || settings->count))
		error_say(error, "capacity sets the rate by --from, --to and --step, and each "
				 "step lasts --duration");
	else if (capacity && settings->capacity.to < settings->capacity.from)
		error_say(error, "--to is below --from");
	else if (all_silent(settings) && (capacity || settings->pace == PACE_WINDOW))
		error_say(error, "nothing of this mix is answered, which a window and "
				 "capacity go by: give --rate or --flood");
	else
		return OPTIONS_RUN;
	return OPTIONS_WRONG;
}

enum options_result load_options_parse(struct load_settings *settings, int argc, char **argv,
				       struct error *error)
{
	unsigned int seen = 0;
	int r;

	*settings = (struct load_settings){
		.window = 64,
		.timeout = CLOCK_SECOND,
		.mix = {{profile_find("chromium"), 1}},
		.mix_count = 1,
		.capacity = {.from = 1e3, .to = 1e7, .step = 1.5, .loss = 0.1, .p99 = 1000},
	};
	r = read_options(settings, &seen, argc, argv, error);
	if (r == OPTIONS_RUN)
		r = read_words(settings, argc, argv, error);
	if (r != OPTIONS_RUN || settings->command == COMMAND_PROFILES)
		return r;
	if (!(seen & SEEN_DURATION))
		settings->seconds = settings->command == COMMAND_CAPACITY ? 2 : 10;
	if (!settings->interface && settings->mode == MODE_AUTO)
		settings->mode = MODE_SOCKET;
	r = check_frames(settings, error);
	if (r == OPTIONS_RUN)
		r = check_run(settings, seen, error);
	return r;
}
