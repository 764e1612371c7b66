/* SPDX-License-Identifier: MIT */
/*
 * kernel_thread.c: the kernel beneath the labs: threads, their time and their registers.
 */
#include "user/test/raw.h"
#include "user/test/support.h"

#define THREADS  8
#define CROWD    400
#define LEAVINGS 100

static int64_t return_argument(void *argument)
{
    return (int64_t)argument;
}

TEST(create_join, THREADS + 5)
{
    static const int64_t codes[THREADS] = { 0, 1, -1, 42, INT64_MAX, INT64_MIN, 1ll << 32, -1000 };
    struct thread *threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        threads[i] = start_thread(return_argument, (void *)codes[i]);
    handle_t second = duplicate(threads[0]->handle, RIGHTS_SAME);
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(join_thread(threads[i]), codes[i], "thread %d's exit code", i);
    int64_t code = -1;
    CHECK_STATUS(sys_thread_join(second, DEADLINE_FOREVER, &code), OK,
                 "joining through another handle, later");
    CHECK_EQ(code, codes[0], "tells the same");
    CHECK_STATUS(sys_thread_join(second, DEADLINE_POLL, NULL), OK, "any number of times");
    CHECK_STATUS(sys_thread_join(second, DEADLINE_POLL, (int64_t *)KERNEL_ADDRESS),
                 ERR_INVALID_ADDRESS, "but not into the kernel");
    CHECK_STATUS(sys_handle_close(second), OK, "the handle closes");
}

TEST(create_errors, 7)
{
    static uint8_t stack[4096] __attribute__((aligned(16)));
    uint8_t *top = stack + sizeof(stack);
    CHECK_STATUS(sys_thread_create((void *)KERNEL_ADDRESS, top, 0, 0), ERR_INVALID_ADDRESS,
                 "a thread that begins in the kernel");
    CHECK_STATUS(sys_thread_create((void *)NON_CANONICAL_ADDRESS, top, 0, 0), ERR_INVALID_ADDRESS,
                 "or at a non-canonical address");
    CHECK_STATUS(sys_thread_create((void *)return_argument, (void *)KERNEL_ADDRESS, 0, 0),
                 ERR_INVALID_ADDRESS, "with its stack in the kernel");
    CHECK_STATUS(sys_thread_create((void *)return_argument, top - 8, 0, 0), ERR_INVALID_ARGUMENT,
                 "with a misaligned stack");
    CHECK_STATUS(sys_thread_set_tls(KERNEL_ADDRESS), ERR_INVALID_ADDRESS, "an FS base in the kernel");
    CHECK_STATUS(sys_thread_set_tls(NON_CANONICAL_ADDRESS), ERR_INVALID_ADDRESS,
                 "or at a non-canonical address");
    CHECK(thread_self() != NULL, "the FS base is as it was");
}

static int64_t join_self(void *argument)
{
    (void)argument;
    settle(); /* the handle is noted by the one that started this thread */
    return sys_thread_join(thread_self()->handle, DEADLINE_FOREVER, NULL);
}

static uint32_t flag;

static int64_t spin_until_flag(void *argument)
{
    (void)argument;
    while (!__atomic_load_n(&flag, __ATOMIC_RELAXED)) {
    }
    return 0;
}

TEST(join, 5)
{
    struct thread *thread = start_thread(join_self, NULL);
    CHECK_EQ(join_thread(thread), ERR_INVALID_ARGUMENT, "a thread cannot wait for its own end");
    thread = start_thread(spin_until_flag, NULL);
    CHECK_STATUS(thread_join(thread, DEADLINE_POLL, NULL), ERR_TIMED_OUT, "a thread that goes on");
    uint64_t deadline = clock_now() + 2 * NS_PER_MS;
    CHECK_STATUS(thread_join(thread, deadline, NULL), ERR_TIMED_OUT, "also after 2 ms");
    CHECK(clock_now() >= deadline, "which have passed");
    __atomic_store_n(&flag, 1, __ATOMIC_RELAXED);
    CHECK_EQ(join_thread(thread), 0, "it ends when told");
}

