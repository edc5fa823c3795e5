/* SPDX-License-Identifier: BSD-2-Clause */
/* From the oracle's terms to the product's: shared by what runs the core on the host and in BPF. */
#ifndef AGREEMENT_SETTINGS_H
#define AGREEMENT_SETTINGS_H

#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "policy_build.h"

static inline struct policy_service settings_service(const struct oracle_service *from)
{
	struct policy_service service = {
		.family = from->family == 4 ? FAMILY_IPV4 : FAMILY_IPV6,
		.port = from->port,
		.alternate_port = from->discovery ? from->alternate_port : 0,
		.response_port = from->response_port,
		.padding = from->padding,
	};

	memcpy(service.address, from->address, 16);
	memcpy(service.alternate, from->alternate_address, 16);
	return service;
}

static inline int settings_build(struct policy *policy, const struct oracle_config *config)
{
	struct policy_service *services = calloc(4 * config->services_count, sizeof(*services));
	struct policy_settings settings = {
		.mirror_fingerprint = config->mirror_fingerprint,
		.ignore_wrong_fingerprint = config->ignore_wrong_fingerprint,
		.legacy = config->legacy,
		.low_source_ports = config->low_source_ports,
		.pass_refused = config->pass_refused,
	};
	size_t count = 0;
	int error;

	if (config->software)
		memcpy(settings.software, config->software,
		       strnlen(config->software, sizeof(settings.software)));
	for (size_t i = 0; i < config->services_count; i++) {
		struct policy_service service = settings_service(&config->services[i]);

		count += policy_pairs(&service, &services[count]);
	}
	error = policy_build(policy, &settings, services, count, NULL);
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
	tally->private_clients = counters->packets[COUNTERS_EXTRA][COUNTERS_PRIVATE_CLIENTS];
}

#endif
