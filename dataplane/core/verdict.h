/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Each outcome of a packet, and what is done with it, made from verdict.def. */
#ifndef REFLEX_CORE_VERDICT_H
#define REFLEX_CORE_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

/* What a verdict asks of the carrier. */
enum action {
	ACTION_ANSWER,	/* send the reply out of the port the request came in by */
	ACTION_PUNT,	/* to the slow path: the socket responder can answer it */
	ACTION_REFUSE,	/* drop, or pass to the network stack where the policy says so */
	ACTION_FOREIGN, /* pass to the network stack: not for a service */
	ACTIONS,
};

enum verdict {
#define VERDICT(name, label, action, help) VERDICT_##name,
#include "verdict.def"
#undef VERDICT
	VERDICTS,
	VERDICT_UNDECIDED = VERDICTS, /* inside examine only: the next stage decides */
};

/* Room in the counters for verdicts to come, so that they keep their layout over upgrades. */
#define VERDICTS_MAX 64

#ifdef __cplusplus
static_assert(VERDICTS <= VERDICTS_MAX, "the counters have no room for more verdicts");
#else
_Static_assert(VERDICTS <= VERDICTS_MAX, "the counters have no room for more verdicts");
#endif

/* The set of verdicts with one action, a bit each: a test costs a shift and no memory. */
static inline uint64_t verdict_set(enum action action)
{
	return 0
#define VERDICT(name, label, does, help)                                                           \
	| (action == ACTION_##does ? (uint64_t)1 << VERDICT_##name : 0)
#include "verdict.def"
#undef VERDICT
		;
}

/**
 * verdict_action - what the carrier does with a packet of this verdict.
 * @verdict: below VERDICTS
 */
static inline enum action verdict_action(enum verdict verdict)
{
	uint64_t bit = (uint64_t)1 << verdict;

	if (bit & verdict_set(ACTION_ANSWER))
		return ACTION_ANSWER;
	if (bit & verdict_set(ACTION_PUNT))
		return ACTION_PUNT;
	return bit & verdict_set(ACTION_REFUSE) ? ACTION_REFUSE : ACTION_FOREIGN;
}

/** verdict_is_success - whether the client is told its address. */
static inline bool verdict_is_success(enum verdict verdict)
{
	return verdict == VERDICT_SUCCESS || verdict == VERDICT_LEGACY_SUCCESS;
}

/*
 * Keeps each exit a block of its own. clang would merge them, and the verifier would follow more
 * paths.
 */
static inline enum verdict verdict_own_exit(enum verdict verdict)
{
#ifdef __bpf__
	__asm__ volatile("" : "+r"(verdict));
#endif
	return verdict;
}

#ifndef __bpf__
/**
 * verdict_label - the value of the metric label `verdict`.
 * @verdict: below VERDICTS
 */
static inline const char *verdict_label(enum verdict verdict)
{
	static const char *const labels[] = {
#define VERDICT(name, label, action, help) #label,
#include "verdict.def"
#undef VERDICT
	};
	return labels[verdict];
}

/**
 * action_label - the value of the metric label `action`.
 * @action: below ACTIONS
 */
static inline const char *action_label(enum action action)
{
	static const char *const labels[] = {"answer", "handoff", "refuse", "foreign"};

	return labels[action];
}
#endif

#endif
