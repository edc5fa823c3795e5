/* SPDX-License-Identifier: BSD-2-Clause */
/* Mutations of attributes, which libFuzzer's own seldom make. */
#ifndef FUZZ_MUTATOR_H
#define FUZZ_MUTATOR_H

#include <stddef.h>
#include <stdint.h>

/**
 * mutator_repeat - now and then copy one attribute of a message before another, or before itself.
 * @message: may be anything
 * @capacity: how long it may become
 * @seed: random; its three lowest bits are not used
 *
 * Return: the new length.
 */
size_t mutator_repeat(uint8_t *message, size_t length, size_t capacity, unsigned seed);

#endif
