// SPDX-License-Identifier: BSD-2-Clause
#include "load_engine.h"

#include <string.h>

struct endpoint load_engine_source(const struct load_engine *engine, uint64_t source, uint16_t port)
{
	struct endpoint endpoint = {.address = engine->source, .port = port};

	if (endpoint.address.family == AF_INET6)
		memcpy(endpoint.address.bytes + 8, &source, 8);
	else
		memcpy(endpoint.address.bytes, &source, 4);
	return endpoint;
}

uint64_t load_engine_lower(const struct address *address)
{
	uint64_t lower = 0;

	if (address->family == AF_INET6)
		memcpy(&lower, address->bytes + 8, 8);
	else
		memcpy(&lower, address->bytes, 4);
	return lower;
}
