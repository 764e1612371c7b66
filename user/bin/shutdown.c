/* SPDX-License-Identifier: MIT */
/* shutdown.c: switches the machine off. */
#include "user/lib/process.h"
#include "user/lib/status.h"
#include "user/lib/stdio.h"

int main(void)
{
    printf("The machine goes off.\n");
    status_t st = sys_system_shutdown(start_handle(START_SYSTEM), SHUTDOWN_POWEROFF);
    die("it does not go off: %s", status_text(st));
}
