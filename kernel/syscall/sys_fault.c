/* SPDX-License-Identifier: MIT */
/*
 * sys_fault.c: the end of a program that did what it may not.
 *
 * An exception is an entry from user space as a system call is, with addresses that are as
 * little to be believed; so it has its place here. Implements two hooks: arch/trap.h's
 * user_fault and sched/thread.h's user_backtrace.
 *
 * The report is put together first and printed as one piece, so that two programs that
 * fault at once do not mix theirs.
 */
#include "kernel/abi/layout.h"
#include "kernel/arch/trap.h"
#include "kernel/lib/format.h"
#include "kernel/lib/log.h"
#include "kernel/mm/space.h"
#include "kernel/mm/usercopy.h"
#include "kernel/object/elf.h"
#include "kernel/object/process.h"

#define VECTOR_PAGE_FAULT 14
#define BACKTRACE_MAX     12

struct report {
    char text[2048];
    size_t used;
};

static void say(struct report *r, const char *format, ...) printf_like(2, 3);

/* What does not fit is left out. */
static void say(struct report *r, const char *format, ...)
{
    size_t room = sizeof r->text - r->used;
    va_list args;
    va_start(args, format);
    size_t n = (size_t)vsnprintf(r->text + r->used, room, format, args);
    va_end(args);
    r->used += n < room ? n : room - 1;
}

/*
 * `back` is 1 for a return address: the call before it is meant, and behind a call that does
 * not return another function may begin.
 */
static void describe_address(const struct process *p, uint64_t address, uint64_t back, char *text,
                             size_t size)
{
    const char *name;
    uint64_t offset;
    if (elf_symbol(&p->image, address - back, &name, &offset))
        snprintf(text, size, "%.64s+0x%lx (0x%lx)", name, offset + back, address);
    else
        snprintf(text, size, "0x%lx", address);
}

static bool readable(uint64_t address)
{
    char byte;
    return copy_from_user(&byte, uaddr(address), 1) == OK;
}

/* The processor does not say why, and a page that is not there yet may still be read-only. */
static const char *why_not(const struct trap_frame *frame, uint64_t address)
{
    if (address < USER_BASE)
        return "which is in page 0: a null pointer";
    if (address >= USER_END)
        return "which is not the program's";
    if (frame->error & FAULT_FETCH)
        return readable(address) ? "which is not executable" : "which is not mapped";
    if ((frame->error & FAULT_WRITE) && readable(address))
        return "which is read-only";
    return "which is not mapped";
}

/* Around the stack pointer everything is mapped, until the stack is used up. */
static bool stack_overflow(const struct trap_frame *frame, uint64_t address)
{
    return address + PAGE_SIZE >= frame->rsp && address < frame->rsp + PAGE_SIZE;
}

static void say_what(struct report *r, const struct trap_frame *frame, uint64_t address,
                     status_t why)
{
    if (frame->vector != VECTOR_PAGE_FAULT) {
        say(r, "%s", trap_name(frame->vector));
        return;
    }
    const char *verb = frame->error & FAULT_FETCH ? "executed"
                       : frame->error & FAULT_WRITE ? "wrote to" : "read from";
    if (why == ERR_OUT_OF_MEMORY)
        say(r, "it %s 0x%lx, for which no memory is left", verb, address);
    else
        say(r, "it %s 0x%lx, %s%s", verb, address, why_not(frame, address),
            stack_overflow(frame, address) ? " (has the stack overflowed?)" : "");
}

static void say_registers(struct report *r, const struct trap_frame *f)
{
    const struct {
        const char *name;
        uint64_t value;
    } registers[] = {
        { "rax", f->rax }, { "rbx", f->rbx }, { "rcx", f->rcx }, { "rdx", f->rdx },
        { "rsi", f->rsi }, { "rdi", f->rdi }, { "rbp", f->rbp }, { "rsp", f->rsp },
        { "r8 ", f->r8 },  { "r9 ", f->r9 },  { "r10", f->r10 }, { "r11", f->r11 },
        { "r12", f->r12 }, { "r13", f->r13 }, { "r14", f->r14 }, { "r15", f->r15 },
    };
    for (size_t i = 0; i < array_size(registers); i++)
        say(r, "%s%s %016lx%s", i % 4 == 0 ? "    " : "  ", registers[i].name,
            registers[i].value, i % 4 == 3 ? "\n" : "");
}

/* Frame pointers are the program's own and may lead anywhere: each is only a claim. */
static void say_callers(struct report *r, const struct process *p, uint64_t frame_pointer)
{
    char text[112];
    uint64_t frame[2]; /* the caller's frame pointer, and the return address above it */
    for (int depth = 0; depth < BACKTRACE_MAX && frame_pointer % 8 == 0; depth++) {
        if (copy_from_user(frame, uaddr(frame_pointer), sizeof frame) < 0 || frame[1] == 0)
            break;
        describe_address(p, frame[1], 1, text, sizeof text);
        say(r, "    called from %s\n", text);
        if (frame[0] <= frame_pointer) /* stacks grow down, so callers lie higher */
            break;
        frame_pointer = frame[0];
    }
}

noreturn void user_fault(const struct trap_frame *frame, uint64_t address, status_t why)
{
    const struct process *p = current_process();
    struct report r = { .used = 0 };
    char where[112];
    describe_address(p, frame->rip, 0, where, sizeof where);
    say(&r, "\n%s (pid %u, thread %u) was ended: ", p->name, p->pid, current_thread()->id);
    say_what(&r, frame, address, why);
    say(&r, "\n    in %s\n", where);
    say_callers(&r, p, frame->rbp);
    say_registers(&r, frame);
    log_write(r.text, r.used);
    process_exit(why == ERR_OUT_OF_MEMORY ? EXIT_MEMORY : EXIT_FAULT, (int32_t)frame->vector);
}

static void log_address(const struct process *p, const char *how, uint64_t address, uint64_t back)
{
    char text[112];
    describe_address(p, address, back, text, sizeof text);
    log("    %s %s\n", how, text);
}

/*
 * For another thread, in a report: its memory is read through its page tables. It stands in a
 * system call's stub, which has no frame of its own: its caller's address lies on the
 * top of the stack.
 */
void user_backtrace(struct thread *t, uint64_t rip, uint64_t stack_pointer, uint64_t frame_pointer)
{
    const struct process *p = t->owner;
    uint64_t frame[2] = { 0, 0 };
    log_address(p, "user:", rip, 0);
    if (space_peek(t->space, stack_pointer, frame, sizeof frame[0]))
        log_address(p, "called from", frame[0], 1);
    for (int depth = 0; depth < BACKTRACE_MAX && frame_pointer % 16 == 0; depth++) {
        if (!space_peek(t->space, frame_pointer, frame, sizeof frame) || frame[1] == 0)
            break;
        log_address(p, "called from", frame[1], 1);
        if (frame[0] <= frame_pointer) /* stacks grow down, so callers lie higher */
            break;
        frame_pointer = frame[0];
    }
}
