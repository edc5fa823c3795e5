/* SPDX-License-Identifier: BSD-2-Clause */
/* Every address and port that is answered now: what is configured, with the interfaces' own
 * addresses filled in. */
#ifndef REFLEX_SERVICES_H
#define REFLEX_SERVICES_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"

struct service {
	struct policy_service service;
	unsigned int scope; /* interface of a link-local address, else 0 */
};

struct services {
	struct service *list; /* sorted, each once */
	size_t count;
	bool local; /* one of them at least is an address of this machine */
};

/**
 * services_expand - list the services of a configuration as of now.
 * @services: release with services_free after success
 * @error: set on failure to a sentence
 *
 * Return: 0 or -errno.
 */
int services_expand(struct services *services, const struct config *config, char *error,
		    size_t size);

/**
 * services_policy - make the policy for them.
 * @policy: set on success; release with free()
 */
int services_policy(struct policy **policy, const struct services *services,
		    const struct config *config, char *error, size_t size);

/** services_equal - whether both list the same. */
bool services_equal(const struct services *a, const struct services *b);

/** service_compare - an order of struct service, for qsort; 0 where both are the same. */
int service_compare(const void *a, const void *b);

/** services_free - release the list; a zeroed one is fine. */
void services_free(struct services *services);

#endif
