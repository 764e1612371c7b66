/* SPDX-License-Identifier: MIT */
/*
 * lender.c: a server that hands out shared memory, over channels.
 *
 *     client  --- "lend me SIZE bytes" -->  server     makes a region, writes a text into it
 *             <-- SIZE, and a handle -----             READ and MAP only: the client may look
 *
 * A question and its answer are one channel_call each way: the client's asks and waits, the
 * server's answers and waits for the next question. Each client has a channel of its own, so no answer
 * can go astray, and a client that dies is seen by ERR_PEER_CLOSED. The bytes of the text
 * cross no queue: both programs see the same page frames.
 */
#include "user/lib/args.h"
#include "user/lib/ipc.h"
#include "user/lib/process.h"
#include "user/lib/status.h"
#include "user/lib/stdio.h"
#include "user/lib/stdlib.h"
#include "user/lib/string.h"

enum { MSG_LEND = 1, MSG_REFUSED = 2 };
enum { SERVER_END = START_USER };

#define LENT_MAX (1024 * 1024u) /* bytes in one region */

static status_t check(const char *what, status_t st)
{
    if (st < 0)
        die("%s: %s (%s)", what, status_text(st), status_name(st));
    return st;
}

/* The server ----------------------------------------------------------------------- */

static void write_text(char *page, uint64_t size, uint64_t number)
{
    snprintf(page, size, "region %lu, %lu bytes, written by the server", number, size);
}

/* Makes a region of its own for the client; *handle allows no more than looking. */
static status_t lend(uint64_t size, uint64_t number, handle_t *handle)
{
    if (size > LENT_MAX)
        return ERR_TOO_BIG;
    status_t shm = sys_shm_create(size);
    if (shm < 0)
        return shm;
    uint64_t length = (uint64_t)check("asking for its size", sys_shm_size((handle_t)shm));
    status_t page = sys_shm_map((handle_t)shm, 0, 0, length, PROT_READ | PROT_WRITE);
    status_t st = page;
    if (page > 0) {
        write_text((char *)page, length, number);
        sys_shm_unmap((uint64_t)page, length);
        st = sys_handle_duplicate((handle_t)shm, RIGHT_READ | RIGHT_MAP | RIGHT_TRANSFER);
    }
    sys_handle_close((handle_t)shm); /* from here on only the client's handle keeps it */
    *handle = (handle_t)st;
    return st < 0 ? st : OK;
}

static int run_server(void)
{
    handle_t end = start_handle(SERVER_END);
    uint64_t size = 0;
    struct message_args in = { .data = (uint64_t)&size, .data_capacity = sizeof size };
    status_t st = sys_channel_recv(end, &in, DEADLINE_FOREVER);
    for (uint64_t number = 1; st == OK; number++) {
        handle_t region = HANDLE_INVALID;
        status_t lent = in.header.size == sizeof size ? lend(size, number, &region)
                                                      : ERR_INVALID_ARGUMENT;
        struct message_args out = {
            .header = { .size = sizeof lent,
                        .handle_count = lent == OK,
                        .msg_type = lent == OK ? MSG_LEND : MSG_REFUSED },
            .data = (uint64_t)&lent,
            .handles = (uint64_t)&region,
        };
        st = sys_channel_call(end, &out, &in, DEADLINE_FOREVER);
        if (st < 0 && region != HANDLE_INVALID)
            sys_handle_close(region); /* nobody is there to take it; if it has gone, this does nothing */
    }
    if (st != ERR_PEER_CLOSED)
        die("server: %s", status_text(st));
    printf("  server: the client is gone, and so am I\n");
    return 0;
}

/* The client ----------------------------------------------------------------------- */

static void show(handle_t region)
{
    uint64_t length = (uint64_t)check("asking for its size", sys_shm_size(region));
    const char *text = (const char *)check("mapping it", sys_shm_map(region, 0, 0, length, PROT_READ));
    printf("client: mapped at %p: \"%s\"\n", (const void *)text, text);
    if (sys_shm_map(region, 0, 0, length, PROT_READ | PROT_WRITE) != ERR_PERMISSION_DENIED)
        die("the region could be mapped for writing, with a handle that may only read");
    check("closing the handle", sys_handle_close(region));
    printf("client: its handle is closed, and the text still there: \"%.8s ...\"\n", text);
    check("unmapping it", sys_shm_unmap((uint64_t)text, length));
}

static void ask(handle_t end, uint64_t size)
{
    status_t lent = OK;
    handle_t region = HANDLE_INVALID;
    const struct port_request question = { MSG_LEND, &size, sizeof size, NULL, 0 };
    struct port_answer answer = { .data = &lent, .capacity = sizeof lent,
                                  .handles = &region, .handle_capacity = 1 };
    printf("client: lend me %lu bytes\n", size);
    check("asking", channel_call(end, &question, &answer, DEADLINE_FOREVER));
    if (answer.header.msg_type == MSG_REFUSED)
        printf("client: refused: %s\n", status_text(lent));
    else
        show(region);
}

static int run_client(char **sizes, int count)
{
    static char *usual[] = { "100", "10000", "9999999" };
    handle_t ends[2];
    check("creating a channel", sys_channel_create(ends));
    const char *argv[] = { program_path(), "-s", NULL };
    handle_t server = (handle_t)check("starting the server", process_start(program_path(), argv,
                                                                           GIVE_STDOUT, &ends[1], 1));
    if (count == 0) {
        sizes = usual;
        count = array_size(usual);
    }
    for (int i = 0; i < count; i++) {
        uint64_t size;
        if (!parse_number(sizes[i], &size))
            die("a size is a number, not '%s'", sizes[i]);
        ask(ends[0], size);
    }
    sys_handle_close(ends[0]); /* the server sees this */
    check("waiting for the server", process_finish(server, DEADLINE_FOREVER, NULL));
    return 0;
}

int main(int argc, char **argv)
{
    struct args args = args_begin(argc, argv, "s", "[bytes...]");
    while (args_next(&args) != 0) {
        if (start_handle(SERVER_END) != HANDLE_INVALID)
            return run_server();
        args_wrong(&args, "-s is for the server, which the client starts");
    }
    return run_client(args.rest, args.count);
}
