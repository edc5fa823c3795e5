/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules across several keys, without their places in the file. Private to this folder.
 *
 * Each returns 0, or -EINVAL with @reason set to a sentence, and @key to the key that it speaks of,
 * named from the mapping that the rule is about: "alternate.port".
 */
#ifndef REFLEX_CONFIG_RULES_H
#define REFLEX_CONFIG_RULES_H

#include "config.h"

/** config_rules_dataplane - what a dataplane cannot do; nothing is asked of `auto`. */
int config_rules_dataplane(const struct config *config, const char **key, struct error *reason);

/**
 * config_rules_service - what behaviour discovery needs.
 * @service: its alternate is not filled in
 * @alternate: port 0: it has none
 */
int config_rules_service(const struct policy_service *service,
			 const struct policy_service *alternate, const char **key,
			 struct error *reason);

/**
 * config_rules_distinct - whether two services share no address and port.
 * @other: the one that came before
 */
int config_rules_distinct(const struct config_service *service, const struct config_service *other,
			  struct error *reason);

#endif
