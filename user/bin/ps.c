/* SPDX-License-Identifier: MIT */
/* ps.c: lists the processes. */
#include "user/lib/process.h"
#include "user/lib/status.h"
#include "user/lib/stdio.h"
#include "user/lib/stdlib.h"
#include "user/lib/time.h"

#define SPARE 8 /* processes that may start between the two calls */

int main(void)
{
    handle_t system = start_handle(START_SYSTEM);
    status_t count = sys_system_processes(system, NULL, 0);
    if (count < 0)
        die("the processes cannot be listed: %s", status_text(count));
    size_t room = (size_t)count + SPARE;
    struct process_info *rows = calloc(room, sizeof *rows);
    if (rows == NULL)
        die("no memory for a list of %ld processes", count);
    count = sys_system_processes(system, rows, room);
    if (count < 0)
        die("the processes cannot be listed: %s", status_text(count));
    if ((size_t)count > room)
        count = (status_t)room;

    printf("%5s %7s %7s %7s %10s  %s\n", "PID", "THREADS", "HANDLES", "KIB", "CPU MS", "NAME");
    for (status_t i = 0; i < count; i++)
        printf("%5u %7u %7u %7lu %6lu.%03lu  %s\n", rows[i].pid, rows[i].threads,
               rows[i].handles, (uint64_t)rows[i].pages * PAGE_SIZE / 1024,
               rows[i].cpu_time / NS_PER_MS, rows[i].cpu_time / NS_PER_US % 1000, rows[i].name);
    free(rows);
    return 0;
}
