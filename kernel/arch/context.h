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
 * Saves the callee-saved registers on this stack and its pointer at *save, and goes on with
 * the stack `load`. Returns when somebody switches back. Interrupts are off.
 */
void context_switch(uint64_t *save, uint64_t load);

/*
 * Lays out a new stack so that the first context_switch to the returned value calls entry(argument) with
 * interrupts off. `top` is the address just past the stack.
 */
uint64_t context_prepare(void *top, void (*entry)(void *), void *argument);

/* Leaves the kernel for the first time: user registers are zero but for these. */
noreturn void arch_enter_user(uint64_t entry, uint64_t stack, uint64_t argument);
