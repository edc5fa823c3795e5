/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The judge: what must come back for a frame or a socket's message, decided from the RFCs and
 * dataplane/README.md. Slow and obvious on purpose, and it shares nothing with the core.
 */
#ifndef ORACLE_H
#define ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ORACLE_REPLY_MAX   2048
#define ORACLE_MESSAGE_MAX (9000 + 512) /* PADDING and all else */

struct oracle_service {
	int family;	     /* 4 or 6 */
	uint8_t address[16]; /* IPv4 in the first four bytes */
	uint16_t port;	     /* host order */

	/* RFC 5780: served on all four pairs, of which the above is one */
	bool discovery;
	uint8_t alternate_address[16];
	uint16_t alternate_port;
	bool response_port; /* these two with discovery only */
	bool padding;
};

struct oracle_config {
	const struct oracle_service *services;
	size_t services_count;
	const char *software;	       /* NULL or "": off; at most 32 bytes */
	bool mirror_fingerprint;       /* fingerprint: mirror, else never */
	bool ignore_wrong_fingerprint; /* wrong_fingerprint: ignore, else discard */
	bool legacy;		       /* answer requests without cookie */
	bool low_source_ports;	       /* answer source ports below 1024 */
	bool pass_refused;	       /* otherwise: pass, else drop */

	/* of a carrier */
	bool long_requests;    /* it reads them whole */
	bool finish_checksums; /* it answers where that of UDP is of the pseudo-header alone */
};

enum oracle_action { ORACLE_ANSWER, ORACLE_HANDOFF, ORACLE_REFUSE, ORACLE_FOREIGN };

struct oracle_answer {
	const char *verdict; /* the label, as in the metrics */
	const char *family;  /* ipv4, ipv6 or other */
	enum oracle_action action;
	bool passed; /* goes up to the kernel, untouched */
	bool dropped;
	uint8_t reply[ORACLE_REPLY_MAX];
	size_t reply_length; /* 0 unless answered */
	bool private_client; /* it tells a private address of success, asked at one that is not */
};

void oracle_decide(const struct oracle_config *config, const uint8_t *frame, size_t length,
		   struct oracle_answer *answer);

/* What a socket took in. */
struct oracle_datagram {
	int family;
	uint8_t source[16];
	uint8_t destination[16];
	uint16_t source_port;
	uint16_t destination_port;
	bool local;   /* came by the loopback interface */
	bool stream;  /* one message out of a TCP stream: 20 bytes and what its length field says */
	unsigned mtu; /* of the interface it came by */
	const uint8_t *message;
	size_t length;
};

struct oracle_message {
	const char *verdict;
	enum oracle_action action;
	uint8_t reply[ORACLE_MESSAGE_MAX]; /* of STUN; this and all below only if answered */
	size_t reply_length;
	uint8_t reply_source[16]; /* it goes to where the request came from, but for the port */
	uint16_t reply_source_port;
	uint16_t reply_destination_port;
	bool without_df;
};

void oracle_decide_message(const struct oracle_config *config,
			   const struct oracle_datagram *datagram, struct oracle_message *answer);

/* Every verdict there is for a frame, then those that only sockets give; both ended by NULL. */
extern const char *const oracle_labels[];
extern const char *const oracle_socket_labels[];
enum oracle_action oracle_action_of(const char *label);

/*
 * Holds any reply, whoever wrote it, against the table of lengths in dataplane/README.md. The
 * trailers of the request do not count as request. Returns NULL, or which bound is broken.
 */
const char *oracle_check_bounds(const struct oracle_config *config, const uint8_t *request,
				size_t request_length, const uint8_t *reply, size_t reply_length);

/* The one's complement sum of RFC 1071, carries added as they come; go on with any sum, or 0. */
unsigned oracle_add_words(unsigned sum, const uint8_t *bytes, size_t length);

/* Sources that nobody can have (source_address). */
bool oracle_is_bogon(const uint8_t *address, int family);

#endif
