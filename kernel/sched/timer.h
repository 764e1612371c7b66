/* SPDX-License-Identifier: MIT */
/*
 * timer.h: time, and calls at a given time.
 *
 * This is the one place where time is read. A timer belongs to the CPU that armed
 * it; its function runs there in interrupt context with the CPU's timer lock held,
 * so timer_cancel returns only when the function is not running and will not run.
 */
#pragma once

#include "kernel/abi/time.h"
#include "kernel/lib/list.h"

struct timer {
    struct list link;
    uint64_t deadline; /* ns */
    uint32_t cpu;      /* whose list it is on */
    bool armed;
    bool background;   /* does not keep the system alive: see deadlock.h */
    void (*expired)(struct timer *timer);
};

/* Monotonic nanoseconds since the kernel's start. */
uint64_t clock_now(void);

void timer_init(struct timer *timer, void (*expired)(struct timer *));
void timer_arm(struct timer *timer, uint64_t deadline);
void timer_cancel(struct timer *timer);
