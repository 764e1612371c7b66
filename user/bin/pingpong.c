/* SPDX-License-Identifier: MIT */
/*
 * pingpong.c: two processes, a port each way, and a handle that travels with every message.
 *
 *     ping  --- port "there" --->  pong
 *           <--- port "back" ----
 *
 * Ping starts this program again as pong and gives it the receiving end of one port and the
 * sending end of the other. The ball is a handle to a third port: it moves, so that exactly one
 * side holds it at any time, under a number of that side's own.
 */
#include "user/lib/args.h"
#include "user/lib/ipc.h"
#include "user/lib/process.h"
#include "user/lib/status.h"
#include "user/lib/stdio.h"
#include "user/lib/string.h"
#include "user/lib/stdlib.h"
#include "user/lib/time.h"

#define NARRATED 3 /* rounds that are told in full */
#define CAPACITY 1 /* one message is under way at most */

enum { MSG_BALL = 1, MSG_STOP = 2 };
enum { PONG_RECEIVE = START_USER, PONG_SEND = START_USER + 1 };

static uint8_t data[MESSAGE_MAX_SIZE];

static status_t check(const char *what, status_t st)
{
    if (st < 0)
        die("%s: %s (%s)", what, status_text(st), status_name(st));
    return st;
}

/*
 * The first eight bytes count the rounds; the others follow from them, so that a lost byte
 * shows.
 */
static void fill(uint64_t round, size_t size)
{
    memset(data, (int)round & 0xff, size);
    memcpy(data, &round, size < sizeof round ? size : sizeof round);
}

static bool intact(uint64_t round, size_t size)
{
    if (memcmp(data, &round, size < sizeof round ? size : sizeof round) != 0)
        return false;
    for (size_t i = sizeof round; i < size; i++)
        if (data[i] != (uint8_t)round)
            return false;
    return true;
}

static uint64_t object_id(handle_t handle)
{
    struct handle_info info;
    check("looking at the ball", sys_handle_info(handle, &info));
    return info.id;
}

/* Returns every message, with its handle, until it is told to stop. */
static int run_pong(void)
{
    handle_t receive = start_handle(PONG_RECEIVE), back = start_handle(PONG_SEND);
    for (uint64_t round = 0;; round++) {
        struct message_header header;
        handle_t ball = HANDLE_INVALID;
        check("pong: receiving", port_recv(receive, &header, data, sizeof data, &ball, 1,
                                           DEADLINE_FOREVER));
        if (header.msg_type == MSG_STOP)
            return 0;
        if (round < NARRATED)
            printf("  pong: %u bytes; the ball arrives as handle 0x%08x, and goes back\n",
                   header.size, ball);
        check("pong: sending", port_send(back, header.msg_type, data, header.size, &ball,
                                         header.handle_count, DEADLINE_FOREVER));
    }
}

struct game {
    handle_t there, back; /* where ping sends, where it receives */
    handle_t pong;        /* the process */
    handle_t ball;
};

static struct game begin_game(void)
{
    struct game game;
    game.ball = (handle_t)check("creating the ball", sys_port_create(1));
    handle_t there = (handle_t)check("creating a port", sys_port_create(CAPACITY));
    game.back = (handle_t)check("creating a port", sys_port_create(CAPACITY));
    game.there = (handle_t)check("a SEND handle", port_sender(there));
    handle_t pong_send = (handle_t)check("a SEND handle", port_sender(game.back));

    const char *argv[] = { program_path(), "-p", NULL };
    const handle_t handles[] = { there, pong_send }; /* both move */
    game.pong = (handle_t)check("starting pong", process_start(program_path(), argv, GIVE_STDOUT,
                                                               handles, array_size(handles)));
    return game;
}

static void play_round(struct game *game, uint64_t round, size_t size)
{
    struct message_header header;
    handle_t ball = game->ball;
    bool narrate = round < NARRATED;
    fill(round, size);
    check("ping: sending", port_send(game->there, MSG_BALL, data, size, &ball, 1,
                                     DEADLINE_FOREVER));
    if (narrate && sys_handle_info(ball, &(struct handle_info){ 0 }) != ERR_INVALID_HANDLE)
        die("the ball is gone, but its old handle 0x%x still names something", ball);
    check("ping: receiving", port_recv(game->back, &header, data, sizeof data, &game->ball, 1,
                                       DEADLINE_FOREVER));
    if (header.size != size || header.handle_count != 1 || !intact(round, size))
        die("round %lu came back damaged", round);
    if (narrate)
        printf("ping: round %lu: the ball left as 0x%08x and is back as 0x%08x\n", round + 1,
               ball, game->ball);
}

static int end_game(struct game *game)
{
    struct exit_info info;
    char text[80];
    check("ping: stopping", port_send(game->there, MSG_STOP, NULL, 0, NULL, 0,
                                      DEADLINE_FOREVER));
    check("waiting for pong", process_finish(game->pong, DEADLINE_FOREVER, &info));
    if (info.reason == EXIT_RETURNED && info.code == 0)
        return 0;
    exit_describe(&info, text, sizeof text);
    warn("pong %s", text);
    return 1;
}

static int run_ping(uint64_t rounds, size_t size)
{
    struct game game = begin_game();
    uint64_t id = object_id(game.ball);
    printf("ping: %lu rounds of %zu bytes and one handle; the ball is port number %lu\n", rounds,
           size, id);
    uint64_t begin = clock_now();
    uint64_t timed_from = 0; /* the first round that is not narrated: printing takes its time */
    for (uint64_t round = 0; round < rounds; round++) {
        if (round == NARRATED) {
            begin = clock_now();
            timed_from = NARRATED;
        }
        play_round(&game, round, size);
    }
    uint64_t ns = clock_now() - begin;
    if (object_id(game.ball) != id)
        die("another ball came back");
    int code = end_game(&game);
    printf("ping: %lu rounds there and back, nothing lost; %lu ns a round\n", rounds,
           ns / (rounds - timed_from));
    return code;
}

int main(int argc, char **argv)
{
    uint64_t rounds = 1000, size = 64;
    struct args args = args_begin(argc, argv, "n:s:p", "[-n rounds] [-s size]");
    for (int option; (option = args_next(&args)) != 0;) {
        if (option == 'n')
            rounds = args_number(&args, 1, UINT32_MAX);
        else if (option == 's')
            size = args_number(&args, 0, MESSAGE_MAX_SIZE);
        else if (start_handle(PONG_SEND) != HANDLE_INVALID)
            return run_pong();
        else
            args_wrong(&args, "-p is for pong, which ping starts");
    }
    if (args.count > 0)
        args_wrong(&args, "'%s' is no option", args.rest[0]);
    return run_ping(rounds, size);
}
