/* SPDX-License-Identifier: MIT */
/*
 * clock.c: the time stamp counter against the old timer chip (8254), which runs at
 * 1,193,182 Hz everywhere. Both frequencies are rounded to whole MHz: they are such
 * in emulators, and a measurement of 2 ms is not good for more.
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

struct frequencies {
    uint64_t counter, apic; /* MHz */
};

static uint64_t to_megahertz(uint64_t ticks, uint64_t pit_ticks)
{
    uint64_t hertz = ticks * PIT_HERTZ / pit_ticks;
    return (hertz + 500000) / 1000000;
}

/* One measurement; all zero if the host took the CPU away for long meanwhile. */
static struct frequencies measure(void)
{
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
    if (pit_ticks > 2 * PIT_TICKS)
        return (struct frequencies){ 0, 0 };
    return (struct frequencies){ to_megahertz(end - start, pit_ticks),
                                 to_megahertz(apic_start - apic_end, pit_ticks) };
}

static bool close(uint64_t a, uint64_t b)
{
    uint64_t difference = a > b ? a - b : b - a;
    return a != 0 && difference * 100 <= a;
}

/* The CPU may be taken away between any two reads; twice the same by chance it will not be. */
void arch_clock_init(void)
{
    outb(PIT_GATE, (uint8_t)((inb(PIT_GATE) & ~2) | 1)); /* gate on, speaker off */
    base = cycles();
    struct frequencies last, now = measure();
    do {
        last = now;
        now = measure();
    } while (!close(now.counter, last.counter) || !close(now.apic, last.apic));
    ns_per_32 = (1000ull << 32) / now.counter;
    apic_timer_set_frequency(now.apic * 1000000);
}

uint64_t arch_clock_ns(void)
{
    return (uint64_t)(((unsigned __int128)(cycles() - base) * ns_per_32) >> 32);
}
