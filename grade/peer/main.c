/* SPDX-License-Identifier: MIT */
/*
 * main.c: Linux's /init for `make bench PEER=linux`, process 1 and all there is besides the kernel.
 *
 * Measures what test/bench measures on Ponte, with the same loops, and writes the same lines to the second serial
 * port. Then ends QEMU as Ponte does, through isa-debug-exit.
 */
#include "grade/peer/peer.h"

#include <sys/io.h>
#include <sys/mount.h>
#include <sys/utsname.h>
#include <termios.h>

#include "user/test/bench/bench.h"

#define DEBUG_EXIT 0xf4
#define ENDED_WELL 0x10 /* kernel/abi/system.h: SHUTDOWN_PASS */
#define ENDED_ILL  0x11

static int output = STDERR_FILENO;

int bench_output(void)
{
    return output;
}

/* A process 1 that ends is a panic: this comes before, whoever calls exit. */
static void end_machine(int status, void *unused)
{
    (void)unused;
    tcdrain(STDERR_FILENO);
    if (iopl(3) == 0)
        outb(status == 0 ? ENDED_WELL : ENDED_ILL, DEBUG_EXIT);
}

static void measure_all(void)
{
    measure_kernel();
    measure_sysv_alone();
    measure_messages();
    measure_pipes();
    measure_memory();
    measure_populated();
    measure_futexes();
    measure_inline_mutex();
}

int main(int argc, char **argv)
{
    struct utsname name;
    if (argc > 3 && strcmp(argv[1], "role") == 0)
        return bench_role(argv[2], argv[3]);
    on_exit(end_machine, NULL);
    bench_check("mounting /dev", mount("devtmpfs", "/dev", "devtmpfs", 0, NULL));
    int line = (int)bench_check("/dev/ttyS1", open("/dev/ttyS1", O_WRONLY | O_NOCTTY | O_CLOEXEC));
    bench_check("uname", uname(&name));
    dprintf(line, "system %s %s\n", name.sysname, name.release);
    output = line;
    measure_start(NULL, 0);
    measure_all();
    bench_check("the results", tcdrain(line));
    return 0;
}
