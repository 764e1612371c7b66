/* SPDX-License-Identifier: MIT */
/*
 * bench.c: what Ponte's operations cost, in nanoseconds of guest time.
 *
 * Run with -icount shift=0,sleep=off, where one nanosecond is one instruction. Writes lines "bench NAME VALUE UNIT" to
 * the results handle, or to standard output. The loops are in user/test/bench/.
 *
 *   test/bench                   everything
 *   test/bench NAME ROUNDS       one loop, so many times: for `make profile`
 *   test/bench pairs KIND PAIRS  so many pairs of processes at once, for several CPUs
 */
#include "user/lib/ipc.h"
#include "user/test/bench/bench.h"
#include "user/test/bench/ponte.h"

static uint8_t data[BENCH_PAGE] __attribute__((aligned(BENCH_PAGE)));

static void loop_back(void *argument)
{
    struct parcel *parcel = argument;
    bench_check("message_loopback", sys_message_loopback(&parcel->args, &parcel->args));
}

static void measure_loopback(void)
{
    struct parcel parcel;
    parcel_init(&parcel, data, sizeof data);
    parcel_fill(&parcel, 0, false);
    measure("message_loopback_0", loop_back, &parcel, 1000, 1);
    parcel_fill(&parcel, 64, false);
    measure("message_loopback_64", loop_back, &parcel, 1000, 1);
    parcel_fill(&parcel, 4096, false);
    measure("message_loopback_4096", loop_back, &parcel, 1000, 1);

    handle_t port = (handle_t)bench_check("port_create", sys_port_create(1));
    parcel_fill(&parcel, 64, true);
    parcel.cargo = (handle_t)bench_check("duplicating", port_sender(port));
    measure("message_loopback_handle", loop_back, &parcel, 1000, 1);
    bench_close(parcel.cargo);
    parcel.cargo = port;
    measure("message_loopback_receive_side", loop_back, &parcel, 1000, 1);
    bench_close(parcel.cargo);
}

static void measure_all(void)
{
    measure_kernel();
    measure_loopback();
    measure_messages();
    measure_pipes();
    measure_memory();
    measure_futexes();
}

int main(int argc, char **argv)
{
    struct system_info info;
    if (argc > 3 && strcmp(argv[1], "role") == 0)
        return bench_role(argv[2], argv[3]);
    if (argc > 3 && strcmp(argv[1], "pairs") == 0) {
        measure_pairs(argv[2], (unsigned)strtoul(argv[3], NULL, 10));
        return 0;
    }
    bench_check("system_info", sys_system_info(&info));
    report("boot_time", info.boot_time, "ns");
    measure_start(argc > 2 ? argv[1] : NULL, argc > 2 ? strtoul(argv[2], NULL, 10) : 0);
    measure_all();
    if (measure_end())
        return 0;
    warn("there is no loop %s", argv[1]);
    return 2;
}
