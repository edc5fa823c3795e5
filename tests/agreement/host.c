// SPDX-License-Identifier: BSD-2-Clause
#include "host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "settings.h"

#include "core/responder.h"

#define ROOM ((size_t)16384)

static struct policy policy;
static struct counters counters;
static uint8_t *request_end, *reply_end; /* an inaccessible page begins here */

/* Room whose end is the end of accessible memory. */
static uint8_t *map_guarded(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *start =
		mmap(NULL, ROOM + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (start == MAP_FAILED || mprotect(start + ROOM, page, PROT_NONE))
		return NULL;
	return start + ROOM;
}

int host_init(void)
{
	request_end = map_guarded();
	reply_end = map_guarded();
	return request_end && reply_end ? 0 : -ENOMEM;
}

int host_configure(const struct oracle_config *config)
{
	return settings_build(&policy, config);
}

void host_run(const uint8_t *frame, size_t length, struct outcome *outcome)
{
	uint8_t *request = request_end - length, *reply;
	struct binding binding;
	enum verdict verdict;

	memset(&binding, 0xa5, sizeof(binding));
	memcpy(request, frame, length);
	verdict = responder_examine(request, request_end, &policy, &binding);
	outcome->verdict = verdict_label(verdict);
	outcome->answered = verdict_action(verdict) == ACTION_ANSWER;
	outcome->passed = verdict_action(verdict) == ACTION_HANDOFF ||
			  verdict_action(verdict) == ACTION_FOREIGN ||
			  (verdict_action(verdict) == ACTION_REFUSE && policy.pass_refused);
	outcome->length = length;
	memcpy(outcome->frame, request, length);
	if (outcome->answered) {
		reply = reply_end - binding.reply_length;
		memset(reply, 0x5a, binding.reply_length);
		if (!responder_emit(reply, reply_end, &policy, &binding))
			outcome->verdict = "emit failed";
		outcome->length = binding.reply_length;
		memcpy(outcome->frame, reply, outcome->length);
	}
	counters_count(&counters, (enum family)binding.family, verdict, (uint32_t)length,
		       outcome->answered ? (uint32_t)outcome->length : 0);
}

const struct tally *host_tally(void)
{
	static struct tally tally;

	settings_tally(&tally, &counters);
	return &tally;
}

void host_reset(void)
{
	memset(&counters, 0, sizeof(counters));
}

int host_verdict(const char *label)
{
	for (int i = 0; i < VERDICTS; i++) {
		if (!strcmp(verdict_label((enum verdict)i), label))
			return i;
	}
	return -1;
}

const char *host_label(int verdict)
{
	return verdict_label((enum verdict)verdict);
}
