/* SPDX-License-Identifier: MIT */
/* timer_internal.h: what timer.c and sched.c know of each other. */
#pragma once

#include "kernel/sched/timer.h"

/* Boot: before any timer is armed. */
void timers_init(void);

/* The running thread's turn ends then. Interrupts off. */
void timer_set_slice(uint64_t end);

/* The turn is over: called in interrupt context. */
void sched_slice_over(void);

/* Armed timers but for background ones. */
uint32_t timer_armed_count(void);
