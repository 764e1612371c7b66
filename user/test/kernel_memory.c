/* SPDX-License-Identifier: MIT */
/*
 * kernel_memory.c: the kernel beneath the labs: address spaces, protection, faults, exhaustion.
 *
 * What a program may not do is done in a role of its own, a process that the kernel ends with a
 * report; the case looks at how it ended, and goes on.
 */
#include "user/lib/stdlib.h"
#include "user/test/support.h"

#define RW (PROT_READ | PROT_WRITE)

enum { DIVIDE_ERROR = 0, INVALID_OPCODE = 6, PROTECTION_FAULT = 13, PAGE_FAULT = 14 };

static const char constant[] = "constant";
static char variable[] = "variable";

TEST(map_errors, 17)
{
    CHECK_STATUS(sys_vm_map(0, 0, RW), ERR_INVALID_ARGUMENT, "mapping no pages");
    CHECK_STATUS(sys_vm_map(0, PAGE_SIZE + 1, RW), ERR_INVALID_ARGUMENT, "a misaligned length");
    CHECK_STATUS(sys_vm_map(USER_MAP_BASE + 8, PAGE_SIZE, RW), ERR_INVALID_ARGUMENT,
                 "a misaligned address");
    CHECK_STATUS(sys_vm_map(8, PAGE_SIZE, RW), ERR_INVALID_ARGUMENT, "an address in page 0");
    CHECK_STATUS(sys_vm_map(0, PAGE_SIZE, 0), ERR_INVALID_ARGUMENT, "no protection");
    CHECK_STATUS(sys_vm_map(0, PAGE_SIZE, 8 | RW), ERR_INVALID_ARGUMENT, "an unknown protection");
    CHECK_STATUS(sys_vm_map(0, PAGE_SIZE, RW | PROT_EXECUTE), ERR_INVALID_ARGUMENT,
                 "writable and executable");
    CHECK_STATUS(sys_vm_map(USER_END, PAGE_SIZE, RW), ERR_INVALID_ADDRESS, "past the user's end");
    CHECK_STATUS(sys_vm_map(USER_END - PAGE_SIZE, 2 * PAGE_SIZE, RW), ERR_INVALID_ADDRESS,
                 "across it");
    CHECK_STATUS(sys_vm_map(0x0000800000001000, PAGE_SIZE, RW), ERR_INVALID_ADDRESS,
                 "a non-canonical address");
    CHECK_STATUS(sys_vm_map(0xffffffff80000000, PAGE_SIZE, RW), ERR_INVALID_ADDRESS,
                 "a kernel address");
    CHECK_STATUS(sys_vm_map(USER_MAP_BASE, 0 - (uint64_t)PAGE_SIZE, RW), ERR_INVALID_ADDRESS,
                 "a length that wraps");
    CHECK(sys_vm_map(0, 1ull << 47, RW) < 0, "as much as there are addresses");
    CHECK_STATUS(sys_vm_map((uint64_t)variable & ~4095ull, PAGE_SIZE, RW), ERR_ALREADY_MAPPED,
                 "over the program");
    uint8_t *pages = map_pages(3, RW);
    CHECK_STATUS(sys_vm_map((uint64_t)pages + PAGE_SIZE, PAGE_SIZE, RW), ERR_ALREADY_MAPPED,
                 "inside another region");
    CHECK_STATUS(sys_vm_map((uint64_t)pages - PAGE_SIZE, 5 * PAGE_SIZE, RW), ERR_ALREADY_MAPPED,
                 "around another region");
    unmap_pages(pages + PAGE_SIZE, 1);
    CHECK_STATUS(sys_vm_map((uint64_t)pages + PAGE_SIZE, PAGE_SIZE, RW),
                 (status_t)(pages + PAGE_SIZE), "into the hole left by an unmapped page");
}

static bool all_bytes(const uint8_t *bytes, size_t n, uint8_t value)
{
    for (size_t i = 0; i < n; i++)
        if (bytes[i] != value)
            return false;
    return true;
}