static uint32_t threads_own(void)
{
    struct system_info info;
    sys_system_info(&info);
    return info.threads_own;
}

/* What checks of the balance rely on: who is counted no longer holds nothing any longer. */
TEST(leaving, 3)
{
    struct system_info before, after;
    unsigned owing = 0;
    struct thread *thread = start_thread(spin_until_flag, NULL);
    CHECK_EQ(threads_own(), 2, "a thread that runs counts");
    __atomic_store_n(&flag, 1, __ATOMIC_RELAXED);
    CHECK_EQ(join_thread(thread), 0, "it ends when told");
    test_balance_begin(&before);
    for (int i = 0; i < LEAVINGS; i++) {
        struct thread *threads[THREADS]; /* several: so that their ends are cut short too */
        for (int t = 0; t < THREADS; t++)
            threads[t] = start_thread(return_argument, NULL);
        for (int t = 0; t < THREADS; t++)
            join_thread(threads[t]);
        while (threads_own() > 1)
            sys_thread_yield();
        sys_system_info(&after);
        owing += after.frames_live != before.frames_live || after.bytes_live != before.bytes_live;
    }
    CHECK_EQ(owing, 0, "times that memory of a thread was missing when it counted no more");
}

/* A thread that never gives the CPU away does not keep it: also on one CPU. */
TEST(preemption, 3)
{
    struct thread *one = start_thread(spin_until_flag, NULL);
    struct thread *two = start_thread(spin_until_flag, NULL);
    uint64_t begun = clock_now();
    sys_thread_sleep(begun + 5 * NS_PER_MS);
    uint64_t late = clock_now() - begun - 5 * NS_PER_MS;
    __atomic_store_n(&flag, 1, __ATOMIC_RELAXED);
    CHECK_EQ(join_thread(one) + join_thread(two), 0, "two spinning threads end");
    CHECK((int64_t)late >= 0, "a sleeper beside them sleeps its time");
    CHECK((int64_t)late < (int64_t)(100 * NS_PER_MS), "and wakes soon after: %lld us",
          (long long)late / 1000);
}

/* Sleeping ------------------------------------------------------------------------- */

static uint64_t base;
static uint32_t wakings;
static struct sleeper {
    uint64_t ms, woken;
    uint32_t place;
} sleepers[THREADS];

static int64_t sleep_once(void *argument)
{
    struct sleeper *sleeper = argument;
    status_t st = sys_thread_sleep(base + sleeper->ms * NS_PER_MS);
    sleeper->woken = clock_now();
    sleeper->place = __atomic_fetch_add(&wakings, 1, __ATOMIC_SEQ_CST);
    return st;
}

