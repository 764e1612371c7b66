/* SPDX-License-Identifier: MIT */
/*
 * cpu.h: what each CPU has of its own, reached through GS.
 *
 * The offsets of the fields that assembly touches stand in arch/offsets.h.
 */
#pragma once

#include "kernel/arch/offsets.h"
#include "kernel/lib/defs.h"

#define MAX_CPUS     16
#define CPU_BOOT     0

struct cpu_cache;
struct run_queue;
struct spinlock;
struct space;
struct thread;

/* Why a CPU on its way to user space, or out of an interrupt, should stop and look. */
enum cpu_attention { ATTEND_RESCHEDULE = 1, ATTEND_KILLED = 2 };

/* A word inside a structure of the processor's that is not aligned. */
struct unaligned {
    uint64_t value;
} __attribute__((packed));

struct cpu {
    struct cpu *self;          /* offset 0: how C gets at this struct */
    struct thread *current;    /* the running thread */
    uint64_t kernel_stack;     /* top of its stack: where entries from user space begin */
    uint64_t user_stack;       /* scratch of the syscall entry */
    uint32_t attention;        /* enum cpu_attention bits */
    uint32_t id;               /* 0 .. cpu_count() - 1 */
    struct spinlock *top_lock; /* the spinlock taken last; while there is one, interrupts are off */
    uint64_t flags_before;     /* rflags when the first one was taken */
    uint32_t apic_id;
    struct run_queue *queue;   /* sched.c's */
    struct cpu_cache *caches;  /* kmalloc.c's */
    struct unaligned *task_stack; /* the same as kernel_stack, where the processor reads it for traps */
    struct space *space;       /* whose page tables are loaded; NULL: the kernel's own */
    uint64_t tls;              /* the FS base that is loaded */
    uint64_t bit;              /* [I] 1 << id: in sets of CPUs */
    bool space_idle;           /* they stay loaded, but the running thread needs none */
};

/* This CPU. Only meaningful while the thread cannot move: interrupts off. */
static inline struct cpu *this_cpu(void)
{
    struct cpu *cpu;
    __asm__ volatile("movq %%gs:%c1, %0" : "=r"(cpu) : "i"(CPU_SELF));
    return cpu;
}

/* Its id: one instruction. */
static inline uint32_t this_cpu_id(void)
{
    uint32_t id;
    __asm__ volatile("movl %%gs:%c1, %0" : "=r"(id) : "i"(CPU_ID));
    return id;
}

/* The running thread: one instruction, so right at any time. */
static inline struct thread *arch_current(void)
{
    struct thread *t;
    __asm__ volatile("movq %%gs:%c1, %0" : "=r"(t) : "i"(CPU_CURRENT));
    return t;
}

/*
 * The spinlock this CPU took last, or NULL. One instruction, so right at any time: if there is
 * one, interrupts are off and the thread cannot move; if not, so it is wherever it moves.
 */
static inline struct spinlock *cpu_top_lock(void)
{
    struct spinlock *lock;
    __asm__ volatile("movq %%gs:%c1, %0" : "=r"(lock) : "i"(CPU_TOP_LOCK));
    return lock;
}

static inline void cpu_set_top_lock(struct spinlock *lock)
{
    __asm__ volatile("movq %0, %%gs:%c1" : : "r"(lock), "i"(CPU_TOP_LOCK) : "memory");
}

/* The same question where the answer is expected: one comparison. */
static inline bool cpu_top_lock_is(const struct spinlock *lock)
{
    bool same;
    __asm__ volatile("cmpq %1, %%gs:%c2" : "=@cce"(same) : "re"(lock), "i"(CPU_TOP_LOCK));
    return same;
}

#define FLAG_INTERRUPTS 0x200ull

/*
 * Turns interrupts off and notes whether they were on. The note is written when they are off
 * already: so it is this CPU's.
 */
static inline void cpu_interrupts_hold(void)
{
    __asm__ volatile("pushfq; cli; popq %%gs:%c0" : : "i"(CPU_FLAGS_BEFORE) : "memory");
}

/* Whether they were on then. */
static inline bool cpu_interrupts_held(void)
{
    bool on;
    __asm__ volatile("testl %1, %%gs:%c2"
                     : "=@ccnz"(on) : "i"(FLAG_INTERRUPTS), "i"(CPU_FLAGS_BEFORE));
    return on;
}

struct cpu *cpu_get(uint32_t id);
uint32_t cpu_count(void);

static inline uint64_t read_flags(void)
{
    uint64_t flags;
    __asm__ volatile("pushfq; popq %0" : "=r"(flags));
    return flags;
}

/* Turns interrupts off and says whether they were on: for interrupts_restore. */
static inline bool interrupts_save(void)
{
    bool on = read_flags() & FLAG_INTERRUPTS;
    __asm__ volatile("cli" ::: "memory");
    return on;
}

static inline void interrupts_restore(bool on)
{
    if (on)
        __asm__ volatile("sti" ::: "memory");
}

static inline void interrupts_disable(void)
{
    __asm__ volatile("cli" ::: "memory");
}

static inline void interrupts_enable(void)
{
    __asm__ volatile("sti" ::: "memory");
}

/* Stores about where this code is: for reports. One instruction, for the kernel lies in the top 2 GiB. */
static inline void note_code_address(const void **at)
{
    __asm__("movq $., %0" : "=m"(*at));
}

static inline void cpu_pause(void)
{
    __asm__ volatile("pause" ::: "memory");
}
