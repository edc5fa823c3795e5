// SPDX-License-Identifier: BSD-2-Clause
#include "reflexd_check.h"

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>

static void print(const char *file, const struct config *config)
{
	printf("%s: ok\n", file ? file : "options");
	printf("  dataplane  %s\n", config_dataplane_name(config->dataplane));
	for (size_t i = 0; i < config->interfaces_count; i++)
		printf("  interface  %-15s  %s%s\n", config->interfaces[i].name,
		       config_mode_name(config->interfaces[i].mode),
		       if_nametoindex(config->interfaces[i].name) ? "" : "  (not there now)");
	if (config->dataplane == CONFIG_DATAPLANE_DPDK) {
		printf("  punt       %s\n", config->punt[0] ? config->punt : "none");
		printf("  idle       %s\n", config_idle_name(config->idle));
	}
	services_print(stdout, config);
	printf("  metrics    %s\n", config->metrics.text);
}

int reflexd_check(struct daemon *daemon, struct error *error)
{
	struct policy *policy = NULL;
	int r = daemon_list_services(daemon, error);

	if (r == 0)
		r = services_policy(&policy, &daemon->services, &daemon->config, error);
	if (r == 0)
		r = http_check(&daemon->config.metrics, error);
	if (r == 0)
		print(daemon->options.file, &daemon->config);
	free(policy);
	services_free(&daemon->services);
	return r;
}
