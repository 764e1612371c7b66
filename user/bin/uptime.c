/* SPDX-License-Identifier: MIT */
/* uptime.c: how long the machine has been running. */
#include "user/lib/status.h"
#include "user/lib/stdio.h"
#include "user/lib/time.h"

int main(void)
{
    struct system_info info;
    status_t st = sys_system_info(&info);
    if (st < 0)
        die("the machine does not say: %s", status_text(st));
    uint64_t now = clock_now();
    uint64_t seconds = now / NS_PER_S;
    printf("up %lu:%02lu:%02lu.%03lu on %u CPU%s; the first program began after %lu.%03lu ms\n",
           seconds / 3600, seconds / 60 % 60, seconds % 60, now / NS_PER_MS % 1000, info.cpus,
           info.cpus == 1 ? "" : "s", info.boot_time / NS_PER_MS,
           info.boot_time / NS_PER_US % 1000);
    return 0;
}
