/* SPDX-License-Identifier: MIT */
/*
 * test.c: runs one case and reports each check; test.h says how it looks.
 *
 * Lock: run.lock is held from a check's number to its last diagnostic, so that the lines of
 * one check stay together.
 */
#include "user/lib/test.h"

#include "user/lib/lock.h"
#include "user/lib/status.h"
#include "user/lib/stdio.h"
#include "user/lib/stdlib.h"
#include "user/lib/string.h"
#include "user/lib/thread.h"
#include "user/lib/time.h"

#define LINE_SIZE      1000 /* bytes: below what console_write keeps in one piece */
#define STACK_TO_TOUCH 65536
#define BALANCE_YIELDS 100
#define BALANCE_WAIT   500  /* ms */
#define LEAVING_WAIT   5000 /* ms */

/* user.ld */
extern char image_start[], data_start[], image_end[];

static struct {
    struct lock lock;
    unsigned planned;     /* [I] */
    uint64_t seed;        /* [I] */
    handle_t results;     /* [I] */
    unsigned made;        /* [lock] */
    unsigned failed;      /* [lock] */
    bool unwritten;       /* [lock] a line could not be written */
    char line[LINE_SIZE]; /* [lock] */
} run;

/* Lines ------------------------------------------------------------------------ */

/* What would break the format becomes a question mark. */
static void clean(char *text, bool description)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 127 || (description && *text == '#'))
            *text = '?';
}

/* Sends `prefix` and the formatted text as one line. run.lock is held. */
static void put_line(const char *prefix, const char *format, va_list args)
{
    size_t begin = strlen(prefix);
    memcpy(run.line, prefix, begin);
    vsnprintf(run.line + begin, LINE_SIZE - 1 - begin, format, args);
    clean(run.line + begin, prefix[0] != '#' && prefix[0] != '\0');
    size_t length = strlen(run.line);
    run.line[length++] = '\n';
    if (sys_console_write(run.results, run.line, length) != (status_t)length)
        run.unwritten = true;
}

printf_like(2, 3) static void line(const char *prefix, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put_line(prefix, format, args);
    va_end(args);
}

/* The "ok" or "not ok" line; takes run.lock, which the caller lets go after its diagnostics. */
static bool report(const char *file, int line_number, bool ok, const char *format, va_list args)
{
    lock_acquire(&run.lock);
    run.made++;
    run.failed += !ok;
    const char *short_file = strstr(file, "user/"); /* __FILE__ may be absolute */
    char prefix[160];
    snprintf(prefix, sizeof prefix, "%s %u %.100s:%d ", ok ? "ok" : "not ok", run.made,
             short_file != NULL ? short_file : file, line_number);
    put_line(prefix, format, args);
    return ok;
}

static void report_end(void)
{
    lock_release(&run.lock);
}

void test_begin(unsigned planned, uint64_t seed, handle_t results)
{
    run.planned = planned;
    run.seed = seed;
    run.results = results;
    line("", "KTAP version 1");
    line("", "1..%u", planned);
}

