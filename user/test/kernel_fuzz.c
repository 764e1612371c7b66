/* SPDX-License-Identifier: MIT */
/*
 * kernel_fuzz.c: the kernel beneath the labs: a program that means ill.
 *
 * Child processes make system calls with random and nasty arguments. Each call must answer with a
 * status of the list or a count, the child must live to the end, and afterwards the kernel
 * must hold nothing more than before. Left out is what would merely end or block the
 * child: exits, far deadlines, unmapping its own text. It has given away the right to shut
 * the machine down and to open other processes.
 */
#include "user/lib/stdlib.h"
#include "user/test/raw.h"
#include "user/test/support.h"

#define CALLS        3000
#define CHILDREN     4
#define ARENA_PAGES  8
#define ARENA        0x0000200000000000ull /* a fixed place, so that unmapping hits nothing else */
#define HANDLES      16
#define LEAST_STATUS ERR_BAD_EXECUTABLE

static uint64_t state;
static handle_t handles[HANDLES];

static uint64_t below(uint64_t n)
{
    return test_random(&state) % n;
}

static uint64_t any_number(void)
{
    static const uint64_t nasty[] = {
        0, 1, 2, 7, 8, 63, 64, 65, 255, 4095, 4096, 4097, 65535, 65536, 65537, 0x7fffffff,
        0x80000000, 0xffffffff, 0x100000000, 0x100000008, 1ull << 47, INT64_MAX, 1ull << 63,
        UINT64_MAX - 4095, UINT64_MAX - 7, UINT64_MAX,
    };
    return below(4) ? nasty[below(array_size(nasty))] : test_random(&state) >> below(64);
}

static uint64_t any_address(void)
{
    static const uint64_t bad[] = {
        0, 1, PAGE_SIZE - 1, USER_END - 8, USER_END, KERNEL_ADDRESS, KERNEL_ADDRESS + 0x100000,
        DIRECT_MAP_ADDRESS, NON_CANONICAL_ADDRESS, LAST_ADDRESS, LAST_ADDRESS - 39,
    };
    if (below(3) == 0)
        return bad[below(array_size(bad))];
    return ARENA + below((ARENA_PAGES + 1) * PAGE_SIZE); /* mapped, read-only or not there */
}

static uint64_t any_handle(void)
{
    uint64_t handle = handles[below(HANDLES)];
    switch (below(8)) {
    case 0: return any_number();
    case 1: return handle + (1u << HANDLE_INDEX_BITS);
    case 2: return handle | (1ull << 32);
    default: return handle;
    }
}

/* Never far: a call that blocked for good would say nothing. */
static uint64_t any_deadline(void)
{
    return below(2) ? DEADLINE_POLL : clock_now() + below(20000);
}

/* Writes something like a message's arguments where they may be read, if anything can be. */
static uint64_t any_args(void)
{
    uint64_t address = ARENA + below(PAGE_SIZE);
    handle_t list[4];
    for (size_t i = 0; i < array_size(list); i++)
        list[i] = (handle_t)any_handle();
    struct message_args args = {
        .header = { below(3) ? (uint32_t)below(5000) : (uint32_t)any_number(),
                    below(3) ? (uint32_t)below(5) : (uint32_t)any_number(), (uint32_t)any_number(),
                    below(4) ? 0 : (uint32_t)any_number() },
        .data = any_address(),
        .handles = below(2) ? ARENA + 2 * PAGE_SIZE : any_address(),
        .data_capacity = below(2) ? 8192 : (uint32_t)any_number(),
        .handle_capacity = below(2) ? 4 : (uint32_t)any_number(),
    };
    if (below(8) == 0)
        return any_address();
    memcpy((void *)address, &args, sizeof(args));
    memcpy((void *)(ARENA + 2 * PAGE_SIZE), list, sizeof(list));
    return address;
}

/* The arena's first three pages stay as they are: the fuzzer itself writes there. */
static uint64_t any_place(void)
{
    return below(2) ? ARENA + (3 + below(ARENA_PAGES)) * PAGE_SIZE : ARENA + 0x1000000 + any_number() % ARENA;
}

/* Puts a handle that a call gave in the place of one that it closes. */
static void keep(status_t st)
{
    if (st <= 0 || st > UINT32_MAX || !handle_alive((handle_t)st))
        return;
    handle_t *slot = &handles[below(HANDLES - 2)]; /* the last two stay: console and a port */
    sys_handle_close(*slot);
    *slot = (handle_t)st;
}

