/* SPDX-License-Identifier: MIT */
/*
 * test.h: what a test program is written with.
 *
 *     #include "user/lib/test.h"
 *
 *     TEST(fifo, 3)
 *     {
 *         status_t port = sys_port_create(4);
 *         REQUIRE(port > 0, "a port is created");
 *         CHECK_STATUS(send_number((handle_t)port, 7), OK, "sending to an empty queue");
 *         CHECK_EQ(receive_number((handle_t)port), 7, "what was sent arrives");
 *     }
 *
 * makes the program `test/NAME` with a case `fifo` of three planned checks. One boot runs one
 * case: `test/NAME fifo`; a second argument replaces the machine's seed. Without
 * arguments the program lists its cases on stdout. main() is the library's.
 *
 * Results go to the START_RESULTS handle as KTAP, one line to one console_write, never
 * through stdout; a program started without that handle (from the shell) shows them on
 * its standard output, where a person reads them and nobody grades them.
 *
 *     KTAP version 1
 *     1..3
 *     ok 1 user/test/port.c:6 a port is created
 *     not ok 2 user/test/port.c:7 sending to an empty queue
 *     # expected OK
 *     # got ERR_QUEUE_FULL: the queue is full and the call may not wait
 *     ok 3 user/test/port.c:8 what was sent arrives
 *     # end 3
 *
 * Diagnostics follow the failing line. "# end N" comes last; N is the number of checks made. Exit
 * code 0: all passed and as many as planned; 1: not so; 2: no such case, or nowhere to write.
 *
 * Checks may be made from several threads: each is written as one piece.
 * They are made in the process that runs the case, not in its children.
 */
#pragma once

#include "user/lib/defs.h"
#include "user/lib/ponte.h"

struct test_case {
    const char *name;
    unsigned planned; /* checks */
    int line;
    void (*run)(void);
};

/* Defines a case; `id` is its name, `checks` how many CHECKs and REQUIREs it makes. */
#define TEST(id, checks)                                                            \
    static void test_##id(void);                                                    \
    static const struct test_case test_case_##id = { #id, checks, __LINE__, test_##id }; \
    __attribute__((used, section("test_cases"))) static const struct test_case     \
        *const test_entry_##id = &test_case_##id;                                   \
    static void test_##id(void)

/*
 * A part of a test that runs in a process of its own: the body returns that process's
 * exit code, and finds its arguments in argv[0 .. argc - 1] and its handles at START_USER.
 */
struct test_role {
    const char *name;
    int (*run)(int argc, char **argv);
};

#define ROLE(id)                                                                    \
    static int role_##id(int argc, char **argv);                                    \
    static const struct test_role test_role_##id = { #id, role_##id };             \
    __attribute__((used, section("test_roles"))) static const struct test_role     \
        *const role_entry_##id = &test_role_##id;                                   \
    static int role_##id(__attribute__((unused)) int argc, __attribute__((unused)) char **argv)

/*
 * Starts this program again as `role` with one argument (NULL: none). It gets stdout, the results line (a stub
 * of the library's says there that it ran: todo.h), the system handle, and `handles`, which move to it as from START_USER on.
 * Returns a process handle, or the errors of sys_process_spawn; then the handles have stayed.
 */
must_check status_t test_start(const char *role, const char *argument, const handle_t *handles,
                               size_t count);

/*
 * The checks. Each is one line of the plan, returns whether it passed, and takes a
 * printf-like description: plain words for what was tried, without '#' or newline.
 */

