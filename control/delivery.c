// SPDX-License-Identifier: BSD-2-Clause
#include "delivery.h"

#include <stdio.h>

#include "link.h"

static void set_bad(struct delivery *delivery)
{
	if (delivery->bad)
		return;
	delivery->bad = true;
	delivery->hold = delivery->hold ? 2 * delivery->hold : DELIVERY_GOOD_MS;
	if (delivery->hold > DELIVERY_HOLD_MAX)
		delivery->hold = DELIVERY_HOLD_MAX;
}

void delivery_note(struct delivery *delivery, uint64_t answered, uint64_t failed, int64_t now)
{
	uint64_t answers = answered - delivery->answered, lost = failed - delivery->failed;

	delivery->answered = answered;
	delivery->failed = failed;
	if (!delivery->seen) {
		delivery->seen = true;
		return;
	}
	if (lost && lost >= answers - answers / 10) {
		delivery->since = delivery->lost ? delivery->since : now;
		delivery->lost += lost;
		delivery->last = now;
		if (delivery->lost >= DELIVERY_BAD_COUNT &&
		    now - delivery->since >= DELIVERY_BAD_MS)
			set_bad(delivery);
	} else if (answers) {
		delivery->lost = 0;
		delivery->hold = delivery->bad ? DELIVERY_GOOD_MS : 0;
	}
	if (delivery->bad && now - delivery->last >= delivery->hold)
		delivery->bad = false;
}

uint64_t deliveries_errors(struct deliveries *deliveries, const struct loader *loader,
			   size_t position)
{
	struct loader_interface interface = loader_interface_get(loader, position);
	uint64_t *driver = &deliveries->driver[position];
	uint64_t errors;

	if (interface.mode == LOADER_NATIVE &&
	    link_xdp_errors((int)interface.index, &errors) == 0) {
		if (errors < *driver) /* the interface was made again, or its driver reset */
			deliveries->former[position] += *driver;
		*driver = errors;
	}
	return deliveries->former[position] + *driver;
}

static uint64_t count_answers(const struct counters *counters)
{
	uint64_t answers = 0;

	for (int family = 0; family < FAMILIES; family++)
		for (int verdict = 0; verdict < VERDICTS; verdict++)
			if (verdict_action(verdict) == ACTION_ANSWER)
				answers += counters->packets[family][verdict];
	return answers;
}

void deliveries_look(struct deliveries *deliveries, struct loader *loader,
		     struct socket_responder *sockets, int64_t now)
{
	static struct socket_statistics statistics;
	static struct counters counters;
	size_t count = loader ? loader_interface_count(loader) : 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t errors = deliveries_errors(deliveries, loader, i);

		if (loader_read(loader, i, &counters) == 0)
			delivery_note(&deliveries->interfaces[i], count_answers(&counters), errors,
				      now);
	}
	if (!sockets)
		return;
	socket_read(sockets, &statistics);
	for (int family = 0; family < FAMILIES; family++)
		delivery_note(&deliveries->families[family],
			      statistics.sent[family] + statistics.refused[family],
			      statistics.refused[family], now);
}

bool deliveries_ready(const struct deliveries *deliveries, const struct loader *loader,
		      struct error *reason)
{
	for (size_t i = 0; loader && i < loader_interface_count(loader); i++) {
		if (!deliveries->interfaces[i].bad)
			continue;
		error_say(reason,
			  "%s: its driver does not send the answers: see `ethtool -S %s` (xdp_tx), "
			  "and the kernel log",
			  loader_interface_get(loader, i).name,
			  loader_interface_get(loader, i).name);
		return false;
	}
	for (int family = 0; family < FAMILIES; family++) {
		if (!deliveries->families[family].bad)
			continue;
		error_say(reason,
			  "the kernel refuses the replies over %s: see whether an output firewall "
			  "drops them (`nft list ruleset`)",
			  family == FAMILY_IPV6 ? "IPv6" : "IPv4");
		return false;
	}
	return true;
}