/* For calls that make two handles and write them somewhere. */
static status_t make_pair(uint64_t number)
{
    uint64_t address = below(4) ? ARENA + 2 * PAGE_SIZE + below(64) : any_address();
    status_t st = raw_call(number, address, 0, 0, 0, 0, 0);
    for (int i = 0; i < 2 && st == OK; i++) {
        handle_t end;
        memcpy(&end, (const void *)(address + (uint64_t)i * sizeof end), sizeof end);
        keep(end);
    }
    return st;
}

/* The calls of labs 3 to 6. */
static status_t random_ipc_call(uint64_t number, uint64_t place)
{
    status_t st;
    switch (number) {
    case CALL_channel_create:
    case CALL_pipe_create:
        return make_pair(number);
    case CALL_channel_send:
    case CALL_channel_try_recv:
    case CALL_channel_recv:
        return raw_call(number, any_handle(), any_args(), any_deadline(), 0, 0, 0);
    case CALL_channel_call:
        return raw_call(number, any_handle(), any_args(), any_args(), any_deadline(), 0, 0);
    case CALL_pipe_read:
    case CALL_pipe_write:
        return raw_call(number, any_handle(), any_address(), below(4) ? below(80000) : any_number(),
                        any_deadline(), 0, 0);
    case CALL_shm_create:
        st = raw_call(number, below(4) ? below(5 * PAGE_SIZE) : any_number(), 0, 0, 0, 0, 0);
        keep(st);
        return st;
    case CALL_shm_map:
        return raw_call(number, any_handle(), place, below(3) * PAGE_SIZE,
                        below(4) ? PAGE_SIZE * below(4) : any_number(), any_number() & 7, 0);
    case CALL_shm_unmap:
        return raw_call(number, place, below(4) ? PAGE_SIZE * below(4) : any_number() % (1u << 30), 0,
                        0, 0, 0);
    case CALL_futex_wait:
        return raw_call(number, any_address(), below(2) ? 0 : any_number(), any_deadline(), 0, 0, 0);
    default: /* futex_wake, futex_requeue, shm_size */
        return raw_call(number, any_address(), below(2) ? 0 : any_number(), below(4), any_address(),
                        below(4), 0);
    }
}

static status_t random_call(uint64_t number)
{
    uint64_t place = any_place();
    status_t st;
    if (number >= CALL_channel_create && number < SYSCALL_COUNT)
        return random_ipc_call(number, place);
    switch (number) {
    case CALL_process_exit:
    case CALL_thread_exit:
    case CALL_system_shutdown: /* only with a handle that cannot do it */
        return raw_call(CALL_system_shutdown, handles[HANDLES - 1], any_number(), 0, 0, 0, 0);
    case CALL_handle_close:
        return raw_call(number, any_number(), 0, 0, 0, 0, 0);
    case CALL_handle_duplicate:
        st = raw_call(number, any_handle(), below(2) ? RIGHTS_SAME : any_number() & 0xffff, 0, 0, 0, 0);
        keep(st);
        return st;
    case CALL_process_spawn:
        return raw_call(number, any_address(), any_address(), any_number(), any_address(), any_number(), 0);
    case CALL_process_wait:
    case CALL_thread_join:
        return raw_call(number, any_handle(), any_deadline(), any_address(), 0, 0, 0);
    case CALL_thread_create: /* never one that would run */
        return raw_call(number, any_address(), any_address() | 1, any_number(), any_number(), 0, 0);
    case CALL_thread_sleep:
        return raw_call(number, any_deadline(), 0, 0, 0, 0, 0);
    case CALL_thread_set_tls:
        return raw_call(number, any_number() | USER_END, 0, 0, 0, 0, 0);
    case CALL_vm_map:
        return raw_call(number, place, below(4) ? PAGE_SIZE * below(4) : any_number(), any_number(), 0, 0, 0);
    case CALL_vm_unmap:
    case CALL_vm_protect: /* a length that could reach the stack is left out */
        return raw_call(number, place, below(4) ? PAGE_SIZE * below(4) : any_number() % (1u << 30),
                        any_number() & 15, 0, 0, 0);
    case CALL_console_read:
    case CALL_console_write: /* nothing is to be seen on the screen */
        return raw_call(number, handles[HANDLES - 1], any_address(), any_number(), any_deadline(), 0, 0);
    case CALL_port_create:
        st = raw_call(number, any_number(), 0, 0, 0, 0, 0);
        keep(st);
        return st;
    case CALL_message_loopback:
        return raw_call(number, any_args(), any_args(), 0, 0, 0, 0);
    case CALL_port_send:
    case CALL_port_try_recv:
    case CALL_port_recv:
        return raw_call(number, any_handle(), any_args(), any_deadline(), 0, 0, 0);
    default:
        return raw_call(number, below(2) ? any_handle() : any_address(), any_address(), any_number(),
                        any_number(), any_number(), any_number());
    }
}