#define CHECK(condition, ...) \
    test_check(__FILE__, __LINE__, (condition), #condition, __VA_ARGS__)

/* Two integers or pointers are equal. A value that is an error's is shown with its name. */
#define CHECK_EQ(got, expected, ...) \
    test_check_eq(__FILE__, __LINE__, (int64_t)(got), (int64_t)(expected), __VA_ARGS__)

/* A status: OK, an ERR_ value, or a count. Shown by name. */
#define CHECK_STATUS(got, expected, ...) \
    test_check_status(__FILE__, __LINE__, (got), (expected), __VA_ARGS__)

/* `n` bytes are the same; shows where they first differ. */
#define CHECK_MEM(got, expected, n, ...) \
    test_check_mem(__FILE__, __LINE__, (got), (expected), (n), __VA_ARGS__)

/* The same, but a failure ends the case at once: what follows would make no sense. */
#define REQUIRE(condition, ...) test_require(CHECK(condition, __VA_ARGS__))
#define REQUIRE_EQ(got, expected, ...) test_require(CHECK_EQ(got, expected, __VA_ARGS__))
#define REQUIRE_STATUS(got, expected, ...) test_require(CHECK_STATUS(got, expected, __VA_ARGS__))
#define REQUIRE_MEM(got, expected, n, ...) test_require(CHECK_MEM(got, expected, n, __VA_ARGS__))

/* "# answer key=value": what the host works out for itself from the seed. */
#define ANSWER(key, ...) test_answer(key, __VA_ARGS__)

/* "# note text": for the person who reads a failure. */
#define NOTE(...) test_note(__VA_ARGS__)

/* Nothing was lost ----------------------------------------------------------- */

/*
 * CHECK_BALANCED(body, argument, fmt...) runs body(argument) twice and checks that the second
 * run left as many frames, kernel objects, bytes, handles and threads as the first: the
 * first warms up whatever is kept for good (heap arenas, page tables, faulted-in pages).
 * Checks made by the body count twice in the plan, and this one once.
 */
#define CHECK_BALANCED(body, argument, ...)                                 \
    ({                                                                      \
        struct system_info balance_before_;                                 \
        (body)(argument);                                                   \
        test_balance_begin(&balance_before_);                               \
        (body)(argument);                                                   \
        CHECK_BALANCE(&balance_before_, __VA_ARGS__);                       \
    })

/*
 * The two halves, for a test that is no function: do everything once, then begin, do it
 * again, check. The page tables and pages that the test itself comes to use between them count
 * too: begin touches its data and 64 KiB of stack beforehand, but knows nothing of heap
 * arenas or of what sys_vm_map gives: give those back, or have them before.
 * Threads that have been joined may still be on their way out: both wait until those of thread_create have
 * given back all they had. For the rest the check waits half a second at most.
 */
void test_balance_begin(struct system_info *before);
#define CHECK_BALANCE(before, ...) \
    test_check_balance(__FILE__, __LINE__, (before), __VA_ARGS__)

/* What the host does the same way --------------------------------------------- */

/* The run's seed: the case's second argument if there is one, else the machine's. */
uint64_t test_seed(void);

/*
 * splitmix64, modulo 2^64:
 *     state += 0x9e3779b97f4a7c15
 *     z = state
 *     z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
 *     z = (z ^ (z >> 27)) * 0x94d049bb133111eb
 *     return z ^ (z >> 31)
 */
uint64_t test_random(uint64_t *state);

/* FNV-1a, 64 bits, begun with TEST_HASH_START: for each byte, h = (h ^ byte) * 0x100000001b3. */
#define TEST_HASH_START 0xcbf29ce484222325ull
uint64_t test_hash(uint64_t h, const void *bytes, size_t n);

/* What the macros call -------------------------------------------------------- */

bool test_check(const char *file, int line, bool ok, const char *condition, const char *format,
                ...) printf_like(5, 6);
bool test_check_eq(const char *file, int line, int64_t got, int64_t expected,
                   const char *format, ...) printf_like(5, 6);
bool test_check_status(const char *file, int line, status_t got, status_t expected,
                       const char *format, ...) printf_like(5, 6);
bool test_check_mem(const char *file, int line, const void *got, const void *expected,
                    size_t n, const char *format, ...) printf_like(6, 7);
bool test_check_balance(const char *file, int line, const struct system_info *before,
                        const char *format, ...) printf_like(4, 5);
void test_require(bool ok);
void test_answer(const char *key, const char *format, ...) printf_like(2, 3);
void test_note(const char *format, ...) printf_like(1, 2);

/* Between test.c and test_main.c: the first lines of a run, and its last one. */
void test_begin(unsigned planned, uint64_t seed, handle_t results);
_Noreturn void test_finish(void);
