/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of the programs of this folder; each uses those that concern it. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "corpus.h"

#define MIN_FRAME_MAX 60 /* what Ethernet asks for */

#define OPTIONS_FRAMES "[--generated COUNT] [--seed S] [--without-truncations] [--mac MAC]"
#define OPTIONS_WIRE                                                                               \
	OPTIONS_FRAMES " [--min-frame BYTES]\n"                                                    \
		       "            [--af-packet] [--sent FILE.pcap] [--came FILE.pcap]"

struct options {
	struct corpus corpus; /* its configuration is the first argument, an index */
	size_t min_frame; /* shorter frames are padded to that with zeros; 0: as the wire asks */
	const char *sent, *came; /* pcap files to write, or NULL */
	int count;		 /* of the arguments behind the first */
	char **rest;		 /* these */
};

/*
 * Reads all but argv[0].
 * Return: 0, or -EINVAL, perhaps with a word on stderr.
 */
int options_parse(struct options *options, int argc, char **argv);

#endif