TEST(map, 13)
{
    uint8_t *pages = map_pages(5, RW);
    CHECK((uint64_t)pages >= USER_MAP_BASE, "the kernel chooses above USER_MAP_BASE");
    CHECK(all_bytes(pages, 5 * PAGE_SIZE, 0), "new memory is zero");
    memset(pages, 0x11, 5 * PAGE_SIZE);
    unmap_pages(pages + PAGE_SIZE, 1);
    unmap_pages(pages + 3 * PAGE_SIZE, 1);
    CHECK(all_bytes(pages, PAGE_SIZE, 0x11) && all_bytes(pages + 2 * PAGE_SIZE, PAGE_SIZE, 0x11) &&
              all_bytes(pages + 4 * PAGE_SIZE, PAGE_SIZE, 0x11),
          "unmapping every second page leaves the others");
    CHECK_STATUS(sys_vm_protect((uint64_t)pages, 5 * PAGE_SIZE, PROT_READ), ERR_NOT_MAPPED,
                 "protecting a range with holes");
    pages[0] = 0x11; /* still writable: nothing has changed */
    CHECK_STATUS(sys_vm_unmap((uint64_t)pages, 5 * PAGE_SIZE), OK, "unmapping one with holes");
    CHECK_STATUS(sys_vm_unmap((uint64_t)pages, 5 * PAGE_SIZE), OK, "and again");
    CHECK_STATUS(sys_vm_map((uint64_t)pages, 5 * PAGE_SIZE, RW), (status_t)pages,
                 "the same addresses can be mapped again");
    CHECK(all_bytes(pages, 5 * PAGE_SIZE, 0), "and are zero again");

    CHECK_STATUS(sys_vm_unmap((uint64_t)pages + 1, PAGE_SIZE), ERR_INVALID_ARGUMENT,
                 "unmapping a misaligned address");
    CHECK_STATUS(sys_vm_unmap((uint64_t)pages, 0), ERR_INVALID_ARGUMENT, "no pages");
    CHECK(sys_vm_unmap(0xffffffff80000000, PAGE_SIZE) < 0, "the kernel");
    CHECK(sys_vm_unmap((uint64_t)pages, 0 - (uint64_t)PAGE_SIZE) < 0, "a length that wraps");
    CHECK_STATUS(sys_vm_protect((uint64_t)pages, PAGE_SIZE, RW | PROT_EXECUTE),
                 ERR_INVALID_ARGUMENT, "making it writable and executable");
}

/* Faults --------------------------------------------------------------------------- */

/* The compiler must not see what the address is: it knows that NULL is not read. */
static uint64_t hidden(uint64_t address)
{
    __asm__("" : "+r"(address));
    return address;
}

static void read_at(uint64_t address)
{
    (void)*(volatile char *)hidden(address);
}

static void write_at(uint64_t address)
{
    *(volatile char *)hidden(address) = 0;
}

static void jump_to(uint64_t address)
{
    ((void (*)(void))hidden(address))();
}

static void fault_null(void) { read_at(0); }
static void fault_page0(void) { write_at(0xff8); }
static void fault_kernel_read(void) { read_at(KERNEL_ADDRESS + 0x100000); }
static void fault_kernel_write(void) { write_at(KERNEL_ADDRESS + 0x100000); }
static void fault_direct_map(void) { read_at(DIRECT_MAP_ADDRESS + 0x100000); }
static void fault_non_canonical(void) { read_at(NON_CANONICAL_ADDRESS); }
static void fault_text(void) { write_at((uint64_t)fault_null); }
static void fault_constant(void) { write_at((uint64_t)constant); }
static void fault_execute_data(void) { jump_to((uint64_t)variable); }
static void fault_execute_kernel(void) { jump_to(KERNEL_ADDRESS + 0x100000); }
static void fault_stack_end(void) { write_at(USER_STACK_TOP - USER_STACK_SIZE - 8); }
static void fault_divide(void) { __asm__ volatile("xorl %%ecx, %%ecx; divl %%ecx" ::: "rax", "rcx", "rdx"); }
static void fault_opcode(void) { __asm__ volatile("ud2"); }
static void fault_privileged(void) { __asm__ volatile("hlt"); }
static void fault_port(void) { __asm__ volatile("outb %%al, $0xf4" :: "a"(0)); }
static void fault_clear_interrupts(void) { __asm__ volatile("cli"); }

static void fault_execute_stack(void)
{
    volatile uint8_t code[16] = { 0xc3 };
    jump_to((uint64_t)code);
}

static void fault_unmapped(void)
{
    uint8_t *pages = map_pages(1, RW);
    pages[0] = 1;
    unmap_pages(pages, 1);
    pages[0] = 2;
}

static void fault_protected(void)
{
    uint8_t *pages = map_pages(1, RW);
    pages[0] = 1;
    NEED(sys_vm_protect((uint64_t)pages, PAGE_SIZE, PROT_READ));
    if (pages[0] == 1)
        *(volatile uint8_t *)pages = 2;
}

