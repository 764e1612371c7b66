/* SPDX-License-Identifier: MIT */
/*
 * tee.c: passes on what it reads, and shows it too: there are no files to write to here, so the copy goes to the error
 * output, which is the console even in the middle of a pipeline.
 */
#include "user/lib/args.h"
#include "user/lib/input.h"
#include "user/lib/process.h"
#include "user/lib/stdio.h"
#include "user/lib/stream.h"

int main(int argc, char **argv)
{
    static char bytes[4096];
    struct args args = args_begin(argc, argv, "", "   (shows what goes through it)");
    args_next(&args);
    if (args.count > 0)
        args_wrong(&args, "no file can be written: '%s' is too much", args.rest[0]);
    struct input input = input_begin(NULL);
    handle_t copy = start_handle(START_ERROR);
    size_t n;
    while ((n = input_block(&input, bytes, sizeof bytes)) > 0) {
        if (copy != HANDLE_INVALID && stream_write(copy, bytes, n, NULL) < 0)
            return 1;
        print_bytes(bytes, n);
        flush();
    }
    return input_end(&input);
}
