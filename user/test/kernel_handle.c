/* SPDX-License-Identifier: MIT */
/*
 * kernel_handle.c: the kernel beneath the labs: handles, and the system call itself.
 *
 * Without ports, so that it says something in every lab: the handles are to the console.
 */
#include "user/test/raw.h"
#include "user/test/support.h"

static handle_t filler[HANDLE_TABLE_MAX];

static handle_t console(void)
{
    return start_handle(START_STDOUT);
}

TEST(duplicate, 12)
{
    struct handle_info info, copy;
    NEED(sys_handle_info(console(), &info));
    CHECK_EQ(info.type, OBJ_CONSOLE, "standard output is a console");
    handle_t same = duplicate(console(), RIGHTS_SAME);
    NEED(sys_handle_info(same, &copy));
    CHECK(copy.type == info.type && copy.rights == info.rights && copy.id == info.id,
          "a duplicate is to the same object with the same rights");
    handle_t less = duplicate(console(), RIGHT_WRITE | RIGHT_DUPLICATE);
    NEED(sys_handle_info(less, &copy));
    CHECK_EQ(copy.rights, RIGHT_WRITE | RIGHT_DUPLICATE, "or with fewer");
    CHECK_STATUS(sys_handle_duplicate(less, info.rights), ERR_PERMISSION_DENIED,
                 "which it cannot win back");
    CHECK_STATUS(sys_handle_duplicate(less, RIGHT_WRITE | RIGHT_MAP), ERR_PERMISSION_DENIED,
                 "nor gain others");
    handle_t fixed = duplicate(less, RIGHT_WRITE);
    CHECK_STATUS(sys_handle_duplicate(fixed, RIGHT_WRITE), ERR_PERMISSION_DENIED,
                 "without DUPLICATE there is no other handle");
    CHECK_STATUS(sys_handle_duplicate(console(), 1u << 8), ERR_INVALID_ARGUMENT,
                 "a right that does not exist");
    CHECK_STATUS(sys_handle_duplicate(console(), RIGHTS_SAME | RIGHT_WRITE), ERR_INVALID_ARGUMENT,
                 "RIGHTS_SAME and something else");
    handle_t mute = duplicate(console(), RIGHT_DUPLICATE);
    CHECK_STATUS(sys_console_write(mute, "x", 1), ERR_PERMISSION_DENIED, "writing without WRITE");
    CHECK_STATUS(sys_process_wait(console(), 0, NULL), ERR_WRONG_TYPE, "waiting for a console");
    CHECK_STATUS(sys_handle_close(same), OK, "closing a duplicate");
    CHECK(handle_alive(console()), "leaves the original");
}

TEST(stale, 7)
{
    handle_t handle = duplicate(console(), RIGHTS_SAME), old = handle;
    CHECK_STATUS(sys_handle_close(handle), OK, "closing a handle");
    CHECK_STATUS(sys_handle_close(handle), ERR_INVALID_HANDLE, "closing it again");
    unsigned same = 0, revived = 0;
    for (int i = 0; i < 3000; i++) {
        handle = duplicate(console(), RIGHTS_SAME);
        same += handle == old;
        revived += handle_alive(old);
        NEED(sys_handle_close(handle));
    }
    CHECK_EQ(same, 0, "its number is not given out again, 3000 handles later");
    CHECK_EQ(revived, 0, "and never names what is in its slot");
    handle = duplicate(console(), RIGHTS_SAME);
    CHECK_STATUS(raw_call(CALL_handle_close, handle + (1ull << 32), 0, 0, 0, 0, 0),
                 ERR_INVALID_HANDLE, "a handle with a bit above the 32nd");
    CHECK_STATUS(raw_call(CALL_handle_close, handle | 0xffffffff00000000, 0, 0, 0, 0, 0),
                 ERR_INVALID_HANDLE, "or with all of them");
    CHECK(handle_alive(handle), "closes nothing");
}

