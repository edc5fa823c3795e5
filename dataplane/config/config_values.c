// SPDX-License-Identifier: BSD-2-Clause
#include "config_values.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "endpoint.h"
#include "interface.h"
#include "link.h"

static const char *const words_dataplane[] = {
	[CONFIG_DATAPLANE_AUTO] = "auto",
	[CONFIG_DATAPLANE_XDP] = "xdp",
	[CONFIG_DATAPLANE_DPDK] = "dpdk",
	[CONFIG_DATAPLANE_SOCKET] = "socket",
	NULL,
};
static const char *const words_mode[] = {
	[CONFIG_MODE_NATIVE] = "native",
	[CONFIG_MODE_GENERIC] = "generic",
	[CONFIG_MODE_AUTO] = "auto",
	NULL,
};
static const char *const words_idle[] = {
	[CONFIG_IDLE_SLEEP] = "sleep",
	[CONFIG_IDLE_POLL] = "poll",
	NULL,
};

static const char *join(char *text, size_t size, const char *const *words, const char *last)
{
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; words[i] && length < size; i++)
		length += snprintf(text + length, size - length, "%s%s",
				   i == 0	  ? ""
				   : words[i + 1] ? ", "
						  : last,
				   words[i]);
	return text;
}

int config_read_word(uint8_t *target, const char *const *words, const char *text,
		     struct error *error)
{
	char all[128];
	uint8_t i;

	for (i = 0; words[i]; i++)
		if (strcmp(text, words[i]) == 0)
			break;
	if (!words[i])
		return error_set(error, -EINVAL, "'%s' is not %s", text,
				 join(all, sizeof(all), words, " or "));
	*target = i;
	return 0;
}

int config_read_dataplane(void *target, const char *text, struct error *error)
{
	return config_read_word(target, words_dataplane, text, error);
}

int config_read_mode(void *target, const char *text, struct error *error)
{
	return config_read_word(target, words_mode, text, error);
}

int config_read_idle(void *target, const char *text, struct error *error)
{
	return config_read_word(target, words_idle, text, error);
}

const char *config_dataplane_name(uint8_t dataplane)
{
	return words_dataplane[dataplane];
}

const char *config_mode_name(uint8_t mode)
{
	return words_mode[mode];
}

const char *config_idle_name(uint8_t idle)
{
	return words_idle[idle];
}

