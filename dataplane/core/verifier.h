/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the kernel's verifier wants to see, and what keeps clang from hiding it. It walks every path
 * of the program, and refuses one that it cannot follow in 1,000,000 instructions. Hence: each
 * access behind a comparison with the frame's end, no arithmetic on that end, no 32-bit arithmetic
 * on pointers, and few values that it has to tell apart. On the host all of this is plain C.
 */
#ifndef REFLEX_CORE_VERIFIER_H
#define REFLEX_CORE_VERIFIER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * On what bytes_store64 and bytes_copy128 write: at any address for BPF, but not on its stack,
 * where the kernel takes aligned accesses only, and clang puts a struct of smaller numbers
 * anywhere.
 */
#define VERIFIER_ALIGNED __attribute__((aligned(8)))

/**
 * verifier_room - bytes from a position to the end of the frame.
 *
 * The verifier prohibits 32-bit arithmetic on pointers; the empty asm keeps clang from narrowing
 * this.
 */
static inline uint64_t verifier_room(const uint8_t *pos, const uint8_t *end)
{
	uint64_t room = (uint64_t)(end - pos);

#ifdef __bpf__
	__asm__ volatile("" : "+r"(room));
#endif
	return room;
}

/**
 * verifier_has - whether so many bytes lie between a position and the end of the frame.
 *
 * What the verifier wants to see before each access. The empty asm keeps clang from moving the
 * constant to the other side: no arithmetic is allowed on the end.
 */
static inline bool verifier_has(const uint8_t *pos, const uint8_t *end, uint32_t bytes)
{
#ifdef __bpf__
	pos += bytes;
	__asm__ volatile("" : "+r"(pos));
	return pos <= end;
#else
	return end - pos >= (int64_t)bytes;
#endif
}

/*
 * What is stored before this and loaded after it is any number to the verifier. It follows every
 * value that it knows along every path; what it has forgotten, it checks once. Costs a load, and
 * nothing on the host.
 */
static inline void verifier_forget(void)
{
#ifdef __bpf__
	__asm__ volatile("" : : : "memory");
#endif
}

/* Works a pointer out once; clang would do so again for each of its fields. */
#ifdef __bpf__
#define VERIFIER_PIN(pointer) __asm__ volatile("" : "+r"(pointer))
#else
#define VERIFIER_PIN(pointer) (void)(pointer)
#endif

/*
 * A function apart: what it leaves behind on its stack is gone when it returns, and the verifier
 * goes on from one place, not from each end of each of its loops. For BPF only, and off the
 * shortest path: a return costs 8 ns.
 */
#ifdef __bpf__
#define VERIFIER_NOINLINE static __attribute__((noinline, unused))
#else
#define VERIFIER_NOINLINE static inline
#endif

#endif