static void fill_and_empty(void *argument)
{
    (void)argument;
    size_t count = fill_table(console(), filler);
    CHECK(count > HANDLE_TABLE_MAX - 32, "a table has %d slots", HANDLE_TABLE_MAX);
    struct exit_info info;
    CHECK_STATUS(test_start("none", NULL, NULL, 0), ERR_NO_SLOTS, "a full table has no room");
    CHECK_STATUS(sys_process_wait(HANDLE_INVALID, 0, &info), ERR_INVALID_HANDLE,
                 "HANDLE_INVALID names nothing even so");
    close_all(filler, count);
    CHECK(handle_alive(console()), "emptied, it works");
}

TEST(table_full, 4 * 2 + 1)
{
    CHECK_BALANCED(fill_and_empty, NULL, "a thousand handles leave nothing behind");
}

TEST(unknown_calls, 6)
{
    static const uint64_t numbers[] = { SYSCALL_COUNT, SYSCALL_COUNT + 1, 0x100000000, 1ull << 63,
                                        UINT64_MAX, 0xffffffff };
    for (size_t i = 0; i < array_size(numbers); i++)
        CHECK_STATUS(raw_call(numbers[i], 0, 0, 0, 0, 0, 0), ERR_NOT_SUPPORTED,
                     "system call %#llx", (unsigned long long)numbers[i]);
}

/* The registers after a call: rbx, r12-r14, then rdi, rsi, rdx, r10, r8, r9. */
__attribute__((used)) static uint64_t after[10];
__attribute__((used)) static struct system_info info_room;

/* What comes back in the registers is the result, and nothing of the kernel's. */
TEST(registers, 3)
{
    static const uint64_t kept[4] = { 0x1111, 0x1212, 0x1313, 0x1414 };
    static const uint64_t zero[6];
    uint64_t result = CALL_system_info;
    __asm__ volatile("movq $0x1111, %%rbx; movq $0x1212, %%r12\n\t"
                     "movq $0x1313, %%r13; movq $0x1414, %%r14\n\t"
                     "leaq info_room(%%rip), %%rdi; movq $-1, %%rsi; movq $-1, %%rdx\n\t"
                     "movq $-1, %%r10; movq $-1, %%r8; movq $-1, %%r9\n\t"
                     "syscall\n\t"
                     "leaq after(%%rip), %%r15\n\t"
                     "movq %%rbx, 0(%%r15); movq %%r12, 8(%%r15)\n\t"
                     "movq %%r13, 16(%%r15); movq %%r14, 24(%%r15)\n\t"
                     "movq %%rdi, 32(%%r15); movq %%rsi, 40(%%r15); movq %%rdx, 48(%%r15)\n\t"
                     "movq %%r10, 56(%%r15); movq %%r8, 64(%%r15); movq %%r9, 72(%%r15)"
                     : "+a"(result)
                     :
                     : "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12",
                       "r13", "r14", "r15", "memory", "cc");
    CHECK_EQ(result, OK, "a system call with every register in use");
    CHECK_MEM(after, kept, sizeof(kept), "keeps rbx and r12 to r14");
    CHECK_MEM(after + 4, zero, sizeof(zero), "and clears its arguments' registers");
}

/* Flags with which the kernel must not run: direction, alignment check, trap, nested task. */
TEST(flags, 5)
{
    static const uint64_t flags[] = { 1u << 10, 1u << 18, 1u << 14, 1u << 10 | 1u << 18 | 1u << 14 };
    for (size_t i = 0; i < array_size(flags); i++) {
        uint64_t result = CALL_system_info;
        memset(&info_room, POISON, sizeof(info_room));
        __asm__ volatile("pushfq; orq %[flags], (%%rsp); popfq\n\t"
                         "leaq info_room(%%rip), %%rdi\n\t"
                         "syscall\n\t"
                         "pushfq; andq $~0x44400, (%%rsp); popfq"
                         : "+a"(result)
                         : [flags] "r"(flags[i])
                         : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");
        CHECK(result == OK && info_room.cpus >= 1 && info_room.cpus <= 64,
              "a system call with the flags %#llx", (unsigned long long)flags[i]);
    }
    CHECK_STATUS(sys_null(), OK, "and one with none");
}
