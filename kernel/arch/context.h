/* SPDX-License-Identifier: MIT */
/* context.h: switching between kernel stacks, and going to user space. */
#pragma once

#include "kernel/arch/cpu.h"
#include "kernel/lib/defs.h"

/* What fxsave stores; 16-byte aligned. */
struct fpu_state {
    uint8_t bytes[512];
} __attribute__((aligned(16)));

/* The state of a program that has not used SSE yet. */
void fpu_state_init(struct fpu_state *state);

static inline void fpu_save(struct fpu_state *state)
{
    __asm__ volatile("fxsave %0" : "=m"(*state));
}

static inline void fpu_restore(const struct fpu_state *state)
{
    __asm__ volatile("fxrstor %0" : : "m"(*state));
}

/*
 * Leaves this stack, its pointer saved at *save, and goes on with the stack `load`. Comes back when
 * somebody switches back. Interrupts are off. On each stack that is not running, lowest first:
 *
 *     where it goes on, rbp
 *
 * Every other register is said to be lost, so the compiler has saved what its function needs,
 * and that alone. rbp, the frame pointer, cannot be named so.
 */
static inline void context_switch(uint64_t *save, uint64_t load)
{
    __asm__ volatile("pushq %%rbp\n\t"
                     "pushq $1f\n\t"
                     "movq %%rsp, (%0)\n\t"
                     "movq %1, %%rsp\n\t"
                     "ret\n"
                     "1:\t"
                     "popq %%rbp"
                     : "+D"(save), "+S"(load)
                     :
                     : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
                       "memory", "cc");
}

/* The frame pointer of a stack that is not running: for backtraces. */
static inline uint64_t context_frame(uint64_t context)
{
    return ((const uint64_t *)context)[1];
}

/*
 * Lays out a new stack so that the first context_switch to the returned value calls entry(argument) with
 * interrupts off. `top` is the address just past the stack.
 */
uint64_t context_prepare(void *top, void (*entry)(void *), void *argument);

/* Leaves the kernel for the first time: user registers are zero but for these. */
noreturn void arch_enter_user(uint64_t entry, uint64_t stack, uint64_t argument);