TEST(sleep, THREADS * 3 + 2)
{
    static const uint64_t after[THREADS] = { 14, 6, 18, 4, 12, 8, 16, 10 };
    struct thread *threads[THREADS];
    base = clock_now();
    for (int i = 0; i < THREADS; i++) {
        sleepers[i].ms = after[i];
        threads[i] = start_thread(sleep_once, &sleepers[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        CHECK_EQ(join_thread(threads[i]), OK, "thread %d sleeps %llu ms", i,
                 (unsigned long long)after[i]);
        CHECK(sleepers[i].woken >= base + after[i] * NS_PER_MS, "not less");
        CHECK_EQ(sleepers[i].place, after[i] / 2 - 2, "and wakes in its turn");
    }
    uint64_t before = clock_now();
    CHECK_STATUS(sys_thread_sleep(0), OK, "sleeping until a time long past");
    CHECK(clock_now() - before < NS_PER_MS, "does not take long");
}

TEST(clock, 2)
{
    uint64_t last = clock_now(), begun = last;
    unsigned backwards = 0;
    for (int i = 0; i < 20000; i++) {
        uint64_t now = clock_now();
        backwards += now < last;
        last = now;
        if (i % 64 == 0)
            sys_thread_yield();
    }
    CHECK_EQ(backwards, 0, "the clock never goes back");
    CHECK(last > begun, "and goes on");
}

/* Registers ------------------------------------------------------------------------ */

#define SSE_ROUNDS 200

/*
 * Loads every SSE register from `in`, lets others run (a system call, then a while in which it may be
 * pre-empted), and stores them all to `out`. One piece of assembly: the compiler uses them too.
 */
static void sse_pass(const uint8_t in[256], uint8_t out[256], uint32_t *control)
{
    uint64_t number = CALL_thread_yield, spins = 300;
    __asm__ volatile("ldmxcsr (%[control])\n\t"
                     "movdqu 0(%[in]), %%xmm0; movdqu 16(%[in]), %%xmm1\n\t"
                     "movdqu 32(%[in]), %%xmm2; movdqu 48(%[in]), %%xmm3\n\t"
                     "movdqu 64(%[in]), %%xmm4; movdqu 80(%[in]), %%xmm5\n\t"
                     "movdqu 96(%[in]), %%xmm6; movdqu 112(%[in]), %%xmm7\n\t"
                     "movdqu 128(%[in]), %%xmm8; movdqu 144(%[in]), %%xmm9\n\t"
                     "movdqu 160(%[in]), %%xmm10; movdqu 176(%[in]), %%xmm11\n\t"
                     "movdqu 192(%[in]), %%xmm12; movdqu 208(%[in]), %%xmm13\n\t"
                     "movdqu 224(%[in]), %%xmm14; movdqu 240(%[in]), %%xmm15\n\t"
                     "syscall\n"
                     "1: decq %[spins]; jnz 1b\n\t"
                     "movdqu %%xmm0, 0(%[out]); movdqu %%xmm1, 16(%[out])\n\t"
                     "movdqu %%xmm2, 32(%[out]); movdqu %%xmm3, 48(%[out])\n\t"
                     "movdqu %%xmm4, 64(%[out]); movdqu %%xmm5, 80(%[out])\n\t"
                     "movdqu %%xmm6, 96(%[out]); movdqu %%xmm7, 112(%[out])\n\t"
                     "movdqu %%xmm8, 128(%[out]); movdqu %%xmm9, 144(%[out])\n\t"
                     "movdqu %%xmm10, 160(%[out]); movdqu %%xmm11, 176(%[out])\n\t"
                     "movdqu %%xmm12, 192(%[out]); movdqu %%xmm13, 208(%[out])\n\t"
                     "movdqu %%xmm14, 224(%[out]); movdqu %%xmm15, 240(%[out])\n\t"
                     "stmxcsr (%[control])"
                     : "+a"(number), [spins] "+b"(spins)
                     : [in] "r"(in), [out] "r"(out), [control] "r"(control)
                     : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc",
                       "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
                       "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
}

/* Passes with values of this thread's own; the first that goes wrong, or 0. */
static int64_t sse_work(void *argument)
{
    static const uint32_t controls[4] = { 0x1f80, 0x3f80, 0x5f80, 0x7f80 }; /* rounding modes */
    uint64_t state = (uint64_t)argument;
    uint8_t in[256], out[256];
    for (int round = 1; round <= SSE_ROUNDS; round++) {
        uint32_t wanted = controls[(uint64_t)argument % 4], control = wanted, usual = 0x1f80;
        fill_random(in, sizeof(in), &state);
        memset(out, 0, sizeof(out));
        sse_pass(in, out, &control);
        __asm__ volatile("ldmxcsr %0" : : "m"(usual));
        if (memcmp(in, out, sizeof(in)) != 0 || (control & 0xffc0) != wanted)
            return round;
    }
    return 0;
}

ROLE(sse)
{
    return (int)sse_work((void *)(uint64_t)argv[0][0]);
}

TEST(sse, 4 + 3)
{
    static const char *const names[3] = { "a", "b", "c" };
    struct thread *threads[4];
    handle_t processes[3];
    for (int i = 0; i < 3; i++)
        processes[i] = start_role("sse", names[i], NULL, 0);
    for (uint64_t i = 0; i < 4; i++)
        threads[i] = start_thread(sse_work, (void *)(i + 1));
    for (int i = 0; i < 4; i++)
        CHECK_EQ(join_thread(threads[i]), 0, "thread %d keeps its SSE registers: first bad round", i);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(finish(processes[i]).code, 0, "so does process %d", i);
}

/* A register that no thread has set yet tells nothing of another's. */
static int64_t sse_first(void *argument)
{
    uint64_t words[2];
    (void)argument;
    __asm__ volatile("movdqu %%xmm15, %0" : "=m"(words));
    return (int64_t)(words[0] | words[1]);
}

TEST(sse_new, 1)
{
    struct thread *busy = start_thread(sse_work, (void *)1);
    struct thread *fresh = start_thread(sse_first, NULL);
    int64_t found = join_thread(fresh);
    join_thread(busy);
    CHECK_EQ(found, 0, "a new thread's registers are zero");
}

/* Many ------------------------------------------------------------------------------- */

static int64_t wait_for_flag(void *argument)
{
    (void)argument;
    while (!__atomic_load_n(&flag, __ATOMIC_RELAXED))
        sys_thread_sleep(clock_now() + NS_PER_MS);
    return 7;
}

/* One thread looks out for the flag and all others wait for that one: hundreds that look would keep a slow machine busy for ever. */
static int64_t wait_for_gate(void *gate)
{
    return sys_thread_join(((struct thread *)gate)->handle, DEADLINE_FOREVER, NULL) == OK ? 7 : 0;
}

static void crowd(void *argument)
{
    static struct thread *threads[CROWD];
    (void)argument;
    unsigned started = 0, good = 0;
    status_t st = OK;
    __atomic_store_n(&flag, 0, __ATOMIC_RELAXED);
    struct thread *gate = start_thread(wait_for_flag, NULL);
    while (started < CROWD && (st = thread_create(&threads[started], wait_for_gate, gate)) == OK)
        started++;
    CHECK(st == OK || st == ERR_OUT_OF_MEMORY || st == ERR_NO_SLOTS,
          "starting threads ends with a documented error or not at all: %s", status_name(st));
    CHECK(started >= 50, "dozens can be started");
    __atomic_store_n(&flag, 1, __ATOMIC_RELAXED);
    for (unsigned i = 0; i < started; i++)
        good += join_thread(threads[i]) == 7;
    join_thread(gate);
    CHECK_EQ(good, started, "and all can be joined");
}

TEST(many, 3 * 2 + 1)
{
    CHECK_BALANCED(crowd, NULL, "hundreds of threads leave nothing behind");
}

/* Four threads write to the console at once, more than goes out as one piece: the host looks at the lines. */
#define LONG_LINE 3000

static int64_t write_lines(void *argument)
{
    char line[LONG_LINE + 1];
    memset(line, (int)(uint64_t)argument, LONG_LINE);
    line[LONG_LINE] = '\n';
    for (int i = 0; i < 5; i++)
        if (sys_console_write(start_handle(START_STDOUT), line, sizeof(line)) != sizeof(line))
            return -1;
    return 0;
}

TEST(long_writes, 4)
{
    struct thread *threads[4];
    for (uint64_t i = 0; i < 4; i++)
        threads[i] = start_thread(write_lines, (void *)('w' + i));
    for (int i = 0; i < 4; i++)
        CHECK_EQ(join_thread(threads[i]), 0, "thread %d wrote five lines", i);
}
