/* SPDX-License-Identifier: MIT */
/*
 * stdio.c: the line buffer of standard output, and input.
 *
 * Lock:      out.lock, held while one call formats; so calls of threads do not mix.
 * Invariant: out.length < sizeof out.text outside of `put`.
 */
#include "user/lib/stdio.h"

#include "user/lib/assert.h"
#include "user/lib/lock.h"
#include "user/lib/process.h"
#include "user/lib/start.h"
#include "user/lib/stdlib.h"
#include "user/lib/stream.h"
#include "user/lib/string.h"

/* One console_write of this size goes out as one piece. */
#define BUFFER_SIZE 1024

static struct {
    struct lock lock;
    size_t length;   /* bytes waiting in text */
    size_t printed;  /* by the call in progress */
    bool newline;    /* it printed one */
    bool pipe;       /* so lines are of no interest: it goes out when the buffer is full */
    status_t status; /* its first error */
    char text[BUFFER_SIZE];
} out;

/*
 * Standard output's lock is held. On an error what was buffered is lost: there is nowhere to put
 * it.
 */
static void send_out(void)
{
    status_t st = OK;
    if (out.length > 0)
        st = stream_write(start_handle(START_STDOUT), out.text, out.length, &out.pipe);
    out.length = 0;
    if (st == ERR_PEER_CLOSED)
        sys_process_exit(EXIT_CODE_UNREAD); /* nobody wants to know any more: no reason to complain */
    if (st < 0 && out.status == OK)
        out.status = st;
}

static void put(void *context, const char *text, size_t n)
{
    (void)context;
    out.printed += n;
    for (size_t i = 0; i < n; i++) {
        out.text[out.length++] = text[i];
        if (text[i] == '\n')
            out.newline = true;
        if (out.length == sizeof out.text)
            send_out();
    }
}

int flush(void)
{
    lock_acquire(&out.lock);
    out.status = OK;
    send_out();
    int result = (int)out.status;
    lock_release(&out.lock);
    return result;
}

static void begin(void)
{
    lock_acquire(&out.lock);
    exit_flush = flush;
    out.printed = 0;
    out.newline = false;
    out.status = OK;
}

static int end(void)
{
    if (out.newline && !out.pipe)
        send_out();
    int result = out.status < 0 ? (int)out.status : (int)out.printed;
    lock_release(&out.lock);
    return result;
}

int vprintf(const char *format, va_list args)
{
    begin();
    format_to(put, NULL, format, args);
    return end();
}

int printf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vprintf(format, args);
    va_end(args);
    return n;
}

int print_bytes(const void *bytes, size_t n)
{
    begin();
    put(NULL, bytes, n);
    return end();
}

int puts(const char *line)
{
    begin();
    put(NULL, line, strlen(line));
    put(NULL, "\n", 1);
    return end();
}

int putchar(int c)
{
    char byte = (char)c;
    int n = print_bytes(&byte, 1);
    return n < 0 ? n : (unsigned char)byte;
}

struct direct {
    handle_t console;
    size_t length, printed;
    status_t status;
    char text[BUFFER_SIZE];
};

static void send_direct(struct direct *d)
{
    status_t st = d->length > 0 ? stream_write(d->console, d->text, d->length, NULL) : OK;
    if (st < 0 && d->status == OK)
        d->status = st;
    d->length = 0;
}

static void put_direct(void *context, const char *text, size_t n)
{
    struct direct *d = context;
    d->printed += n;
    for (size_t i = 0; i < n; i++) {
        d->text[d->length++] = text[i];
        if (d->length == sizeof d->text)
            send_direct(d);
    }
}

int dprintf(handle_t console, const char *format, ...)
{
    struct direct d;
    d.console = console;
    d.length = d.printed = 0;
    d.status = OK;
    va_list args;
    va_start(args, format);
    format_to(put_direct, &d, format, args);
    va_end(args);
    send_direct(&d);
    return d.status < 0 ? (int)d.status : (int)d.printed;
}

status_t read_input(void *buffer, size_t size, uint64_t deadline)
{
    flush();
    return stream_read(start_handle(START_STDIN), buffer, size, deadline);
}

/* One write, so that the line stays whole when others print; not into a pipe, where it would be taken for data. */
static void vwarn(const char *format, va_list args)
{
    struct direct d = { .console = start_handle(START_ERROR) };
    if (d.console == HANDLE_INVALID)
        d.console = start_handle(START_STDOUT);
    const char *name = program_name();
    flush();
    put_direct(&d, name, strlen(name));
    put_direct(&d, ": ", 2);
    format_to(put_direct, &d, format, args);
    put_direct(&d, "\n", 1);
    send_direct(&d);
}

void warn(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vwarn(format, args);
    va_end(args);
}

_Noreturn void die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vwarn(format, args);
    va_end(args);
    exit(EXIT_FAILURE);
}

_Noreturn void abort(void)
{
    warn("aborted");
    flush();
    sys_process_exit(134);
}

_Noreturn void assert_failed(const char *file, int line, const char *text)
{
    warn("%s:%d: assertion failed: %s", file, line, text);
    abort();
}
