/* SPDX-License-Identifier: MIT */
/*
 * user_access.h: the instructions that touch user memory for the kernel. For mm/usercopy.h,
 * which checks the addresses.
 *
 * Copying goes by words: an emulator spends as long on a byte as on a word, and so does a
 * count of instructions. It is inline, for every message is copied four times: then a part of
 * fixed size costs hardly more than its words.
 */
#pragma once

#include "kernel/lib/defs.h"

/*
 * A copy that survives a fault: the exception table sends one in it to the instruction behind it, with
 * rcx telling what was left. The nops of 3 bytes become stac and clac where the CPU has SMAP.
 */
#define USER_ACCESS(copy)                         \
    "1: nopl (%%rax)\n"                           \
    "2: " copy "\n"                               \
    "3: nopl (%%rax)\n"                           \
    ".pushsection .extable, \"a\"\n"              \
    ".quad 2b, 3b\n"                              \
    ".popsection\n"                               \
    ".pushsection .smap_sites, \"a\"\n"           \
    ".quad 1b, 0, 3b, 1\n" /* 0: stac, 1: clac */ \
    ".popsection"

/* Between kernel and user memory, either way. Returns how many bytes were not copied, for a fault. */
must_check static inline uint64_t user_copy(void *to, const void *from, size_t n)
{
    uint64_t words = n / 8, bytes = n % 8;
    __asm__ volatile(USER_ACCESS("rep movsq") : "+D"(to), "+S"(from), "+c"(words) : : "memory");
    if (unlikely(words != 0))
        return words * 8 + bytes;
    if (bytes != 0)
        __asm__ volatile(USER_ACCESS("rep movsb") : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
    return bytes;
}

/*
 * Reads one aligned word of 32 bits; false if it faulted. Under a spinlock a fault is not mended: it only says that the
 * page is not there now.
 */
must_check static inline bool user_load32(const uint32_t *from, uint32_t *value)
{
    uint64_t fault = 1; /* cleared behind the load, which a fault leaves out */
    uint32_t loaded = 0;
    __asm__ volatile("1: nopl (%%rax)\n"
                     "2: movl %2, %1\n"
                     "xorl %k0, %k0\n"
                     "3: nopl (%%rax)\n"
                     ".pushsection .extable, \"a\"\n"
                     ".quad 2b, 3b\n"
                     ".popsection\n"
                     ".pushsection .smap_sites, \"a\"\n"
                     ".quad 1b, 0, 3b, 1\n"
                     ".popsection"
                     : "+r"(fault), "+r"(loaded)
                     : "m"(*from)
                     : "memory", "cc");
    *value = loaded;
    return fault == 0;
}