static const struct fault {
    const char *what;
    void (*run)(void);
    int vector;
} faults[] = {
    { "reading NULL", fault_null, PAGE_FAULT },
    { "writing to page 0", fault_page0, PAGE_FAULT },
    { "reading the kernel", fault_kernel_read, PAGE_FAULT },
    { "writing to the kernel", fault_kernel_write, PAGE_FAULT },
    { "reading the kernel's map of memory", fault_direct_map, PAGE_FAULT },
    { "reading a non-canonical address", fault_non_canonical, PROTECTION_FAULT },
    { "writing to its text", fault_text, PAGE_FAULT },
    { "writing to a constant", fault_constant, PAGE_FAULT },
    { "executing its data", fault_execute_data, PAGE_FAULT },
    { "executing its stack", fault_execute_stack, PAGE_FAULT },
    { "jumping into the kernel", fault_execute_kernel, PAGE_FAULT },
    { "writing below its stack", fault_stack_end, PAGE_FAULT },
    { "writing to a page that it has unmapped", fault_unmapped, PAGE_FAULT },
    { "writing to a page made read-only", fault_protected, PAGE_FAULT },
    { "dividing by zero", fault_divide, DIVIDE_ERROR },
    { "an invalid instruction", fault_opcode, INVALID_OPCODE },
    { "halting the processor", fault_privileged, PROTECTION_FAULT },
    { "writing to an I/O port", fault_port, PROTECTION_FAULT },
    { "turning interrupts off", fault_clear_interrupts, PROTECTION_FAULT },
};

ROLE(fault)
{
    faults[strtoul(argv[0], NULL, 10)].run();
    return 99;
}

TEST(faults, 19 * 2)
{
    _Static_assert(array_size(faults) == 19, "the plan counts them");
    for (size_t i = 0; i < array_size(faults); i++) {
        char number[8];
        snprintf(number, sizeof(number), "%u", (unsigned)i);
        struct exit_info info = finish(start_role("fault", number, NULL, 0));
        CHECK_EQ(info.reason, EXIT_FAULT, "%s ends a process", faults[i].what);
        CHECK_EQ(info.code, faults[i].vector, "with this exception");
    }
}

/* The end of a stack is far: all of it can be used. */
TEST(stack, 1)
{
    volatile uint8_t room[USER_STACK_SIZE - 64 * 1024];
    for (size_t i = 0; i < sizeof(room); i += 512)
        room[i] = (uint8_t)(i / 512);
    unsigned wrong = 0;
    for (size_t i = 0; i < sizeof(room); i += 512)
        wrong += room[i] != (uint8_t)(i / 512);
    CHECK_EQ(wrong, 0, "nearly all of the first thread's stack holds what is written there");
}

/* Sizes ------------------------------------------------------------------------------ */

TEST(size, 3)
{
    struct system_info info;
    NEED(sys_system_info(&info));
    CHECK(info.frames_free > 0 && info.frames_free < info.frames_total, "some memory is free");
    /* An eighth of the machine, at most 16 MiB, each page with something of its own. */
    uint64_t pages = info.frames_total / 8 < 4096 ? info.frames_total / 8 : 4096;
    uint8_t *memory = map_pages(pages, RW);
    for (uint64_t i = 0; i < pages; i++)
        *(uint64_t *)(memory + i * PAGE_SIZE) = i * 0x9e3779b97f4a7c15;
    unsigned wrong = 0;
    for (uint64_t i = 0; i < pages; i++)
        wrong += *(uint64_t *)(memory + i * PAGE_SIZE) != i * 0x9e3779b97f4a7c15;
    CHECK_EQ(wrong, 0, "every page keeps what was written to it");
    CHECK_STATUS(sys_vm_unmap((uint64_t)memory, pages * PAGE_SIZE), OK, "and can be given back");
    ANSWER("frames", "%llu", (unsigned long long)info.frames_total);
    ANSWER("cpus", "%u", info.cpus);
}

/* Takes all it can get and uses it. */
ROLE(hog)
{
    for (uint64_t length = 1ull << 30; length >= PAGE_SIZE;) {
        status_t st = sys_vm_map(0, length, RW);
        if (st == ERR_OUT_OF_MEMORY)
            length /= 2;
        else if (st < 0)
            return 1;
        else
            for (uint64_t i = 0; i < length; i += PAGE_SIZE)
                *(volatile uint8_t *)(st + (int64_t)i) = 1;
    }
    return 0;
}

#define HOGS 6

static void run_hogs(void *argument)
{
    (void)argument;
    handle_t processes[HOGS];
    unsigned started = 0;
    status_t st = OK;
    while (started < HOGS && (st = test_start("hog", NULL, NULL, 0)) > 0)
        processes[started++] = (handle_t)st;
    CHECK(started == HOGS || st == ERR_OUT_OF_MEMORY, "some processes are started");
    unsigned good = 0;
    for (unsigned i = 0; i < started; i++) {
        struct exit_info info = finish(processes[i]);
        good += (info.reason == EXIT_RETURNED && info.code == 0) || info.reason == EXIT_MEMORY;
    }
    CHECK_EQ(good, started, "each ends by itself or for want of memory");
}

TEST(exhaustion, 5)
{
    CHECK_BALANCED(run_hogs, NULL, "all memory comes back when those who took it are gone");
}

/* The case itself is killed: the grader must see a fault, not a failed check. */
TEST(own_fault, 1)
{
    fault_divide();
    CHECK(false, "never comes to this");
}