ROLE(fuzz)
{
    state = strtoul(argv[0], NULL, 10);
    NEED(sys_handle_close(start_handle(START_SYSTEM)));
    NEED(sys_vm_map(ARENA, ARENA_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE));
    NEED(sys_vm_protect(ARENA + (ARENA_PAGES - 1) * PAGE_SIZE, PAGE_SIZE, PROT_READ));
    for (int i = 0; i < HANDLES; i++)
        handles[i] = duplicate(start_handle(START_STDOUT), RIGHT_DUPLICATE | RIGHT_TRANSFER);
    for (int i = 0; i < 6; i++) {
        status_t port = sys_port_create(2); /* an error before lab 2 is done: then without */
        if (port > 0)
            handles[i] = (handle_t)port;
    }
    for (int i = 0; i < 4; i += 2)
        if (sys_channel_create(&handles[6 + i]) != OK) /* before lab 3 is done */
            break;
    for (int i = 0; i < CALLS; i++) {
        uint64_t number = below(16) ? below(SYSCALL_COUNT) : any_number();
        if (number >= SYSCALL_COUNT && raw_call(number, any_number(), any_number(), any_number(), 0,
                                                0, 0) != ERR_NOT_SUPPORTED)
            return 1;
        status_t st = number < SYSCALL_COUNT ? random_call(number) : OK;
        if (st < LEAST_STATUS) {
            printf("system call %u answered %lld\n", (unsigned)number, (long long)st);
            return 2;
        }
    }
    return 0;
}

static void run_fuzz(void *seed)
{
    handle_t processes[CHILDREN];
    for (uint64_t i = 0; i < CHILDREN; i++) {
        char argument[32];
        snprintf(argument, sizeof(argument), "%llu", (unsigned long long)((uint64_t)seed >> 2) + i * 1000003);
        processes[i] = start_role("fuzz", argument, NULL, 0);
    }
    for (int i = 0; i < CHILDREN; i++) {
        struct exit_info info = finish(processes[i]);
        CHECK_EQ(info.reason, EXIT_RETURNED, "child %d lives to the end", i);
        CHECK_EQ(info.code, 0, "and every answer is a documented one");
    }
}

TEST(calls, CHILDREN * 2 * 2 + 1)
{
    CHECK_BALANCED(run_fuzz, (void *)test_seed(), "thousands of wild calls leave nothing behind");
}

/* Memory that comes and goes under the calls that use it -------------------------------- */

static uint32_t stop;

static int64_t come_and_go(void *argument)
{
    (void)argument;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        sys_vm_map(ARENA, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE);
        sys_vm_protect(ARENA + PAGE_SIZE, PAGE_SIZE, PROT_READ);
        sys_vm_unmap(ARENA, 2 * PAGE_SIZE);
    }
    return 0;
}

TEST(vanishing, 3)
{
    static uint8_t buffer[2 * PAGE_SIZE];
    struct handle_info *info = (struct handle_info *)ARENA;
    struct thread *thread = start_thread(come_and_go, NULL);
    unsigned strange = 0, found = 0;
    for (int i = 0; i < 3000; i++) {
        status_t st = i & 1 ? sys_handle_info(start_handle(START_STDOUT), info)
                            : sys_system_info((struct system_info *)(ARENA + PAGE_SIZE - 64));
        found += st == OK;
        strange += st != OK && st != ERR_INVALID_ADDRESS;
        st = sys_file_read("README", 0, (void *)ARENA, sizeof(buffer));
        strange += st < 0 && st != ERR_INVALID_ADDRESS;
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    CHECK_EQ(join_thread(thread), 0, "a thread maps and unmaps what another one passes to calls");
    CHECK_EQ(strange, 0, "each call finds the memory or says ERR_INVALID_ADDRESS");
    NOTE("%u of 3000 calls found it", found);
    CHECK_STATUS(sys_system_info((struct system_info *)buffer), OK, "all is well afterwards");
}
