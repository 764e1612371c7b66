/* SPDX-License-Identifier: MIT */
/*
 * cat.c: prints files of the archive, or what it is sent or typed.
 *
 * Most files here are programs, whose bytes would upset a terminal: what is no text is shown as
 * a dot, unless -r asks for the bytes as they are or they go into a pipe.
 */
#include "user/lib/args.h"
#include "user/lib/ctype.h"
#include "user/lib/input.h"
#include "user/lib/process.h"
#include "user/lib/stdio.h"

static bool to_console(void)
{
    struct handle_info info;
    return sys_handle_info(start_handle(START_STDOUT), &info) == OK && info.type == OBJ_CONSOLE;
}

static int print(const char *path, bool raw)
{
    static uint8_t bytes[4096];
    struct input input = input_begin(path);
    size_t n;
    while ((n = input_block(&input, bytes, sizeof bytes)) > 0) {
        for (size_t i = 0; !raw && i < n; i++)
            if (!isprint(bytes[i]) && bytes[i] != '\n' && bytes[i] != '\t')
                bytes[i] = '.';
        print_bytes(bytes, n);
    }
    return input_end(&input);
}

int main(int argc, char **argv)
{
    bool raw = !to_console();
    struct args args = args_begin(argc, argv, "r", "[-r] [file...]   (-r: raw bytes)");
    while (args_next(&args) != 0)
        raw = true;
    int code = args.count == 0 ? print(NULL, raw) : 0;
    for (int i = 0; i < args.count; i++)
        code |= print(args.rest[i], raw);
    return code;
}
