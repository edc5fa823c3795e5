// SPDX-License-Identifier: BSD-2-Clause
#include "mutator.h"

#include <string.h>

#define STARTS_MAX 18 /* beyond what is walked */

/* Header, value and padding of what stands there, as far as there is any. */
static size_t attribute_size(const uint8_t *message, size_t length, size_t at)
{
	size_t value = message[at + 2] * 256u + message[at + 3];
	size_t size = 4 + (value + 3) / 4 * 4;

	return size < length - at ? size : length - at;
}

size_t mutator_repeat(uint8_t *message, size_t length, size_t capacity, unsigned seed)
{
	size_t starts[STARTS_MAX], count = 0, from, to, size;

	if (seed / 8 % 4)
		return length;
	for (size_t at = 20; at + 4 <= length && count < STARTS_MAX;
	     at += attribute_size(message, length, at))
		starts[count++] = at;
	if (!count)
		return length;
	from = starts[seed / 32 % count];
	to = starts[seed / 1024 % count];
	size = attribute_size(message, length, from);
	if (length + size > capacity)
		return length;
	memmove(message + to + size, message + to, length - to);
	memcpy(message + to, message + (from < to ? from : from + size), size);
	return length + size;
}
