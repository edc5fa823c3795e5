// SPDX-License-Identifier: BSD-2-Clause
#include "delivery.h"

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
