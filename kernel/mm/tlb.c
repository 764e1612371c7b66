/* SPDX-License-Identifier: MIT */
/*
 * tlb.c: each CPU has two counters: asked, raised by whoever wants it to forget, and
 * answered, set by the CPU to the value of `asked` it saw before forgetting. No
 * message, so none can be lost or overwritten, and one answer serves many askers.
 */
#include "kernel/mm/tlb.h"

#include "kernel/arch/apic.h"
#include "kernel/arch/cpu.h"
#include "kernel/arch/init.h"
#include "kernel/arch/io.h"
#include "kernel/arch/offsets.h"
#include "kernel/lib/panic.h"
#include "kernel/mm/space.h"
#include "kernel/sync/spinlock.h"

static struct {
    atomic64_t asked, answered;
} tlb[MAX_CPUS];

/* In interrupt context on the asked CPU. Reloading the root forgets all user translations. */
static void answer(void)
{
    uint32_t id = this_cpu()->id;
    uint64_t asked = atomic64_load(&tlb[id].asked);
    space_drop_idle();
    write_cr3(read_cr3());
    __atomic_store_n(&tlb[id].answered.value, asked, __ATOMIC_SEQ_CST);
}

void tlb_init(void)
{
    trap_set_handler(VECTOR_TLB, answer);
}

static uint64_t ask(uint32_t id)
{
    uint64_t ticket = atomic64_add(&tlb[id].asked, 1);
    bool on = interrupts_save(); /* the interrupt command is two writes */
    apic_send(cpu_get(id)->apic_id, VECTOR_TLB);
    interrupts_restore(on);
    return ticket;
}

void tlb_shoot_down(struct tlb_users *users)
{
    assert_no_spinlock("waiting for other CPUs");
    uint64_t tickets[MAX_CPUS];
    /*
     * The page table was changed before this load, and a CPU sets its bit before it loads the
     * root: whoever is not in the mask will see the change.
     */
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* or the load could pass the change in the store buffer */
    uint64_t mask = atomic64_load(&users->cpus);
    bool on = interrupts_save();
    uint32_t self = this_cpu()->id;
    if (mask & 1ull << self) {
        space_drop_idle();
        write_cr3(read_cr3());
    }
    interrupts_restore(on);
    /* From here on this thread may move to another CPU: that one is asked like any other. */
    mask &= ~(1ull << self);
    for (uint32_t id = 0; id < cpu_count(); id++)
        if (mask & 1ull << id)
            tickets[id] = ask(id);
    for (uint32_t id = 0; id < cpu_count(); id++)
        if (mask & 1ull << id)
            while (atomic64_load(&tlb[id].answered) < tickets[id])
                cpu_pause();
}
