/* SPDX-License-Identifier: BSD-2-Clause */
/* What the command line asks for. */
#ifndef REFLEX_LOAD_SETTINGS_H
#define REFLEX_LOAD_SETTINGS_H

#include "address.h"
#include "profile.h"

#define SETTINGS_MIX_MAX  64
#define SETTINGS_CPUS_MAX 64
#define SETTINGS_TAGS_MAX 2

enum settings_mode {
	MODE_AUTO,
	MODE_ZEROCOPY,
	MODE_NATIVE,
	MODE_GENERIC,
	MODE_SOCKET,
	MODE_LIVE,
};

enum settings_pace {
	PACE_WINDOW, /* so many requests wait for their answers: a closed loop */
	PACE_RATE,
	PACE_FLOOD,
};

enum settings_command {
	COMMAND_RUN,
	COMMAND_CAPACITY,
	COMMAND_PROFILES,
};

struct settings_mix {
	const struct profile *profile;
	unsigned int weight;
};

struct settings {
	enum settings_command command;
	struct endpoint target;
	const char *interface; /* NULL: sockets */
	enum settings_mode mode;
	bool source_given, ports_given, mac_given;
	struct prefix source;
	uint16_t port_first, port_last;
	struct settings_mix mix[SETTINGS_MIX_MAX];
	size_t mix_count;
	uint16_t tags[SETTINGS_TAGS_MAX]; /* VLAN IDs, the outer one first */
	size_t tags_count;
	uint8_t mac[6]; /* of the next hop */
	enum settings_pace pace;
	double rate; /* requests a second */
	unsigned int window;
	double seconds;
	uint64_t count;	  /* 0: for so many seconds */
	uint64_t timeout; /* nanoseconds until a request without an answer is lost */
	double tolerate;  /* percent */
	int cpus[SETTINGS_CPUS_MAX];
	size_t cpus_count;
	bool json, quiet, owned;
	struct {
		double from, to, step, loss, p99; /* rates, factor, percent, microseconds */
	} capacity;
};

static inline size_t settings_threads(const struct settings *settings)
{
	return settings->cpus_count ? settings->cpus_count : 1;
}

const char *settings_mode_name(enum settings_mode mode);

#endif
