/* SPDX-License-Identifier: MIT */
/* sleep.c: waits: something to put in the background. */
#include "user/lib/args.h"
#include "user/lib/stdlib.h"
#include "user/lib/time.h"

int main(int argc, char **argv)
{
    uint64_t seconds;
    struct args args = args_begin(argc, argv, "", "seconds");
    args_next(&args);
    if (args.count != 1 || !parse_number(args.rest[0], &seconds) || seconds > UINT32_MAX)
        args_wrong(&args, "how many seconds?");
    sys_thread_sleep(deadline_after(seconds * 1000));
    return 0;
}
