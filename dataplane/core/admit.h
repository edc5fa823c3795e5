/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Decides whether a client gets the reply to its request. Every reply passes here once: on the fast
 * path, on the full path and over sockets. Limits and access lists belong here.
 */
#ifndef REFLEX_CORE_ADMIT_H
#define REFLEX_CORE_ADMIT_H

#include "bytes.h"
#include "counters.h"
#include "policy.h"
#include "verdict.h"

/* Who asks for what. A carrier also hands over here what it keeps for each CPU or worker. */
struct admission {
	const struct policy *policy;
	enum family family;
	const struct be32 *client; /* address, in network byte order; IPv4 uses one word */
};

/**
 * admit - whether a client gets the reply that it asks for.
 * @admission: who asks
 * @verdict: of the request, one that is answered
 *
 * Return: @verdict, or the verdict that the reply is refused by.
 */
static inline enum verdict admit(const struct admission *admission, enum verdict verdict)
{
	(void)admission; /* there is no limit yet */
	return verdict;
}

#endif
