// SPDX-License-Identifier: BSD-2-Clause
#include "link.h"

#include <ctype.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "interface.h"
#include "netlink.h"

static int asked = -1; /* the socket of every question, kept: there may be no file for another */

int link_open(void)
{
	if (asked < 0)
		asked = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return asked < 0 ? -errno : 0;
}

static int ask(unsigned long question, struct ifreq *request)
{
	int r = link_open();

	if (r == 0 && ioctl(asked, question, request) < 0)
		r = -errno;
	return r;
}

int link_index(const char *name)
{
	struct ifreq request = {0};
	int r;

	if (strlen(name) >= sizeof(request.ifr_name))
		return -ENODEV;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	r = ask(SIOCGIFINDEX, &request);
	return r < 0 ? r : request.ifr_ifindex;
}

bool link_gone(int index)
{
	struct ifreq request = {.ifr_ifindex = index};

	return index == 0 || ask(SIOCGIFNAME, &request) == -ENODEV;
}

bool link_ready(const char *name, int index, struct error *reason)
{
	struct ifreq request = {.ifr_ifindex = index};
	int r = index < 0 ? index : index == 0 ? -ENODEV : 0;

	/* By index, as names change; not by /sys, which may show another namespace's. */
	if (r == 0)
		r = ask(SIOCGIFNAME, &request);
	if (r == 0)
		r = ask(SIOCGIFFLAGS, &request);
	if (r == -ENODEV)
		error_say(reason, "%s: is gone from this network namespace", name);
	else if (r < 0)
		error_say(reason, "%s: its state is unknown: %s", name, strerror(-r));
	else if (!(request.ifr_flags & IFF_UP))
		error_say(reason, "%s: is down", name);
	else if (!(request.ifr_flags & IFF_RUNNING))
		error_say(reason, "%s: has no carrier", name);
	else
		return true;
	return false;
}

/* --- the far end of a veth pair --- */

/*
 * The far end may be in a network namespace that cannot be looked into. But a program there bounds
 * the MTU of this end, which is free otherwise (veth_xdp_set in the kernel's driver).
 */
bool link_far_end(const char *name, int index, struct error *reason)
{
	struct interface interface;
	int fd = netlink_open();
	int r = fd < 0 ? fd : interface_by_index(fd, (unsigned int)index, &interface);

	if (fd >= 0)
		close(fd);
	if (r < 0 || !interface.veth || interface.mtu_max != ETH_MAX_MTU)
		return true;
	error_say(
		reason,
		"%s: the far end of this veth pair has no XDP program, so it does not get what XDP "
		"sends back: attach one there that passes frames, or use `dataplane: socket` or "
		"`mode: generic`",
		name);
	return false;
}

/* --- drivers --- */

static int ask_driver(int index, void *question)
{
	struct ifreq request = {.ifr_ifindex = index};
	int r = ask(SIOCGIFNAME, &request);

	request.ifr_data = question;
	return r < 0 ? r : ask(SIOCETHTOOL, &request);
}

void link_driver(int index, char driver[LINK_DRIVER_MAX])
{
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
	int r = ask_driver(index, &info);

	_Static_assert(sizeof(info.driver) == LINK_DRIVER_MAX, "a driver's name is cut off");
	snprintf(driver, LINK_DRIVER_MAX, "%s", r == 0 && info.driver[0] ? info.driver : "unknown");
}

/*
 * As drivers name them: rx_queue_0_xdp_tx_errors (veth), rx_xdp_tx_errors (mvneta, mvpp2, fec,
 * mtk_eth_soc), rx_xdp_tx_errors[0] (gve), tx0_xdp_tx_drops or tx_queue_0_xdp_tx_drops
 * (virtio_net), rx_xdp_tx_err and rx_xdp_tx_full (mlx5; mlx4 the latter), rx_xdp_bad_drops (sfc),
 * queue_0_rx_xdp_aborted (ena, ionic; no program of ours aborts). i40e, ixgbe, ice, igc and bnxt
 * tell nothing. Not to be taken for them: xdp_xmit, which counts frames that others redirect.
 */
static bool counts_xdp_errors(const char *name)
{
	static const char *const parts[] = {"xdp_tx_err",  "xdp_tx_drop",  "xdp_tx_full",
					    "xdp_tx_fail", "xdp_bad_drop", "xdp_aborted"};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (strstr(name, parts[i]))
			return true;
	return false;
}

/* mlx5 tells a sum, and each queue's part of it too, under a name with a number. */
static bool is_part(const char *name)
{
	while (*name && !isdigit((unsigned char)*name))
		name++;
	return *name;
}

static int sum_errors(const struct ethtool_gstrings *names, const struct ethtool_stats *values,
		      uint64_t *errors)
{
	uint64_t whole = 0, parts = 0;
	bool found_whole = false, found_part = false;

	for (uint32_t i = 0; i < names->len; i++) {
		char name[ETH_GSTRING_LEN + 1] = "";

		memcpy(name, names->data + (size_t)i * ETH_GSTRING_LEN, ETH_GSTRING_LEN);
		if (!counts_xdp_errors(name))
			continue;
		if (is_part(name)) {
			found_part = true;
			parts += values->data[i];
		} else {
			found_whole = true;
			whole += values->data[i];
		}
	}
	*errors = found_whole ? whole : parts;
	return found_whole || found_part ? 0 : -ENODATA;
}

int link_xdp_errors(int index, uint64_t *errors)
{
	union {
		struct ethtool_sset_info info;
		uint8_t room[sizeof(struct ethtool_sset_info) + sizeof(uint32_t)];
	} set = {.info = {.cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ULL << ETH_SS_STATS}};
	int r = ask_driver(index, &set);
	struct ethtool_gstrings *names;
	struct ethtool_stats *values;
	uint32_t count;
	size_t room;

	if (r == 0 && !set.info.sset_mask)
		r = -ENODATA;
	if (r < 0)
		return r;
	count = set.info.data[0];
	/* The kernel writes as many as there are by then, which may be more. */
	room = 2 * (size_t)count + 64;
	names = calloc(1, sizeof(*names) + room * ETH_GSTRING_LEN);
	values = calloc(1, sizeof(*values) + room * sizeof(values->data[0]));
	if (!names || !values) {
		r = -ENOMEM;
		goto out;
	}
	*names = (struct ethtool_gstrings){
		.cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_STATS, .len = count};
	*values = (struct ethtool_stats){.cmd = ETHTOOL_GSTATS, .n_stats = count};
	r = ask_driver(index, names);
	if (r == 0)
		r = ask_driver(index, values);
	if (r == 0 && names->len != values->n_stats)
		r = -EAGAIN;
	if (r == 0)
		r = sum_errors(names, values, errors);
out:
	free(names);
	free(values);
	return r;
}
