/* SPDX-License-Identifier: MIT */
/*
 * prodcons.c: producers and a consumer, over a pipe.
 *
 *     producer 1 --+
 *     producer 2 --+-->  pipe, 64 KiB  -->  consumer
 *     producer 3 --+
 *
 * Each producer is a process that writes numbered records; the consumer reads whatever is there, which
 * may end in the middle of a record. Nobody says how many will come: when the last producer has closed its
 * end, the pipe ends. Records are smaller than PIPE_BUF, so no two are ever mixed, whoever writes
 * when; and the records of one producer come in its order. Both are checked.
 */
#include "user/lib/args.h"
#include "user/lib/ipc.h"
#include "user/lib/process.h"
#include "user/lib/status.h"
#include "user/lib/stdio.h"
#include "user/lib/stdlib.h"
#include "user/lib/string.h"

#define PRODUCERS_MAX 16

enum { PRODUCER_END = START_USER };

struct record {
    uint32_t producer;
    uint32_t number; /* from 0, one more each time */
    uint8_t rest[92]; /* filled with the number's low byte */
};

static status_t check(const char *what, status_t st)
{
    if (st < 0)
        die("%s: %s (%s)", what, status_text(st), status_name(st));
    return st;
}

static int run_producer(uint32_t producer, uint32_t count)
{
    struct record record = { .producer = producer };
    for (uint32_t i = 0; i < count; i++) {
        record.number = i;
        memset(record.rest, (int)(i & 0xff), sizeof record.rest);
        check("writing", sys_pipe_write(start_handle(PRODUCER_END), &record, sizeof record,
                                        DEADLINE_FOREVER));
    }
    return 0;
}

/* What the consumer knows. */
struct tally {
    uint32_t next[PRODUCERS_MAX]; /* the number that must come next from each */
    uint64_t records, reads;
};

static void look_at(struct tally *tally, const struct record *record, uint32_t producers)
{
    if (record->producer >= producers)
        die("a record of producer %u, whom there is not", record->producer);
    if (record->number != tally->next[record->producer]++)
        die("producer %u's records came out of order", record->producer);
    for (size_t i = 0; i < sizeof record->rest; i++)
        if (record->rest[i] != (uint8_t)record->number)
            die("two records were mixed");
    tally->records++;
}

/* A read may end inside a record: its beginning is kept for the next one. */
static void consume(handle_t pipe, struct tally *tally, uint32_t producers)
{
    static uint8_t bytes[8192];
    size_t have = 0;
    status_t n;
    while ((n = sys_pipe_read(pipe, bytes + have, sizeof bytes - have, DEADLINE_FOREVER)) > 0) {
        tally->reads++;
        have += (size_t)n;
        size_t used = 0;
        for (; have - used >= sizeof(struct record); used += sizeof(struct record)) {
            struct record record;
            memcpy(&record, bytes + used, sizeof record);
            look_at(tally, &record, producers);
        }
        memmove(bytes, bytes + used, have - used);
        have -= used;
    }
    check("reading", n);
    if (have != 0)
        die("the last record is not whole");
}

static handle_t start_producer(handle_t end, uint32_t number, uint32_t count)
{
    char number_text[16], count_text[16];
    snprintf(number_text, sizeof number_text, "%u", number);
    snprintf(count_text, sizeof count_text, "%u", count);
    const char *argv[] = { program_path(), "-w", number_text, "-n", count_text, NULL };
    handle_t own = (handle_t)check("another writing end", sys_handle_duplicate(end, RIGHTS_SAME));
    return (handle_t)check("starting a producer",
                           process_start(program_path(), argv, GIVE_STDOUT, &own, 1));
}

static int run_consumer(uint32_t producers, uint32_t count)
{
    static struct tally tally;
    handle_t ends[2], processes[PRODUCERS_MAX];
    check("making a pipe", sys_pipe_create(ends));
    for (uint32_t i = 0; i < producers; i++)
        processes[i] = start_producer(ends[1], i, count);
    sys_handle_close(ends[1]); /* or the pipe would never end: we ourselves could still write */
    printf("consumer: %u producers write %u records of %zu bytes each\n", producers, count,
           sizeof(struct record));
    consume(ends[0], &tally, producers);
    for (uint32_t i = 0; i < producers; i++)
        check("waiting for a producer", process_finish(processes[i], DEADLINE_FOREVER, NULL));
    printf("consumer: %lu records in %lu reads, each whole and each producer's in order\n",
           tally.records, tally.reads);
    return tally.records == (uint64_t)producers * count ? 0 : 1;
}

int main(int argc, char **argv)
{
    uint32_t producers = 3, count = 1000, producer = PRODUCERS_MAX;
    struct args args = args_begin(argc, argv, "p:n:w:", "[-p producers] [-n records]");
    for (int option; (option = args_next(&args)) != 0;) {
        if (option == 'p')
            producers = (uint32_t)args_number(&args, 1, PRODUCERS_MAX);
        else if (option == 'n')
            count = (uint32_t)args_number(&args, 1, 1000000);
        else
            producer = (uint32_t)args_number(&args, 0, PRODUCERS_MAX - 1);
    }
    if (args.count > 0)
        args_wrong(&args, "'%s' is no option", args.rest[0]);
    if (producer < PRODUCERS_MAX && start_handle(PRODUCER_END) == HANDLE_INVALID)
        args_wrong(&args, "-w is for producers, which the consumer starts");
    return producer < PRODUCERS_MAX ? run_producer(producer, count) : run_consumer(producers, count);
}
