/* SPDX-License-Identifier: BSD-2-Clause */
/* What the command line asks for. */
#ifndef REFLEX_LOAD_SETTINGS_H
#define REFLEX_LOAD_SETTINGS_H

#include "address.h"
#include "profile.h"

#define LOAD_MIX_MAX  64
#define LOAD_CPUS_MAX 64
#define LOAD_TAGS_MAX 2

enum load_mode {
	MODE_AUTO,
	MODE_ZEROCOPY,
	MODE_NATIVE,
	MODE_GENERIC,
	MODE_SOCKET,
	MODE_LIVE,
};

enum load_pace {
	PACE_WINDOW, /* so many requests wait for their answers: a closed loop */
	PACE_RATE,
	PACE_FLOOD,
};

enum load_command {
	COMMAND_RUN,
	COMMAND_CAPACITY,
	COMMAND_PROFILES,
};

struct load_mix {
	const struct load_profile *profile;
	unsigned int weight;
};

struct load_settings {
	enum load_command command;
	struct endpoint target;
	const char *interface; /* NULL: sockets */
	enum load_mode mode;
	bool source_given, ports_given, mac_given;
	struct prefix source;
	uint16_t port_first, port_last;
	struct load_mix mix[LOAD_MIX_MAX];
	size_t mix_count;
	uint16_t tags[LOAD_TAGS_MAX]; /* VLAN IDs, the outer one first */
	size_t tags_count;
	uint8_t mac[6]; /* of the next hop */
	enum load_pace pace;
	double rate; /* requests a second */
	unsigned int window;
	double seconds;
	uint64_t count;	  /* 0: for so many seconds */
	uint64_t timeout; /* nanoseconds until a request without an answer is lost */
	double tolerate;  /* percent */
	int cpus[LOAD_CPUS_MAX];
	size_t cpus_count;
	bool json, quiet;
	bool owned; /* --i-own-this-target */
	struct {
		double from, to, step, loss, p99; /* rates, factor, percent, microseconds */
	} capacity;
};

/** load_settings_threads - how many workers there are. Return: at least 1. */
static inline size_t load_settings_threads(const struct load_settings *settings)
{
	return settings->cpus_count ? settings->cpus_count : 1;
}

/** load_mode_name - a mode as on the command line. */
const char *load_mode_name(enum load_mode mode);

#endif
