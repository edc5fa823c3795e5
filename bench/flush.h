/* SPDX-License-Identifier: BSD-2-Clause */
/* Flushes memory out of the caches, so that the next read has to wait for it. */
#ifndef REFLEX_BENCH_FLUSH_H
#define REFLEX_BENCH_FLUSH_H

#include <cstddef>
#include <cstdint>

inline void flush_line(const void *at)
{
#if defined(__x86_64__)
	__builtin_ia32_clflush(at);
#elif defined(__aarch64__)
	asm volatile("dc civac, %0" : : "r"(at) : "memory");
#else
	static_assert(sizeof(at) == 0, "how does this machine write back and forget a line?");
#endif
}

inline void flush(const void *from, size_t size)
{
	const auto *bytes = static_cast<const uint8_t *>(from);

	for (size_t i = 0; i < size; i += 64)
		flush_line(bytes + i);
	flush_line(bytes + size - 1);
	__sync_synchronize();
}

#endif
