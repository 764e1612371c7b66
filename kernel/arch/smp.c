/* SPDX-License-Identifier: MIT */
/* smp.c: INIT and start-up interrupts (SDM volume 3, 9.4); one CPU at a time. */
#include "kernel/arch/smp.h"

#include "kernel/arch/apic.h"
#include "kernel/arch/clock.h"
#include "kernel/arch/init.h"
#include "kernel/arch/paging.h"
#include "kernel/lib/log.h"
#include "kernel/lib/string.h"

#define ARRIVAL_TIMEOUT 200000000ull /* ns: far more than a CPU needs, far less than a person notices */

extern char trampoline_start[], trampoline_end[];

uint64_t smp_stack; /* read by boot.S: where the CPU being started finds its stack */
static uint32_t starting;

/* Of the CPU being started: who is first decides whether it takes part. */
enum { WAITING, ARRIVED, GIVEN_UP };
static uint32_t arrival;

static void (*start_entry)(uint32_t id);

void smp_main(void); /* called by boot.S */

void smp_main(void)
{
    start_entry(starting);
}

/* From WAITING to `outcome`, if nobody has decided otherwise. */
static bool decide(uint32_t outcome)
{
    uint32_t waiting = WAITING;
    return __atomic_compare_exchange_n(&arrival, &waiting, outcome, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
}

void smp_arrived(void)
{
    if (!decide(ARRIVED))
        for (;;) /* too late: the others have stopped counting on it */
            arch_quiet();
}

/* Whether it came within the time. */
static bool start_one(uint32_t id, uint32_t target)
{
    __atomic_store_n(&arrival, WAITING, __ATOMIC_SEQ_CST);
    starting = id;
    apic_start_cpu(target, TRAMPOLINE >> PAGE_SHIFT);
    uint64_t limit = arch_clock_ns() + ARRIVAL_TIMEOUT;
    while (__atomic_load_n(&arrival, __ATOMIC_SEQ_CST) == WAITING) {
        if (arch_clock_ns() > limit && decide(GIVEN_UP))
            return false;
        cpu_pause();
    }
    return true;
}

void smp_start(const struct acpi_info *info, void *(*allocate_stack)(void),
               void (*entry)(uint32_t id))
{
    memcpy(phys_to_virt(TRAMPOLINE), trampoline_start,
           (size_t)(trampoline_end - trampoline_start));
    start_entry = entry;
    uint32_t boot_id = apic_id();
    for (uint32_t i = 0; i < info->cpu_count; i++) {
        if (info->apic_ids[i] == boot_id)
            continue;
        void *stack = allocate_stack();
        if (stack == NULL)
            return;
        smp_stack = (uint64_t)stack;
        uint32_t id = cpu_add(info->apic_ids[i]);
        if (!start_one(id, info->apic_ids[i])) {
            log("cpu %u did not start; going on without it\n", id);
            cpu_remove_last();
            return; /* it may still come, late, and read what is meant for the next: start no other */
        }
    }
}
