/* SPDX-License-Identifier: MIT */
/*
 * space_switch.c: which page tables a CPU has loaded.
 *
 * Loading a root is dear (it forgets all translations), so it is done only when the next
 * thread needs another one: a thread that needs none runs on whatever is loaded. The
 * CPU then still counts as a user of that space, and tlb_shoot_down makes it let go.
 */
#include "kernel/arch/cpu.h"
#include "kernel/arch/io.h"
#include "kernel/arch/paging.h"
#include "kernel/mm/space_internal.h"

static inline void clear_user(struct cpu *cpu, struct space *space)
{
    __atomic_and_fetch(&space->users.cpus.value, ~cpu->bit, __ATOMIC_SEQ_CST);
}

void space_switch(struct cpu *cpu, struct space *space)
{
    struct space *old = cpu->space;
    cpu->space_idle = space == NULL;
    if (unlikely(space == NULL || space == old))
        return;
    /* Before the load: see tlb_shoot_down for why. */
    __atomic_or_fetch(&space->users.cpus.value, cpu->bit, __ATOMIC_SEQ_CST);
    write_cr3(virt_to_phys(space->top));
    if (likely(old != NULL))
        clear_user(cpu, old);
    cpu->space = space;
}

void space_leave(void)
{
    bool on = interrupts_save();
    struct cpu *cpu = this_cpu();
    paging_load_kernel();
    if (cpu->space != NULL)
        clear_user(cpu, cpu->space);
    cpu->space = NULL;
    interrupts_restore(on);
}

void space_drop_idle(void)
{
    struct cpu *cpu = this_cpu();
    if (cpu->space != NULL && cpu->space_idle)
        space_leave();
}