_Noreturn void test_finish(void)
{
    lock_acquire(&run.lock); /* for good: nobody has the last word after this one */
    line("", "# end %u", run.made);
    flush();
    if (run.unwritten)
        exit(2);
    exit(run.failed == 0 && run.made == run.planned ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* Checks ----------------------------------------------------------------------- */

bool test_check(const char *file, int line_number, bool ok, const char *condition,
                const char *format, ...)
{
    va_list args;
    va_start(args, format);
    report(file, line_number, ok, format, args);
    va_end(args);
    if (!ok) {
        line("# expected ", "%s", condition);
        line("# got ", "that this does not hold");
    }
    report_end();
    return ok;
}

/* "64", "-12 (ERR_EMPTY)", "4294967304 (0x100000008)". */
static void integer_line(const char *prefix, int64_t value)
{
    if (value < 0 && strcmp(status_name(value), "ERR_?") != 0)
        line(prefix, "%ld (%s)", value, status_name(value));
    else if (value < 0 || value > 4096)
        line(prefix, "%ld (0x%lx)", value, (uint64_t)value);
    else
        line(prefix, "%ld", value);
}

bool test_check_eq(const char *file, int line_number, int64_t got, int64_t expected,
                   const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bool ok = report(file, line_number, got == expected, format, args);
    va_end(args);
    if (!ok) {
        integer_line("# expected ", expected);
        integer_line("# got ", got);
    }
    report_end();
    return ok;
}

static void status_line(const char *prefix, status_t status)
{
    if (status > 0)
        line(prefix, "%ld", status);
    else if (status == OK)
        line(prefix, "OK");
    else
        line(prefix, "%s (%ld): %s", status_name(status), status, status_text(status));
}

bool test_check_status(const char *file, int line_number, status_t got, status_t expected,
                       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bool ok = report(file, line_number, got == expected, format, args);
    va_end(args);
    if (!ok) {
        status_line("# expected ", expected);
        status_line("# got ", got);
    }
    report_end();
    return ok;
}

/* Up to eight bytes in hexadecimal. */
static void bytes_line(const char *prefix, const uint8_t *bytes, size_t n)
{
    char text[32];
    size_t length = 0;
    for (size_t i = 0; i < n && i < 8; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, " %02x", bytes[i]);
    line(prefix, "%s%s", text + 1, n > 8 ? " ..." : "");
}

bool test_check_mem(const char *file, int line_number, const void *got, const void *expected,
                    size_t n, const char *format, ...)
{
    const uint8_t *g = got, *e = expected;
    size_t at = 0;
    while (at < n && g[at] == e[at])
        at++;
    va_list args;
    va_start(args, format);
    bool ok = report(file, line_number, at == n, format, args);
    va_end(args);
    if (!ok) {
        line("# first difference ", "at offset %zu of %zu bytes", at, n);
        bytes_line("# expected ", e + at, n - at);
        bytes_line("# got ", g + at, n - at);
    }
    report_end();
    return ok;
}

void test_require(bool ok)
{
    if (ok)
        return;
    test_note("the case ends here: what follows needs the check that failed");
    test_finish();
}

static void tagged(const char *prefix, const char *format, va_list args)
{
    lock_acquire(&run.lock);
    put_line(prefix, format, args);
    lock_release(&run.lock);
}

void test_answer(const char *key, const char *format, ...)
{
    char prefix[80];
    snprintf(prefix, sizeof prefix, "# answer %.60s=", key);
    va_list args;
    va_start(args, format);
    tagged(prefix, format, args);
    va_end(args);
}

void test_note(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tagged("# note ", format, args);
    va_end(args);
}

/* Balance ---------------------------------------------------------------------- */

__attribute__((noinline)) static void touch_stack(void)
{
    volatile char room[STACK_TO_TOUCH];
    for (size_t i = 0; i < sizeof room; i += PAGE_SIZE)
        room[i] = 0;
}

/* Whatever is filled in when it is first touched is touched now. */
static void touch_image(void)
{
    for (char *page = image_start; page < data_start; page += PAGE_SIZE)
        (void)*(volatile char *)page;
    for (char *page = data_start; page < image_end; page += PAGE_SIZE)
        __atomic_fetch_or(page, 0, __ATOMIC_RELAXED); /* a write, whatever other threads do */
}

/*
 * Who has been joined may still be on its way out, on a CPU that is slow: until it has given back what it had, it
 * must not pass for a part of the balance. A kernel that keeps such threads for ever fails the check.
 */
static void wait_for_the_leaving(void)
{
    struct system_info info;
    uint64_t deadline = deadline_after(LEAVING_WAIT);
    sys_system_info(&info);
    while (info.threads_own > 1 + thread_unjoined() && clock_now() < deadline) {
        sys_thread_sleep(deadline_after(1));
        sys_system_info(&info);
    }
}

void test_balance_begin(struct system_info *before)
{
    wait_for_the_leaving();
    touch_stack();
    touch_image();
    sys_system_info(before); /* touches *before */
    for (int i = 0; i < BALANCE_YIELDS; i++)
        sys_thread_yield(); /* lets those who are just ending end */
    sys_thread_sleep(deadline_after(1));
    sys_system_info(before);
}

static bool balanced(const struct system_info *a, const struct system_info *b)
{
    return a->frames_live == b->frames_live && a->objects_live == b->objects_live &&
           a->bytes_live == b->bytes_live && a->handles_live == b->handles_live &&
           a->threads_live == b->threads_live;
}

static void figures_line(const char *prefix, const struct system_info *info)
{
    line(prefix, "frames %lu objects %lu bytes %lu handles %lu threads %lu", info->frames_live,
         info->objects_live, info->bytes_live, info->handles_live, info->threads_live);
}

bool test_check_balance(const char *file, int line_number, const struct system_info *before,
                        const char *format, ...)
{
    struct system_info now;
    wait_for_the_leaving();
    uint64_t deadline = deadline_after(BALANCE_WAIT);
    sys_system_info(&now);
    for (int i = 0; !balanced(before, &now) && clock_now() < deadline; i++) {
        if (i < BALANCE_YIELDS)
            sys_thread_yield();
        else
            sys_thread_sleep(deadline_after(1));
        sys_system_info(&now);
    }
    va_list args;
    va_start(args, format);
    bool ok = report(file, line_number, balanced(before, &now), format, args);
    va_end(args);
    if (!ok) {
        figures_line("# expected ", before);
        figures_line("# got ", &now);
    }
    report_end();
    return ok;
}

/* Randomness ------------------------------------------------------------------- */

uint64_t test_seed(void)
{
    return run.seed;
}

uint64_t test_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

uint64_t test_hash(uint64_t h, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * 0x100000001b3ull;
    return h;
}
