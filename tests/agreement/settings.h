/* SPDX-License-Identifier: BSD-2-Clause */
/* From the oracle's terms to the product's: shared by what runs the core on the host and in BPF. */
#ifndef AGREEMENT_SETTINGS_H
#define AGREEMENT_SETTINGS_H

#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "policy_build.h"

static inline int settings_build(struct policy *policy, const struct oracle_config *config)
{
	struct policy_service *services = calloc(config->services_count, sizeof(*services));
	struct policy_settings settings = {
		.services = services,
		.services_count = config->services_count,
		.software = config->software,
		.mirror_fingerprint = config->mirror_fingerprint,
		.ignore_wrong_fingerprint = config->ignore_wrong_fingerprint,
		.legacy = config->legacy,
		.low_source_ports = config->low_source_ports,
		.pass_refused = config->pass_refused,
	};
	int error;

	for (size_t i = 0; i < config->services_count; i++) {
		services[i].family = config->services[i].family == 4 ? FAMILY_IPV4 : FAMILY_IPV6;
		memcpy(services[i].address, config->services[i].address, 16);
		services[i].port = config->services[i].port;
	}
	error = policy_build(policy, &settings, NULL);
	free(services);
	return error;
}

static inline void settings_tally(struct tally *tally, const struct counters *counters)
{
	for (int family = 0; family < FAMILIES; family++) {
		memcpy(tally->packets[family], counters->packets[family],
		       sizeof(tally->packets[family]));
		memcpy(tally->bytes[family], counters->bytes[family], sizeof(tally->bytes[family]));
	}
}

#endif
