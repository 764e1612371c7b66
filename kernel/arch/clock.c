/* SPDX-License-Identifier: MIT */
/*
 * clock.c: the time stamp counter against the old timer chip (8254), which runs at
 * 1,193,182 Hz everywhere. Both frequencies are rounded to whole MHz: they are such
 * in emulators, and one measurement of 2 ms is not good for more.
 */
#include "kernel/arch/clock.h"

#include "kernel/arch/apic.h"
#include "kernel/arch/io.h"

#define PIT_HERTZ   1193182
#define PIT_CHANNEL 0x42
#define PIT_COMMAND 0x43
#define PIT_GATE    0x61
#define PIT_TICKS   2386 /* 2 ms */

static uint64_t base;       /* counter value at time 0 */
static uint64_t ns_per_32;  /* nanoseconds a tick, 32.32 fixed point */

static uint64_t cycles(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

static uint16_t pit_count(void)
{
    outb(PIT_COMMAND, 0x80); /* latch channel 2 */
    uint16_t low = inb(PIT_CHANNEL);
    return (uint16_t)(low | inb(PIT_CHANNEL) << 8);
}

/* Waits for the count to change, so that measurements begin and end on an edge. */
static uint16_t pit_edge(void)
{
    uint16_t first = pit_count(), now;
    while ((now = pit_count()) == first)
        ;
    return now;
}

static uint64_t to_megahertz(uint64_t ticks, uint64_t pit_ticks)
{
    uint64_t hertz = ticks * PIT_HERTZ / pit_ticks;
    return (hertz + 500000) / 1000000;
}

void arch_clock_init(void)
{
    outb(PIT_GATE, (uint8_t)((inb(PIT_GATE) & ~2) | 1)); /* gate on, speaker off */
    outb(PIT_COMMAND, 0xb0); /* channel 2, both bytes, mode 0: counts down once */
    outb(PIT_CHANNEL, 0xff);
    outb(PIT_CHANNEL, 0xff);

    apic_timer_count_from(UINT32_MAX);
    uint16_t pit_start = pit_edge();
    uint64_t start = cycles();
    uint32_t apic_start = apic_timer_count();
    while ((uint16_t)(pit_start - pit_count()) < PIT_TICKS)
        ;
    uint16_t pit_end = pit_edge();
    uint64_t end = cycles();
    uint32_t apic_end = apic_timer_count();

    uint64_t pit_ticks = (uint16_t)(pit_start - pit_end);
    uint64_t megahertz = to_megahertz(end - start, pit_ticks);
    ns_per_32 = (1000ull << 32) / (megahertz != 0 ? megahertz : 1);
    apic_timer_set_frequency(to_megahertz(apic_start - apic_end, pit_ticks) * 1000000);
    base = start;
}

uint64_t arch_clock_ns(void)
{
    return (uint64_t)(((unsigned __int128)(cycles() - base) * ns_per_32) >> 32);
}
