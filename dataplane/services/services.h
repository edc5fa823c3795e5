/* SPDX-License-Identifier: BSD-2-Clause */
/* Every address and port that is answered now: what is configured, with own addresses filled in and
 * each service with an alternate taken apart into its four corners. */
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
	bool local;	      /* one of them at least is an address of this machine */
	size_t strays;	      /* how many services have one of their two addresses elsewhere, */
	size_t stray;	      /* the position of the first in the configuration, */
	bool stray_alternate; /* and whether it is its alternate's */
	size_t duplicates;    /* how many are left out as their address failed its duplicate address
				 detection, */
	struct service duplicate; /* the first of them, */
	bool duplicate_named;	  /* and whether the configuration names one */
	size_t excess;		  /* how many are left out by services_limit */
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
 * not answered on yet.
 * @current: what is in force
 */
void services_limit(struct services *services, const struct services *current);

/** services_named - whether each service names its address, so that the machine need not be asked.
 */
bool services_named(const struct config *config);

/**
 * services_complete - whether all that is meant is listed, but for own addresses that are another
 * host's too.
 * @reason: set to a sentence when not
 */
bool services_complete(const struct services *services, struct error *reason);

/**
 * services_log_left_out - say which addresses are another host's too, if any.
 */
void services_log_left_out(const struct services *services);

/**
 * services_check - whether each interface goes by its own name, not an alternative one, and no
 * address is astray: where of a service's address and its alternate's
 * one is an address of this machine and the other is not, requests to that other are lost. That
 * neither is one is fine: they may be anycast, or routed here.
 * @config: what the services were expanded from
 * @where: as for config_finish
 * @error: set on failure to a sentence
 *
 * Return: 0 or -EINVAL.
 */
int services_check(const struct services *services, const struct config *config, const char *where,
		   struct error *error);

/**
 * services_check_metrics - whether metrics and a service share no TCP port, which only one of them
 * could have.
 * @where: the file; NULL: it was an option
 * @error: set on failure to a sentence
 *
 * Return: 0 or -EINVAL.
 */
int services_check_metrics(const struct services *services, const struct config *config,
			   const char *where, struct error *error);

/**
 * services_policy - make the policy for them.
 * @policy: set on success; release with free()
 */
int services_policy(struct policy **policy, const struct services *services,
		    const struct config *config, struct error *error);

/**
 * services_print - what a configuration says of services, on lines of their own.
 */
void services_print(FILE *out, const struct config *config);

/**
 * services_equal - whether both list the same, their alternates and flags too, with the same
 * addresses astray and left out.
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