int config_read_interface(void *target, const char *text, struct error *error)
{
	size_t length = strlen(text);
	struct error reason;

	/* Only an alternative name can be longer than a name. */
	if (length >= IF_NAMESIZE && interface_is_alias(text, &reason))
		return error_set(error, -EINVAL, "'%s' %s", text, reason.text);
	/* The kernel's own rules (dev_valid_name), so that what cannot exist is refused here. */
	if (length == 0 || length >= IF_NAMESIZE || strpbrk(text, "/: \t\n\v\f\r") ||
	    strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return error_set(error, -EINVAL,
				 "'%s' is not an interface name (1 to %d characters)", text,
				 IF_NAMESIZE - 1);
	memcpy(target, text, length + 1);
	return 0;
}

/* The kernel would take more characters, but they mean something else in a list of DPDK's
 * arguments. */
int config_read_punt(void *target, const char *text, struct error *error)
{
	int r = config_read_interface(target, text, error);

	if (r == 0 && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789._-") != strlen(text))
		return error_set(
			error, -EINVAL,
			"'%s' cannot be made by DPDK: use letters, digits, '-', '_' and '.'", text);
	return r;
}

/* IPv4 in IPv6's form: a socket bound to it sees no packet of IPv6, and XDP sees none with it. */
static int refuse_mapped(const uint8_t *address, const char *text, struct error *error)
{
	static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

	if (memcmp(address, prefix, sizeof(prefix)) != 0)
		return 0;
	return error_set(error, -EINVAL,
			 "'%s' is an IPv4 address in IPv6's form: write %u.%u.%u.%u", text,
			 address[12], address[13], address[14], address[15]);
}

int config_read_address(void *target, const char *text, struct error *error)
{
	struct policy_service *service = target;

	memset(service->address, 0, sizeof(service->address));
	if (inet_pton(AF_INET, text, service->address) == 1)
		service->family = FAMILY_IPV4;
	else if (inet_pton(AF_INET6, text, service->address) == 1)
		service->family = FAMILY_IPV6;
	else
		return error_set(error, -EINVAL, "'%s' is not an IPv4 or IPv6 address", text);
	return service->family == FAMILY_IPV6 ? refuse_mapped(service->address, text, error) : 0;
}

int config_read_link_address(void *target, const char *text, struct error *error)
{
	struct config_service *service = target;
	size_t length = strcspn(text, "%");
	char address[INET6_ADDRSTRLEN];

	service->link[0] = '\0';
	if (!text[length] || length >= sizeof(address))
		return config_read_address(&service->service, text, error);
	memcpy(address, text, length);
	address[length] = '\0';
	if (config_read_address(&service->service, address, error) < 0)
		return -EINVAL;
	if (!endpoint_link_local(&service->service))
		return error_set(error, -EINVAL,
				 "'%s': only a link-local address takes an interface", text);
	return config_read_interface(service->link, text + length + 1, error);
}

int config_read_port(void *target, const char *text, struct error *error)
{
	uint16_t *port = target;
	unsigned long value = 0;
	size_t digits = strspn(text, "0123456789");

	if (digits > 0 && digits < 8 && !text[digits] && text[0] != '0')
		value = strtoul(text, NULL, 10);
	if (value < 1 || value > 65535)
		return error_set(error, -EINVAL, "%s is not a port (1 to 65535)",
				 *text ? text : "''");
	*port = value;
	return 0;
}

/* Splits HOST:PORT and [HOST]:PORT in place; NULL where it is neither. */
static char *split_port(char *text, char **host)
{
	char *colon = strrchr(text, ':');

	if (!colon)
		return NULL;
	*colon = '\0';
	*host = text;
	if (text[0] == '[') {
		if (colon == text + 1 || colon[-1] != ']')
			return NULL;
		colon[-1] = '\0';
		*host = text + 1;
	} else if (strchr(text, ':')) {
		return NULL; /* an IPv6 address needs brackets, else its end looks like a port */
	}
	return colon + 1;
}

static int listen_address(struct config_listen *listen, char *host, uint16_t port)
{
	char *link = strchr(host, '%');
	int index;
	struct sockaddr_in *in = (struct sockaddr_in *)&listen->address;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&listen->address;

	memset(&listen->address, 0, sizeof(listen->address));
	if (link)
		*link++ = '\0';
	if (!link && inet_pton(AF_INET, strcmp(host, "localhost") ? host : "127.0.0.1",
			       &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		listen->length = sizeof(*in);
		return 0;
	}
	if (inet_pton(AF_INET6, host, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		listen->length = sizeof(*in6);
		index = link ? link_index(link) : 0;
		in6->sin6_scope_id = index < 0 ? 0 : index;
		return index < 0 ? index : 0;
	}
	return -EINVAL;
}

/* What parses, but nobody could connect to it. */
static int check_listen(const struct config_listen *listen, const char *host, struct error *error)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)&listen->address;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&listen->address;
	bool ipv6 = listen->address.ss_family == AF_INET6;

	if (ipv6 ? IN6_IS_ADDR_MULTICAST(&in6->sin6_addr) : ntohl(in->sin_addr.s_addr) >> 28 >= 14)
		return error_set(error, -EINVAL, "%s is no unicast address of a host", host);
	if (ipv6 && IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr) && !in6->sin6_scope_id)
		return error_set(
			error, -EINVAL,
			"%s is link-local, which takes an interface too: name it, as in [%s%%eth0]",
			host, host);
	if (ipv6 && !IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr) && in6->sin6_scope_id)
		return error_set(error, -EINVAL,
				 "'%s': only a link-local address takes an interface", host);
	return ipv6 ? refuse_mapped(in6->sin6_addr.s6_addr, host, error) : 0;
}

int config_read_listen(void *target, const char *text, struct error *error)
{
	struct config_listen *listen = target;
	char copy[sizeof(listen->text)];
	size_t length = strlen(text);
	char *host, *port = NULL;
	uint16_t number = 0;
	int r;

	if (length < sizeof(copy)) {
		memcpy(copy, text, length + 1);
		port = split_port(copy, &host);
	}
	if (!port)
		return error_set(error, -EINVAL,
				 "'%s' is not HOST:PORT, such as 127.0.0.1:9478 or [::1]:9478",
				 text);
	if (config_read_port(&number, port, error) < 0)
		return -EINVAL;
	r = listen_address(listen, host, number);
	if (r == -ENODEV)
		return error_set(error, -EINVAL,
				 "'%s' names no interface of this network namespace", text);
	if (r == -EINVAL)
		return error_set(error, -EINVAL, "'%s' is not an IP address (or localhost)", host);
	if (r < 0)
		return error_set(error, -EINVAL, "'%s': the interface cannot be looked up: %s",
				 text, strerror(-r));
	if (check_listen(listen, host, error) < 0)
		return -EINVAL;
	memcpy(listen->text, text, length + 1);
	return 0;
}

int config_read_software(void *target, const char *text, struct error *error)
{
	size_t length = strlen(text);

	if (length > POLICY_SOFTWARE_MAX)
		return error_set(error, -EINVAL, "%zu bytes, at most %d are allowed", length,
				 POLICY_SOFTWARE_MAX);
	memcpy(target, text, length + 1);
	return 0;
}
