/* SPDX-License-Identifier: MIT */
/* cpu.c: segments, task state, features, and the list of CPUs. */
#include "kernel/arch/cpu.h"

#include "kernel/arch/apic.h"
#include "kernel/arch/context.h"
#include "kernel/arch/init.h"
#include "kernel/arch/io.h"
#include "kernel/arch/offsets.h"
#include "kernel/arch/paging.h"
#include "kernel/lib/hooks.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/string.h"

_Static_assert(offsetof(struct cpu, self) == CPU_SELF, "offsets.h");
_Static_assert(offsetof(struct cpu, current) == CPU_CURRENT, "offsets.h");
_Static_assert(offsetof(struct cpu, kernel_stack) == CPU_KERNEL_STACK, "offsets.h");
_Static_assert(offsetof(struct cpu, user_stack) == CPU_USER_STACK, "offsets.h");
_Static_assert(offsetof(struct cpu, attention) == CPU_ATTENTION, "offsets.h");
_Static_assert(offsetof(struct cpu, id) == CPU_ID, "offsets.h");
_Static_assert(offsetof(struct cpu, top_lock) == CPU_TOP_LOCK, "offsets.h");
_Static_assert(offsetof(struct cpu, flags_before) == CPU_FLAGS_BEFORE, "offsets.h");

/* SDM volume 3, 7.7 */
struct task_state {
    uint32_t reserved0;
    struct unaligned rsp[3];
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3, io_map;
} __attribute__((packed));

/* A stack of its own for the double fault: the kernel's may be what is wrong. */
#define FAULT_STACK_SIZE 4096

struct cpu_tables {
    uint64_t gdt[7];
    struct task_state task;
    uint8_t fault_stack[FAULT_STACK_SIZE] __attribute__((aligned(16)));
};

static struct cpu cpus[MAX_CPUS];
static struct cpu_tables tables[MAX_CPUS];
static uint32_t count;

enum { /* CR4 */
    CR4_PGE = 1 << 7,
    CR4_OSFXSR = 1 << 9,
    CR4_OSXMMEXCPT = 1 << 10,
    CR4_SMEP = 1 << 20,
    CR4_SMAP = 1 << 21,
};

struct cpu *cpu_get(uint32_t id)
{
    return &cpus[id];
}

uint32_t cpu_count(void)
{
    return __atomic_load_n(&count, __ATOMIC_ACQUIRE);
}

uint32_t cpu_add(uint32_t apic)
{
    uint32_t id = count;
    assert_cmp(id, <, MAX_CPUS);
    cpus[id].id = id;
    cpus[id].bit = 1ull << id;
    cpus[id].apic_id = apic;
    __atomic_store_n(&count, id + 1, __ATOMIC_RELEASE);
    return id;
}

void cpu_remove_last(void)
{
    __atomic_store_n(&count, count - 1, __ATOMIC_RELEASE);
}

static void load_segments(uint32_t id)
{
    struct cpu_tables *t = &tables[id];
    uint64_t task = (uint64_t)&t->task;
    t->task.ist[0] = (uint64_t)(t->fault_stack + FAULT_STACK_SIZE);
    t->task.io_map = sizeof t->task; /* beyond the limit: no port is the user's */
    t->gdt[1] = 0x00af9a000000ffff;  /* KERNEL_CODE */
    t->gdt[2] = 0x00cf92000000ffff;  /* KERNEL_DATA */
    t->gdt[3] = 0x00cff2000000ffff;  /* USER_DATA */
    t->gdt[4] = 0x00affa000000ffff;  /* USER_CODE: after USER_DATA, as sysret wants it */
    t->gdt[5] = (sizeof t->task - 1) | (task & 0xffffff) << 16 | 0x89ull << 40 |
                (task >> 24 & 0xff) << 56;
    t->gdt[6] = task >> 32;
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) pointer = { sizeof t->gdt - 1, (uint64_t)t->gdt };
    __asm__ volatile("lgdt %0\n\t"
                     "pushq %1\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "pushq %%rax\n\t"
                     "lretq\n"
                     "1:\n\t"
                     "ltr %w2\n\t"
                     /* No LDT: the one at reset lies at address 0, where a program may map pages. */
                     "lldt %w3"
                     : : "m"(pointer), "i"(KERNEL_CODE), "r"(TSS_SELECTOR), "r"(0) : "rax", "memory");
}

