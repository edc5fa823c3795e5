// SPDX-License-Identifier: BSD-2-Clause
#include "tally.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static void add(struct tally *tally, const char *family, const char *verdict, const char *action,
		uint64_t count)
{
	struct tally_line *line = tally->lines;

	if (!count)
		return; /* series that do not move are not written */
	while (line < tally->lines + tally->count &&
	       !(same(line->family, family) && same(line->verdict, verdict) &&
		 same(line->action, action)))
		line++;
	if (line == tally->lines + TALLY_LINES)
		abort();
	if (line == tally->lines + tally->count) {
		*line = (struct tally_line){family, verdict, action, 0};
		tally->count++;
	}
	line->count += count;
}

void tally_add(struct tally *tally, const char *family, const char *verdict, const char *action,
	       uint64_t packets, uint64_t received, uint64_t sent)
{
	add(tally, family, verdict, action, packets);
	add(tally, family, NULL, "rx", received);
	add(tally, family, NULL, "tx", sent);
}

void tally_frame(struct tally *tally, const struct oracle_answer *answer, size_t length)
{
	static const char *const actions[] = {
		[ORACLE_ANSWER] = "answer",
		[ORACLE_HANDOFF] = "handoff",
		[ORACLE_REFUSE] = "refuse",
		[ORACLE_FOREIGN] = "foreign",
	};

	tally_add(tally, answer->family, answer->verdict, actions[answer->action], 1, length,
		  answer->reply_length);
}

uint64_t tally_packets(const struct tally *tally, const char *action)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < tally->count; i++)
		if (tally->lines[i].verdict && (!action || same(tally->lines[i].action, action)))
			sum += tally->lines[i].count;
	return sum;
}

int tally_write(const struct tally *tally, const char *interface, const char *path)
{
	FILE *file = fopen(path, "a");

	if (!file) {
		fprintf(stderr, "live: %s: %s\n", path, strerror(errno));
		return -errno;
	}
	for (size_t i = 0; i < tally->count; i++) {
		const struct tally_line *line = &tally->lines[i];

		fprintf(file, "%s %s %s%s%s %" PRIu64 "\n", interface, line->family,
			line->verdict ? line->verdict : "", line->verdict ? " " : "", line->action,
			line->count);
	}
	return fclose(file) ? -errno : 0;
}
