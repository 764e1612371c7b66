/* SPDX-License-Identifier: MIT */
/* init.h: setting up a CPU. */
#pragma once

#include "kernel/arch/cpu.h"
#include "kernel/arch/io.h"

/*
 * On each CPU first: segments, interrupt table, system call entry, protection features, and its
 * struct cpu in GS. `stack_top` serves entries from user space until a thread runs.
 */
void cpu_init(uint32_t id, void *stack_top);

/* Registers a CPU and returns its id; CPU_BOOT must be the first. */
uint32_t cpu_add(uint32_t apic_id);
void cpu_remove_last(void);

/* Makes stac and clac of the places that want them. Once, while text is still writable. */
void cpu_patch_smap(void);

/* For entries from user space on this CPU, from now on: system calls and traps. Interrupts off. */
static inline void cpu_set_kernel_stack(struct cpu *cpu, void *top)
{
    cpu->kernel_stack = (uint64_t)top;
    cpu->task_stack->value = (uint64_t)top;
}

/* The user's FS base, from now on. */
static inline void cpu_set_tls(uint64_t base)
{
    wrmsr(MSR_FS_BASE, base);
}

/* Sleeps until an interrupt; interrupts are on meanwhile and off again after. */
void cpu_idle(void);

/* Makes another CPU look at its attention flags. */
void cpu_kick(uint32_t id);

/* Runs `handler` for an interrupt vector (VECTOR_TIMER ...), interrupts off, on any CPU. */
void trap_set_handler(uint32_t vector, void (*handler)(void));

/* Loads the interrupt table on this CPU. */
void trap_init(void);
