/* SPDX-License-Identifier: MIT */
/*
 * main.c: bring-up, in order: from the loader's structures to the first program.
 *
 * Everything here runs on the boot CPU, with interrupts off until its idle thread
 * takes over; the other CPUs join at smp_start and go straight to their idle threads.
 */
#include "kernel/arch/acpi.h"
#include "kernel/arch/apic.h"
#include "kernel/arch/clock.h"
#include "kernel/arch/init.h"
#include "kernel/arch/paging.h"
#include "kernel/arch/pvh.h"
#include "kernel/arch/smp.h"
#include "kernel/drivers/uart.h"
#include "kernel/lib/string.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/kmalloc.h"
#include "kernel/mm/tlb.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/timer_internal.h"
#include "kernel/start.h"

extern char boot_stack[], boot_stack_top[];

void boot_main(uint64_t start_info); /* called by boot.S */

static struct thread idle_threads[MAX_CPUS];

static void *boot_page(void)
{
    return frame_boot_allocate(PAGE_SIZE);
}

static void adopt_idle(uint32_t id, void *stack)
{
    struct thread *idle = &idle_threads[id];
    idle->stack = stack;
    *(uint64_t *)stack = STACK_CANARY;
    string_copy(idle->name, "idle", sizeof idle->name);
    sched_adopt_idle(idle);
}

static void *other_stack(void)
{
    char *stack = frame_alloc(KERNEL_STACK_ORDER);
    return stack != NULL ? stack + KERNEL_STACK_SIZE : NULL;
}

/* Where another CPU arrives in C, on the stack that other_stack gave. */
static void other_cpu(uint32_t id)
{
    char *stack = (char *)round_down((uint64_t)__builtin_frame_address(0), KERNEL_STACK_SIZE);
    cpu_init(id, stack + KERNEL_STACK_SIZE);
    paging_load_kernel();
    smp_arrived();
    apic_enable();
    adopt_idle(id, stack);
    sched_idle();
}

static void init_memory(const struct acpi_info *acpi)
{
    paging_init(boot_page);
    apic_init(acpi->local_apic, acpi->io_apic);
    frame_init();
    kmalloc_init();
}

static void start_other_cpus(const struct acpi_info *acpi)
{
    smp_start(acpi, other_stack, other_cpu);
}

void boot_main(uint64_t start_info)
{
    cpu_add(0);
    cpu_init(CPU_BOOT, boot_stack_top);
    uart_init();
    pvh_read(start_info);
    struct acpi_info acpi = acpi_read(boot_info.rsdp); /* before its memory is handed out */
    cpu_patch_smap();
    init_memory(&acpi);
    apic_enable();
    cpu_get(CPU_BOOT)->apic_id = apic_id();
    arch_clock_init();
    sched_init();
    timers_init();
    tlb_init();
    adopt_idle(CPU_BOOT, boot_stack);
    start_other_cpus(&acpi);
    start_programs();
    sched_idle();
}
