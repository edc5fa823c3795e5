// SPDX-License-Identifier: BSD-2-Clause
#include "loop.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "clock.h"

int loop_add(struct loop *loop, struct loop_source *source)
{
	struct pollfd *events = reallocarray(loop->events, loop->count + 1, sizeof(*loop->events));
	struct loop_source **end = &loop->sources;

	if (!events)
		return -ENOMEM;
	loop->events = events;
	loop->count++;
	while (*end)
		end = &(*end)->next;
	source->next = NULL;
	source->fired = false;
	*end = source;
	return 0;
}

void loop_remove(struct loop *loop, struct loop_source *source)
{
	struct loop_source **link = &loop->sources;

	while (*link && *link != source)
		link = &(*link)->next;
	if (!*link)
		return;
	*link = source->next;
	loop->count--;
}

/* Return: milliseconds, as poll has them. */
static int time_to_wait(const struct loop *loop)
{
	int64_t due = LOOP_NEVER, wait;

	for (const struct loop_source *source = loop->sources; source; source = source->next)
		if (source->due < due)
			due = source->due;
	if (due == LOOP_NEVER)
		return -1;
	wait = due - clock_ms();
	return wait < 0 ? 0 : wait > INT_MAX ? INT_MAX : (int)wait;
}

static int wait_for_sources(struct loop *loop)
{
	struct loop_source *source;
	size_t i = 0;
	int64_t now;

	for (source = loop->sources; source; source = source->next)
		loop->events[i++] = (struct pollfd){.fd = source->fd, .events = POLLIN};
	if (poll(loop->events, loop->count, time_to_wait(loop)) < 0) {
		if (errno != EINTR)
			return -errno;
		return 0;
	}
	now = clock_ms();
	for (source = loop->sources, i = 0; source; source = source->next, i++) {
		source->fired = loop->events[i].revents || source->due <= now;
		if (source->due <= now)
			source->due = LOOP_NEVER;
	}
	return 0;
}

/* From the first on each time, as any source may have gone meanwhile. */
static struct loop_source *next_fired(const struct loop *loop)
{
	struct loop_source *source = loop->sources;

	while (source && !source->fired)
		source = source->next;
	return source;
}

int loop_run(struct loop *loop)
{
	struct loop_source *source;
	int r;

	loop->stopped = false;
	while (!loop->stopped) {
		r = wait_for_sources(loop);
		if (r < 0)
			return r;
		while (!loop->stopped && (source = next_fired(loop))) {
			source->fired = false;
			source->call(source->context);
		}
	}
	return 0;
}

void loop_stop(struct loop *loop)
{
	loop->stopped = true;
}

void loop_close(struct loop *loop)
{
	free(loop->events);
	*loop = (struct loop){0};
}
