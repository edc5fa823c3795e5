/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a reply is the one that its request must have. */
#ifndef REFLEX_LOAD_CHECK_H
#define REFLEX_LOAD_CHECK_H

#include "address.h"
#include "profile.h"
#include "ticket.h"

enum fault {
#define FAULT(name, label, help) FAULT_##name,
#include "fault.def"
#undef FAULT
	FAULTS_COUNT,
	FAULT_NONE = FAULTS_COUNT,
};

/** fault_label, fault_help - what a fault is called, and what it means; below FAULTS_COUNT. */
const char *fault_label(enum fault fault);
const char *fault_help(enum fault fault);

struct load_reply {
	const uint8_t *message;
	size_t length;
	bool framed;	  /* the rest is known */
	enum fault fault; /* what is wrong around the message */
	struct endpoint source, destination;
};

/**
 * check_ticket - read the transaction ID of what may be a reply.
 * @ticket: set on success; it may be that of somebody else
 *
 * Return: false where there is none.
 */
bool check_ticket(struct ticket *ticket, const struct load_reply *reply);

/**
 * check_reply - compare a reply with what its request must have.
 * @profile: of the request
 * @client: where the request came from
 * @server: where it went
 *
 * Return: the first fault found, or FAULT_NONE.
 */
enum fault check_reply(const struct load_reply *reply, const struct load_profile *profile,
		       const struct endpoint *client, const struct endpoint *server);

#endif
