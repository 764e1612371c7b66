/* SPDX-License-Identifier: MIT */
/* apic.c: memory-mapped registers; each local APIC answers its own CPU at the same address. */
#include "kernel/arch/apic.h"

#include "kernel/arch/io.h"
#include "kernel/arch/paging.h"

enum { /* byte offsets of local APIC registers */
    APIC_ID = 0x20,
    APIC_TASK_PRIORITY = 0x80,
    APIC_EOI = 0xb0,
    APIC_SPURIOUS = 0xf0,
    APIC_COMMAND_LOW = 0x300,
    APIC_COMMAND_HIGH = 0x310,
    APIC_LVT_TIMER = 0x320,
    APIC_LVT_LINT0 = 0x350,
    APIC_LVT_LINT1 = 0x360,
    APIC_TIMER_INITIAL = 0x380,
    APIC_TIMER_CURRENT = 0x390,
    APIC_TIMER_DIVIDE = 0x3e0,
};

enum { /* interrupt command */
    COMMAND_NMI = 4 << 8,
    COMMAND_INIT = 5 << 8,
    COMMAND_STARTUP = 6 << 8,
    COMMAND_ASSERT = 1 << 14,
    COMMAND_OTHERS = 3 << 18,
    COMMAND_PENDING = 1 << 12,
};

#define LVT_MASKED (1u << 16)

static volatile uint8_t *local;
static volatile uint8_t *io;
static uint64_t ticks_per_ns_32; /* timer ticks a nanosecond, 32.32 fixed point */

static uint32_t read(uint32_t offset)
{
    return *(volatile uint32_t *)(local + offset);
}

static void write(uint32_t offset, uint32_t value)
{
    *(volatile uint32_t *)(local + offset) = value;
}

void apic_init(uint64_t local_apic, uint64_t io_apic)
{
    outb(0x21, 0xff); /* the old interrupt controllers stay quiet */
    outb(0xa1, 0xff);
    local = paging_map_device(local_apic);
    if (io_apic != 0)
        io = paging_map_device(io_apic);
}

void apic_enable(void)
{
    wrmsr(MSR_APIC_BASE, rdmsr(MSR_APIC_BASE) | 1 << 11);
    write(APIC_LVT_LINT0, LVT_MASKED);
    write(APIC_LVT_LINT1, LVT_MASKED);
    write(APIC_TASK_PRIORITY, 0);
    write(APIC_TIMER_DIVIDE, 0xb); /* by 1 */
    write(APIC_LVT_TIMER, VECTOR_TIMER); /* one-shot */
    write(APIC_SPURIOUS, 0x100 | VECTOR_SPURIOUS);
}

uint32_t apic_id(void)
{
    return read(APIC_ID) >> 24;
}

void apic_eoi(void)
{
    write(APIC_EOI, 0);
}

static void command(uint32_t target, uint32_t what)
{
    while (read(APIC_COMMAND_LOW) & COMMAND_PENDING)
        ;
    write(APIC_COMMAND_HIGH, target << 24);
    write(APIC_COMMAND_LOW, what);
}

void apic_send(uint32_t target, uint32_t vector)
{
    command(target, COMMAND_ASSERT | vector);
}

void apic_send_nmi_others(void)
{
    if (local != NULL)
        command(0, COMMAND_NMI | COMMAND_ASSERT | COMMAND_OTHERS);
}

void apic_start_cpu(uint32_t target, uint32_t page)
{
    command(target, COMMAND_INIT | COMMAND_ASSERT);
    command(target, COMMAND_STARTUP | COMMAND_ASSERT | page);
    command(target, COMMAND_STARTUP | COMMAND_ASSERT | page);
}

void apic_timer_arm(uint64_t ns)
{
    uint64_t ticks = (uint64_t)(((unsigned __int128)ns * ticks_per_ns_32) >> 32);
    if (ticks == 0)
        ticks = 1;
    if (ticks > UINT32_MAX) /* too far: the early interrupt arms it again */
        ticks = UINT32_MAX;
    write(APIC_TIMER_INITIAL, (uint32_t)ticks);
}

void apic_timer_count_from(uint32_t start)
{
    write(APIC_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
    write(APIC_TIMER_INITIAL, start);
}

uint32_t apic_timer_count(void)
{
    return read(APIC_TIMER_CURRENT);
}

void apic_timer_set_frequency(uint64_t hertz)
{
    write(APIC_TIMER_INITIAL, 0);
    write(APIC_LVT_TIMER, VECTOR_TIMER);
    ticks_per_ns_32 = (hertz << 32) / 1000000000;
}

void ioapic_route(uint32_t line, uint32_t vector, uint32_t target)
{
    if (io == NULL)
        return;
    volatile uint32_t *select = (volatile uint32_t *)io;
    volatile uint32_t *window = (volatile uint32_t *)(io + 0x10);
    *select = 0x10 + 2 * line + 1; /* redirection entry, upper half */
    *window = target << 24;
    *select = 0x10 + 2 * line;
    *window = vector;
}
