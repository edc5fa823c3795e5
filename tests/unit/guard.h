/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory that ends where access ends: one byte read or written too far is a SIGSEGV. */
#ifndef GUARD_H
#define GUARD_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define GUARD_ROOM ((size_t)65536) /* before the end */

/**
 * guard_map - map GUARD_ROOM bytes, with an inaccessible page behind them and one before.
 *
 * Return: where they end, or NULL.
 */
static inline uint8_t *guard_map(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *start =
		mmap(NULL, page + GUARD_ROOM + page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (start == MAP_FAILED || mprotect(start + page, GUARD_ROOM, PROT_READ | PROT_WRITE))
		return NULL;
	return start + page + GUARD_ROOM;
}

/* Copies bytes so that they end at the end; returns where they begin. */
static inline uint8_t *guard_place(uint8_t *end, const void *bytes, size_t length)
{
	if (length)
		memcpy(end - length, bytes, length);
	return end - length;
}

#endif
