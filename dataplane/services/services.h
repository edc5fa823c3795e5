/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every address and port that is answered now: what is configured, with own addresses filled in and
 * each service with an alternate taken apart into its four pairs.
 */
#ifndef REFLEX_SERVICES_H
#define REFLEX_SERVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "config.h"
#include "endpoint.h"
#include "error.h"

struct services {
	struct service *list; /* sorted, each once */
	size_t count;
	bool local; /* one of them at least is an address of this machine */

	/* Services of whose two addresses one is not this machine's: requests to it are lost. */
	size_t unreachable;
	size_t unreachable_position; /* of the first of them in the configuration */
	bool unreachable_alternate;  /* its alternate's address is the one */

	/* Left out, as the address failed its duplicate address detection. */
	size_t duplicates;
	struct service duplicate; /* the one to speak of */
	bool duplicate_named;	  /* the configuration names it */

	size_t excess; /* left out by services_limit */
};

/**
 * services_expand - list the services of a configuration as of now.
 * @services: release with services_free after success
 * @error: set on failure to a sentence
 *
 * Return: 0 or -errno.
 */
int services_expand(struct services *services, const struct config *config, struct error *error);

/**
 * services_limit - leave out what is more than a policy has room for: own addresses, those that are
 * not answered on yet first.
 * @current: what is in force
 */
void services_limit(struct services *services, const struct services *current);

/** services_named - whether each service names its address: the machine need not be asked then. */
bool services_named(const struct config *config);

/**
 * services_complete - whether all that is meant is listed, except own addresses that another host
 * has too.
 * @reason: set to a sentence when not
 */
bool services_complete(const struct services *services, struct error *reason);

/**
 * services_log_left_out - warn of addresses that another host has too, if there are any.
 */
void services_log_left_out(const struct services *services);

/**
 * services_check - check that each interface is named by its own name, not an alternative one, and
 * that no address is unreachable (struct services). That neither of a service's two addresses is
 * this machine's is fine: they may be anycast, or routed here.
 * @config: what the services were expanded from
 * @where: the file; NULL: they were options
 * @error: set on failure to a sentence
 *
 * Return: 0 or -EINVAL.
 */
int services_check(const struct services *services, const struct config *config, const char *where,
		   struct error *error);

/**
 * services_check_metrics - check that metrics and a service do not share a TCP port, which only one
 * of them could have.
 * @where: the file; NULL: it was an option
 * @error: set on failure to a sentence
 *
 * Return: 0 or -EINVAL.
 */
int services_check_metrics(const struct services *services, const struct config *config,
			   const char *where, struct error *error);

/**
 * services_policy - make the policy for them.
 * @policy: set on success, to be released with free(); else NULL
 * @config: what the services were expanded from
 * @error: set on failure to a sentence
 *
 * Return: 0 or -errno, as policy_build.
 */
int services_policy(struct policy **policy, const struct services *services,
		    const struct config *config, struct error *error);

/**
 * services_print - print what a configuration says of services, each on a line of its own.
 */
void services_print(FILE *out, const struct config *config);

/**
 * services_equal - whether both list the same, alternates and flags included, with the same
 * addresses unreachable and left out.
 */
bool services_equal(const struct services *a, const struct services *b);

/* How many services a message names, and room for them. */
#define SERVICES_NAMED_MAX  4
#define SERVICES_NAMED_SIZE ((SERVICES_NAMED_MAX + 1) * (ENDPOINT_TEXT_MAX + 2))

/**
 * services_name - "a, b and 5 more".
 * @text: room for SERVICES_NAMED_SIZE
 *
 * Return: @text.
 */
const char *services_name(char *text, const struct services *services);

/** services_free - release the list; a zeroed one is fine. */
void services_free(struct services *services);

#endif
