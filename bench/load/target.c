// SPDX-License-Identifier: BSD-2-Clause
#include "target.h"

#include <errno.h>
#include <ifaddrs.h>
#include <stdio.h>

#include "load_link.h"

/* RFC 1122, RFC 5737, RFC 2544; RFC 4291, RFC 3849, RFC 9637, RFC 5180 */
static const char *const reserved[] = {
	"127.0.0.0/8", "192.0.2.0/24",	"198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15",
	"::1/128",     "2001:db8::/32", "3fff::/20",	   "2001:2::/48",
};

static bool is_reserved(const struct prefix *prefix)
{
	struct prefix outer;

	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (address_read_prefix(&outer, reserved[i]) && address_within(prefix, &outer))
			return true;
	return false;
}

static unsigned int mask_length(const struct sockaddr *mask)
{
	struct endpoint endpoint;
	unsigned int length = 0;

	if (!address_from_socket(&endpoint, mask))
		return 0;
	for (size_t i = 0; i < sizeof(endpoint.address.bytes); i++)
		length += (unsigned int)__builtin_popcount(endpoint.address.bytes[i]);
	return length;
}

/* Whether an address of an interface makes the prefix this machine's own. */
static bool is_covered(const struct prefix *prefix, const struct ifaddrs *interface)
{
	struct endpoint own;
	struct prefix outer;

	if (!interface->ifa_addr || !address_from_socket(&own, interface->ifa_addr))
		return false;
	outer = address_alone(&own.address);
	if (address_within(prefix, &outer))
		return true;
	if (!interface->ifa_netmask || !load_link_virtual(interface->ifa_name))
		return false;
	outer.length = mask_length(interface->ifa_netmask);
	return outer.length > 0 && address_within(prefix, &outer);
}

static bool is_ours(const struct prefix *prefix)
{
	struct ifaddrs *interfaces;
	bool found = is_reserved(prefix);

	if (found || getifaddrs(&interfaces) < 0)
		return found;
	for (const struct ifaddrs *i = interfaces; i && !found; i = i->ifa_next)
		found = is_covered(prefix, i);
	freeifaddrs(interfaces);
	return found;
}

int target_check(const struct load_settings *settings, struct error *error)
{
	const struct prefix target = address_alone(&settings->target.address);
	char text[ADDRESS_TEXT_MAX];

	if (settings->owned)
		return 0;
	if (!is_ours(&target))
		return error_set(
			error, -EPERM,
			"%s is in no test network of this machine: where you may load it, say so "
			"by --i-own-this-target",
			address_print(text, &target.address));
	if (settings->source_given && !is_ours(&settings->source))
		return error_set(
			error, -EPERM,
			"%s is in no test network of this machine, and the replies go there: "
			"where you may, say so by --i-own-this-target",
			address_print_prefix(text, &settings->source));
	return 0;
}
