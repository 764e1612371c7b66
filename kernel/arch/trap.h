/* SPDX-License-Identifier: MIT */
/* trap.h: exceptions and interrupts, and the hooks through which arch calls up. */
#pragma once

#include "kernel/lib/defs.h"

/* What an entry through the IDT leaves on the kernel stack; lowest address first. */
struct trap_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
    uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss; /* pushed by the processor */
};

static inline bool trap_from_user(const struct trap_frame *frame)
{
    return (frame->cs & 3) == 3;
}

/* "page fault", "divide error", ... */
const char *trap_name(uint64_t vector);

/* Bits of a page fault's error code (SDM volume 3, 4.7). */
enum { FAULT_PRESENT = 1, FAULT_WRITE = 2, FAULT_USER = 4, FAULT_FETCH = 16 };

/* Hooks: declared here, implemented by the layer named. */

/*
 * mm: a page fault at a user address, interrupts on. OK if the access may be tried again, ERR_INVALID_ADDRESS if the program
 * is not entitled to it, ERR_OUT_OF_MEMORY.
 */
status_t space_fault(uint64_t address, uint64_t error);

/* syscall: an exception in user mode that nothing could mend: reports it and ends the process. */
noreturn void user_fault(const struct trap_frame *frame, uint64_t address, status_t why);

/* sched: this CPU's attention flags are not zero; called with interrupts off, no lock held. */
void attend(bool to_user);
