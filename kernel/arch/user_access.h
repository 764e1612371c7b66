/* SPDX-License-Identifier: MIT */
/*
 * user_access.h: the instructions that touch user memory for the kernel. For mm/usercopy.h,
 * which checks the addresses.
 *
 * Both return how much was not copied, for a fault: the exception table (.extable) says where
 * execution goes on after one. The nops become stac and clac where the CPU has SMAP.
 */
#pragma once

#include "kernel/lib/defs.h"

/* Any number of bytes; returns bytes. memory.S. */
must_check uint64_t user_copy(void *to, const void *from, size_t n);

/* Words of 8 bytes, for what has a fixed size: without a call; returns words. */
must_check static inline uint64_t user_copy_words(void *to, const void *from, uint64_t words)
{
    __asm__ volatile("1: nopl (%%rax)\n" /* 3 bytes: stac */
                     "2: rep movsq\n"
                     "3: nopl (%%rax)\n" /* 3 bytes: clac */
                     ".pushsection .extable, \"a\"\n"
                     ".quad 2b, 3b\n"
                     ".popsection\n"
                     ".pushsection .smap_sites, \"a\"\n"
                     ".quad 1b, 0, 3b, 1\n"
                     ".popsection"
                     : "+D"(to), "+S"(from), "+c"(words) : : "memory");
    return words;
}