static bool has_smep(void)
{
    return cpuid(0, 0).a >= 7 && (cpuid(7, 0).b & 1 << 7);
}

static bool has_smap(void)
{
    return cpuid(0, 0).a >= 7 && (cpuid(7, 0).b & 1 << 20);
}

static void enable_features(void)
{
    uint64_t cr4 = read_cr4() | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT;
    if (has_smep())
        cr4 |= CR4_SMEP;
    if (has_smap())
        cr4 |= CR4_SMAP;
    write_cr4(cr4);
    __asm__ volatile("movq %%cr0, %%rax\n\t"
                     "andq $~0xc, %%rax\n\t" /* no emulation, no task-switched: SSE works */
                     "orq $0x22, %%rax\n\t"  /* monitor coprocessor, native errors */
                     "movq %%rax, %%cr0" : : : "rax");
}

static void enable_syscalls(void)
{
    extern char syscall_entry[];
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | 1);
    wrmsr(MSR_STAR, (uint64_t)KERNEL_DATA << 48 | (uint64_t)KERNEL_CODE << 32);
    wrmsr(MSR_LSTAR, (uint64_t)syscall_entry);
    wrmsr(MSR_SFMASK, 0x44700); /* clears AC, NT, DF, IF, TF: interrupts come on in syscall_entry */
}

void cpu_init(uint32_t id, void *stack_top)
{
    struct cpu *cpu = &cpus[id];
    cpu->self = cpu;
    cpu->task_stack = &tables[id].task.rsp[0];
    load_segments(id);
    wrmsr(MSR_GS_BASE, (uint64_t)cpu);
    wrmsr(MSR_KERNEL_GS_BASE, 0);
    cpu_set_kernel_stack(cpu, stack_top);
    trap_init();
    enable_features();
    enable_syscalls();
}

void cpu_patch_smap(void)
{
    static const uint8_t stac[3] = { 0x0f, 0x01, 0xcb }, clac[3] = { 0x0f, 0x01, 0xca };
    extern const uint64_t smap_sites_start[], smap_sites_end[];
    if (!has_smap())
        return;
    for (const uint64_t *site = smap_sites_start; site < smap_sites_end; site += 2)
        memcpy((void *)site[0], site[1] == 0 ? stac : clac, 3);
}

void cpu_idle(void)
{
    /* sti takes effect after the next instruction: no interrupt slips in before hlt. */
    __asm__ volatile("sti; hlt; cli" ::: "memory");
}

void cpu_kick(uint32_t id)
{
    apic_send(cpus[id].apic_id, VECTOR_RESCHEDULE);
}

void arch_stop_others(void)
{
    static struct cpu *stopper; /* two that stop each other would both be silent: the first speaks */
    struct cpu *self = this_cpu(), *first = NULL;
    if (!__atomic_compare_exchange_n(&stopper, &first, self, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST) && first != self)
        for (;;)
            arch_quiet();
    apic_send_nmi_others();
}

void arch_quiet(void)
{
    interrupts_disable();
    cpu_pause();
}

void fpu_state_init(struct fpu_state *state)
{
    memset(state, 0, sizeof *state);
    state->bytes[0] = 0x7f; /* x87 control word 0x037f */
    state->bytes[1] = 0x03;
    state->bytes[24] = 0x80; /* MXCSR 0x1f80: all exceptions masked */
    state->bytes[25] = 0x1f;
}

uint64_t context_prepare(void *top, void (*entry)(void *), void *argument)
{
    extern char context_begin[];
    uint64_t *sp = top;
    *--sp = (uint64_t)entry;
    *--sp = (uint64_t)argument;
    *--sp = 0;                       /* rbp: the end of backtraces */
    *--sp = (uint64_t)context_begin; /* where it goes on */
    return (uint64_t)sp;
}
