/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What clang and the kernel's verifier need. On the host it does nothing, or only compares.
 *
 * The verifier follows every path with all that it knows of each value, and gives up after
 * 1,000,000 instructions. Two paths join only where it knows the same of both. So values go
 * through memory (verifier_forget), loops are functions of their own where they leave too much
 * behind (VERIFIER_NOINLINE), and bounds are checked in the one form that it accepts
 * (verifier_has). The length of a path counts too: an instruction costs about 0.1 ns, and clang
 * makes fewer of them where it is told to work something out once (VERIFIER_PIN), or to leave an
 * exit alone (verdict_own_exit in verdict.h).
 */
#ifndef REFLEX_CORE_VERIFIER_H
#define REFLEX_CORE_VERIFIER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * For what bytes_store64 and bytes_copy128 write on the stack. BPF may write at any address
 * elsewhere, but the kernel takes only aligned accesses to its stack, and clang puts a struct of
 * smaller numbers anywhere there.
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

/**
 * verifier_forget - what is stored before this and loaded after it is any number to the verifier.
 *
 * It follows every value that it knows along every path; what it has forgotten, it checks once.
 * Costs a load.
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
