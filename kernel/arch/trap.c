/* SPDX-License-Identifier: MIT */
/* trap.c: one entry for all exceptions and interrupts; see entry.S for how it is reached. */
#include "kernel/arch/trap.h"

#include "kernel/abi/layout.h"
#include "kernel/arch/apic.h"
#include "kernel/arch/cpu.h"
#include "kernel/arch/init.h"
#include "kernel/arch/io.h"
#include "kernel/arch/offsets.h"
#include "kernel/lib/panic.h"

enum { EXCEPTION_BREAKPOINT = 3, EXCEPTION_NMI = 2, EXCEPTION_DOUBLE = 8, EXCEPTION_PAGE = 14 };

/* SDM volume 3, 6.14.1 */
struct gate {
    uint16_t offset_low, selector;
    uint8_t stack, type;
    uint16_t offset_middle;
    uint32_t offset_high, reserved;
};

/* A place where the kernel may fault on a user address, and where it goes on. */
struct exception_entry {
    uint64_t fault, resume;
};

static struct gate gates[256];
static void (*handlers[VECTOR_COUNT])(void);

void trap_dispatch(struct trap_frame *frame); /* called by entry.S */

const char *trap_name(uint64_t vector)
{
    static const char *const names[] = {
        "divide error", "debug exception", "non-maskable interrupt", "breakpoint", "overflow",
        "bound range exceeded", "invalid instruction", "device not available", "double fault",
        "coprocessor segment overrun", "invalid task state", "segment not present",
        "stack segment fault", "general protection fault", "page fault", "reserved exception",
        "x87 floating-point error", "misaligned access", "machine check", "SSE floating-point error",
    };
    return vector < array_size(names) ? names[vector] : "unknown exception";
}

static void set_gate(uint32_t vector, const void *entry, int privilege, uint8_t stack)
{
    uint64_t address = (uint64_t)entry;
    gates[vector] = (struct gate){
        .offset_low = (uint16_t)address,
        .selector = KERNEL_CODE,
        .stack = stack,
        .type = (uint8_t)(0x8e | privilege << 5), /* present, interrupt gate */
        .offset_middle = (uint16_t)(address >> 16),
        .offset_high = (uint32_t)(address >> 32),
    };
}

void trap_init(void)
{
    extern char trap_stubs[], nmi_entry[];
    for (uint32_t vector = 0; vector < VECTOR_COUNT; vector++)
        set_gate(vector, trap_stubs + 16 * vector, vector == EXCEPTION_BREAKPOINT ? 3 : 0,
                 vector == EXCEPTION_DOUBLE ? 1 : 0);
    /* Not on the current stack: at a system call's first instruction that is the program's. */
    set_gate(EXCEPTION_NMI, nmi_entry, 0, 1);
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) pointer = { sizeof gates - 1, (uint64_t)gates };
    __asm__ volatile("lidt %0" : : "m"(pointer));
}

void trap_set_handler(uint32_t vector, void (*handler)(void))
{
    handlers[vector] = handler;
}

static uint64_t find_resume(uint64_t address)
{
    extern const struct exception_entry extable_start[], extable_end[];
    for (const struct exception_entry *e = extable_start; e < extable_end; e++)
        if (e->fault == address)
            return e->resume;
    return 0;
}

static noreturn void kernel_fault(const struct trap_frame *frame, uint64_t address)
{
    if (frame->vector == EXCEPTION_PAGE)
        panic_at(frame->rbp, frame->rip, "page fault in the kernel: %s 0x%lx (error 0x%lx)",
                 frame->error & FAULT_WRITE ? "writing" : "reading", address, frame->error);
    panic_at(frame->rbp, frame->rip, "%s in the kernel (error 0x%lx)", trap_name(frame->vector),
             frame->error);
}

/*
 * A fault at a user address may be mended, whether the program touched it or user_copy
 * on its behalf. What cannot be mended ends the copy, or the program. Under a spinlock nothing is
 * mended, for that takes locks and memory: user_peek says that the page is not there.
 */
static void page_fault(struct trap_frame *frame)
{
    uint64_t address = read_cr2(); /* before interrupts come on: another fault overwrites it */
    bool user = trap_from_user(frame);
    uint64_t resume = user ? 0 : find_resume(frame->rip);
    if (!user && resume == 0)
        kernel_fault(frame, address);
    status_t st = ERR_INVALID_ADDRESS;
    bool may_mend = user || cpu_top_lock_is(NULL);
    if (may_mend && address >= USER_BASE && address < USER_END) {
        interrupts_enable();
        st = space_fault(address, frame->error);
        interrupts_disable();
    }
    if (st == OK)
        return;
    if (!user) {
        frame->rip = resume;
        return;
    }
    interrupts_enable();
    user_fault(frame, address, st);
}

static void interrupt(uint64_t vector)
{
    if (vector == VECTOR_SPURIOUS)
        return; /* wants no end of interrupt */
    apic_eoi();
    if (handlers[vector] != NULL)
        handlers[vector]();
}

void trap_dispatch(struct trap_frame *frame)
{
    bool user = trap_from_user(frame);
    if (frame->vector >= VECTOR_TIMER) {
        interrupt(frame->vector);
    } else if (frame->vector == EXCEPTION_PAGE) {
        page_fault(frame);
    } else if (user) {
        interrupts_enable();
        user_fault(frame, 0, OK);
    } else {
        kernel_fault(frame, 0);
    }
    if (this_cpu()->attention != 0 && cpu_top_lock_is(NULL))
        attend(user);
}
