// SPDX-License-Identifier: BSD-2-Clause
#include "endpoint.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

const char *endpoint_print_address(char *text, const struct policy_service *service,
				   unsigned int scope)
{
	char address[INET6_ADDRSTRLEN] = "?", name[IF_NAMESIZE];

	inet_ntop(service->family == FAMILY_IPV6 ? AF_INET6 : AF_INET, service->address, address,
		  sizeof(address));
	if (scope && if_indextoname(scope, name))
		snprintf(text, ENDPOINT_TEXT_MAX, "%s%%%s", address, name);
	else
		snprintf(text, ENDPOINT_TEXT_MAX, "%s", address);
	return text;
}

const char *endpoint_print(char *text, const struct policy_service *service, unsigned int scope)
{
	char address[ENDPOINT_TEXT_MAX];

	if (service->family == FAMILY_OTHER) {
		snprintf(text, ENDPOINT_TEXT_MAX, "own addresses, port %u", service->port);
		return text;
	}
	endpoint_print_address(address, service, scope);
	snprintf(text, ENDPOINT_TEXT_MAX,
		 service->family == FAMILY_IPV6 ? "[%.80s]:%u" : "%.80s:%u", address,
		 service->port);
	return text;
}

socklen_t endpoint_sockaddr(struct sockaddr_storage *address, const struct policy_service *service,
			    unsigned int scope)
{
	struct sockaddr_in *in = (struct sockaddr_in *)address;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)address;

	memset(address, 0, sizeof(*address));
	if (service->family == FAMILY_IPV6) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(service->port);
		in6->sin6_scope_id = scope;
		memcpy(&in6->sin6_addr, service->address, sizeof(in6->sin6_addr));
		return sizeof(*in6);
	}
	in->sin_family = AF_INET;
	in->sin_port = htons(service->port);
	memcpy(&in->sin_addr, service->address, sizeof(in->sin_addr));
	return sizeof(*in);
}

bool endpoint_link_local(const struct policy_service *service)
{
	return service->family == FAMILY_IPV6 && service->address[0] == 0xfe &&
	       (service->address[1] & 0xc0) == 0x80;
}

bool endpoint_loopback(const struct policy_service *service)
{
	static const uint8_t one[16] = {[15] = 1};

	if (service->family == FAMILY_IPV4)
		return service->address[0] == 127;
	return service->family == FAMILY_IPV6 && memcmp(service->address, one, sizeof(one)) == 0;
}

bool endpoint_same_address(const struct policy_service *a, const struct policy_service *b)
{
	return a->family == b->family && memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

int endpoint_compare(const struct policy_service *a, const struct policy_service *b)
{
	int r = (int)a->family - (int)b->family;

	if (r == 0)
		r = memcmp(a->address, b->address, sizeof(a->address));
	return r ? r : (int)a->port - (int)b->port;
}

int service_compare(const void *a, const void *b)
{
	const struct service *x = a, *y = b;
	int r = endpoint_compare(&x->service, &y->service);

	return r ? r : (x->scope > y->scope) - (x->scope < y->scope);
}
