/* SPDX-License-Identifier: MIT */
/*
 * raw.h: a system call with whatever is in its registers.
 *
 * The library's stubs have types; the kernel must withstand programs that have none.
 */
#pragma once

#include "kernel/abi/syscalls.h"
#include "user/lib/ponte.h"

static inline status_t raw_call(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                                uint64_t e, uint64_t f)
{
    register uint64_t r10 __asm__("r10") = d;
    register uint64_t r8 __asm__("r8") = e;
    register uint64_t r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "+a"(number), "+D"(a), "+S"(b), "+d"(c), "+r"(r10), "+r"(r8), "+r"(r9)
                     :
                     : "rcx", "r11", "memory", "cc");
    return (status_t)number;
}

#define CALL_NUMBER(number, name, count) CALL_##name = (number),
enum { SYSCALL_LIST(CALL_NUMBER) };
#undef CALL_NUMBER
