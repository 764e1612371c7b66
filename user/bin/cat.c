/* SPDX-License-Identifier: MIT */
/*
 * cat.c: prints files of the archive, or what is typed.
 *
 * Most files here are programs, whose bytes would upset a terminal: what is no text is shown as
 * a dot, unless -r asks for the bytes as they are.
 */
#include "user/lib/args.h"
#include "user/lib/ctype.h"
#include "user/lib/process.h"
#include "user/lib/status.h"
#include "user/lib/stdio.h"

enum { CTRL_C = 3, CTRL_D = 4 };

static void show(uint8_t *bytes, size_t n, bool raw)
{
    for (size_t i = 0; !raw && i < n; i++)
        if (!isprint(bytes[i]) && bytes[i] != '\n' && bytes[i] != '\t')
            bytes[i] = '.';
    print_bytes(bytes, n);
}

static int print_file(const char *path, bool raw)
{
    static uint8_t bytes[4096];
    uint64_t offset = 0;
    status_t n;
    while ((n = sys_file_read(path, offset, bytes, sizeof bytes)) > 0) {
        show(bytes, (size_t)n, raw);
        offset += (uint64_t)n;
    }
    if (n == ERR_NOT_FOUND)
        warn("there is no file '%s'; `ls` lists them", path);
    else if (n < 0)
        warn("%s: %s", path, status_text(n));
    return n < 0;
}

/* Repeats what is typed until Ctrl-D or Ctrl-C. */
static int print_input(void)
{
    if (start_handle(START_STDIN) == HANDLE_INVALID) {
        warn("no keyboard was given to this program; start it as `input cat`");
        return 1;
    }
    uint8_t bytes[256];
    status_t n;
    while ((n = read_input(bytes, sizeof bytes, DEADLINE_FOREVER)) > 0) {
        for (status_t i = 0; i < n; i++) {
            if (bytes[i] == CTRL_C || bytes[i] == CTRL_D)
                return 0;
            putchar(bytes[i] == '\r' ? '\n' : bytes[i]);
        }
        flush();
    }
    return n < 0;
}

int main(int argc, char **argv)
{
    bool raw = false;
    struct args args = args_begin(argc, argv, "r", "[-r] [file...]   (-r: raw bytes)");
    while (args_next(&args) != 0)
        raw = true;
    int code = 0;
    if (args.count == 0)
        return print_input();
    for (int i = 0; i < args.count; i++)
        code |= print_file(args.rest[i], raw);
    return code;
}
