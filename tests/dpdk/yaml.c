// SPDX-License-Identifier: BSD-2-Clause
#include "yaml.h"

#include <arpa/inet.h>

static void write_address(FILE *file, const char *indent, int family, const uint8_t *address)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(family == 4 ? AF_INET : AF_INET6, address, text, sizeof(text));
	fprintf(file, "%saddress: \"%s\"\n", indent, text);
}

static const char *flag(bool set)
{
	return set ? "true" : "false";
}

static void write_service(FILE *file, const struct oracle_service *service)
{
	write_address(file, "  - ", service->family, service->address);
	fprintf(file, "    port: %u\n", service->port);
	if (!service->discovery)
		return;
	fprintf(file, "    alternate:\n");
	write_address(file, "      ", service->family, service->alternate_address);
	fprintf(file, "      port: %u\n", service->alternate_port);
	fprintf(file, "    response_port: %s\n", flag(service->response_port));
	fprintf(file, "    padding: %s\n", flag(service->padding));
}

void yaml_write(FILE *file, const struct oracle_config *config)
{
	fprintf(file, "dataplane: dpdk\nservices:\n");
	for (size_t i = 0; i < config->services_count; i++)
		write_service(file, &config->services[i]);
	fprintf(file, "reply:\n  software: \"%s\"\n", config->software ? config->software : "");
	fprintf(file, "  fingerprint: %s\n", config->mirror_fingerprint ? "mirror" : "never");
	fprintf(file, "  wrong_fingerprint: %s\n",
		config->ignore_wrong_fingerprint ? "ignore" : "discard");
	fprintf(file, "legacy: %s\n", flag(config->legacy));
	fprintf(file, "low_source_ports: %s\n", flag(config->low_source_ports));
	fprintf(file, "otherwise: %s\n", config->pass_refused ? "pass" : "drop");
}
