/* SPDX-License-Identifier: BSD-2-Clause */
/* How the fuzz targets read their inputs: a head with the circumstances, then what is received. */
#ifndef FUZZ_INPUT_H
#define FUZZ_INPUT_H

#include <stdint.h>

/* All numbers are taken modulo what there is, so that every input means something. */

/* Of a whole frame. */
struct input_frame {
	uint8_t config; /* enum cases_config */
};

/* Of what a neighbour asks. */
struct input_neighbour {
	uint8_t config;
	uint8_t room; /* behind the frame */
};

/* Of a message. Its service says which family it is. */
struct input_message {
	uint8_t config;
	uint8_t service;
	uint8_t flags;
	uint8_t mtu[2];
	uint8_t port[2]; /* the client's */
	uint8_t source[16];
};

enum input_flag {
	INPUT_ALTERNATE_ADDRESS = 0x01, /* which pair is asked */
	INPUT_ALTERNATE_PORT = 0x02,
	INPUT_LOCAL = 0x04,
	INPUT_STREAM = 0x08,
	INPUT_FROM_ASKED = 0x10,     /* the source is the address asked, */
	INPUT_FROM_ALTERNATE = 0x20, /* or the service's alternate */
	INPUT_STRAY = 0x40,	     /* sent to the next port */
};

#define INPUT_MESSAGE_MAX 65552 /* header, and the longest attributes that it can speak of */
#define INPUT_MTU_MIN	  68	/* RFC 791 */

#endif
