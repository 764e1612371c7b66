/* SPDX-License-Identifier: MIT */
/*
 * mem.c: who has the memory.
 *
 * The figures below "live" are the same before and after a program that gives back what
 * it took: run `mem`, the program, and `mem` again.
 */
#include "user/lib/status.h"
#include "user/lib/stdio.h"

static uint64_t kib(uint64_t frames)
{
    return frames * PAGE_SIZE / 1024;
}

int main(void)
{
    struct system_info info;
    status_t st = sys_system_info(&info);
    if (st < 0)
        die("the machine does not say: %s", status_text(st));
    printf("%-28s %10s %10s\n", "", "frames", "KiB");
    printf("%-28s %10lu %10lu\n", "managed", info.frames_total, kib(info.frames_total));
    printf("%-28s %10lu %10lu\n", "free", info.frames_free, kib(info.frames_free));
    printf("%-28s %10lu %10lu\n", "in use when init started", info.frames_boot,
           kib(info.frames_boot));
    printf("%-28s %10s %10lu\n", "kept in object caches", "", info.cache_bytes / 1024);
    printf("live\n");
    printf("  %-26s %10lu %10lu\n", "frames", info.frames_live, kib(info.frames_live));
    printf("  %-26s %10lu %10s   %lu bytes\n", "kernel objects", info.objects_live, "",
           info.bytes_live);
    printf("  %-26s %10lu\n", "handles", info.handles_live);
    printf("  %-26s %10lu\n", "threads", info.threads_live);
    return 0;
}
