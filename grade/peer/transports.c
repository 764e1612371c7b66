/* SPDX-License-Identifier: MIT */
/* transports.c: Linux's ways to send a message to another process. */
#include "grade/peer/peer.h"

#include <mqueue.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/socket.h>

#include "user/test/bench/bench.h"

/* System V queues have keys, no descriptors ------------------------------------------ */

enum { KEY_THERE = 1, KEY_BACK };

struct sysv_message {
    long type;
    uint8_t data[BENCH_PAGE];
};

static struct sysv_message sysv_message = { .type = 1 };

static void sysv_join(struct line *line, key_t out, key_t in)
{
    line->out = (int)bench_check("msgget", msgget(out, IPC_CREAT | 0600));
    line->in = (int)bench_check("msgget", msgget(in, IPC_CREAT | 0600));
}

static size_t sysv_open(struct line *ours, bench_end theirs[2])
{
    (void)theirs;
    sysv_join(ours, KEY_THERE, KEY_BACK);
    return 0;
}

static void sysv_attach(struct line *theirs)
{
    sysv_join(theirs, KEY_BACK, KEY_THERE);
}

/* Sent and received in place: Linux wants the type before the data. */
static void sysv_send(struct line *line, struct parcel *parcel)
{
    bench_check("msgsnd", msgsnd(line->out, &sysv_message, parcel->size, 0));
}

static void sysv_receive(struct line *line, struct parcel *parcel)
{
    parcel->size = (size_t)bench_check("msgrcv", msgrcv(line->in, &sysv_message, sizeof sysv_message.data, 0, 0));
}

static void sysv_close(struct line *ours)
{
    bench_check("msgctl", msgctl(ours->out, IPC_RMID, NULL));
    bench_check("msgctl", msgctl(ours->in, IPC_RMID, NULL));
}

static const struct transport sysv = { .name = "sysv", .open = sysv_open, .attach = sysv_attach,
                                       .send = sysv_send, .receive = sysv_receive, .close = sysv_close };

/* POSIX queues ------------------------------------------------------------------------- */

static bench_end mq_make(const char *name)
{
    struct mq_attr attributes = { .mq_maxmsg = 1, .mq_msgsize = BENCH_PAGE };
    bench_end end = (bench_end)bench_check("mq_open", mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes));
    bench_check("mq_unlink", mq_unlink(name));
    return end;
}

static size_t mq_open_line(struct line *ours, bench_end theirs[2])
{
    *ours = (struct line){ .out = mq_make("/there"), .in = mq_make("/back") };
    theirs[0] = bench_duplicate(ours->in);
    theirs[1] = bench_duplicate(ours->out);
    return 2;
}

static void attach_two(struct line *theirs)
{
    *theirs = (struct line){ .out = bench_start_end(0), .in = bench_start_end(1) };
}

static void mq_send_parcel(struct line *line, struct parcel *parcel)
{
    bench_check("mq_send", mq_send(line->out, parcel->data, parcel->size, 0));
}

static void mq_receive_parcel(struct line *line, struct parcel *parcel)
{
    parcel->size = (size_t)bench_check("mq_receive", mq_receive(line->in, parcel->data, parcel->capacity, NULL));
}

static void close_two(struct line *ours)
{
    bench_close(ours->out);
    bench_close(ours->in);
}

static const struct transport mq = { .name = "mq", .open = mq_open_line, .attach = attach_two,
                                     .send = mq_send_parcel, .receive = mq_receive_parcel, .close = close_two };

/* A pair of sockets that keep messages apart --------------------------------------------- */

static size_t socket_open(struct line *ours, bench_end theirs[2])
{
    bench_end ends[2];
    bench_check("socketpair", socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends));
    *ours = (struct line){ .out = ends[0], .in = ends[0] };
    theirs[0] = ends[1];
    return 1;
}

static void socket_attach(struct line *theirs)
{
    *theirs = (struct line){ .out = bench_start_end(0), .in = bench_start_end(0) };
}

union control {
    struct cmsghdr header;
    uint8_t room[CMSG_SPACE(sizeof(bench_end))];
};

/* Linux sends a copy: what moves must be closed here. */
static void socket_send_cargo(struct line *line, struct parcel *parcel)
{
    struct iovec data = { .iov_base = parcel->data, .iov_len = parcel->size };
    union control control = { .header = { .cmsg_len = CMSG_LEN(sizeof parcel->cargo),
                                          .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
    struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control,
                              .msg_controllen = sizeof control };
    memcpy(CMSG_DATA(&control.header), &parcel->cargo, sizeof parcel->cargo);
    bench_check("sendmsg", sendmsg(line->out, &message, 0));
    bench_close(parcel->cargo);
}

static void socket_receive_cargo(struct line *line, struct parcel *parcel)
{
    struct iovec data = { .iov_base = parcel->data, .iov_len = parcel->capacity };
    union control control;
    struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control,
                              .msg_controllen = sizeof control };
    parcel->size = (size_t)bench_check("recvmsg", recvmsg(line->in, &message, 0));
    bench_check("recvmsg: nothing came along", message.msg_controllen == 0 ? -1 : 0);
    memcpy(&parcel->cargo, CMSG_DATA(&control.header), sizeof parcel->cargo);
}

static void socket_send(struct line *line, struct parcel *parcel)
{
    bench_check("send", send(line->out, parcel->data, parcel->size, 0));
}

static void socket_receive(struct line *line, struct parcel *parcel)
{
    parcel->size = (size_t)bench_check("recv", recv(line->in, parcel->data, parcel->capacity, 0));
}

static void socket_close(struct line *ours)
{
    bench_close(ours->out);
}

static const struct transport seqpacket = { .name = "seqpacket", .open = socket_open, .attach = socket_attach,
                                            .send = socket_send, .receive = socket_receive, .close = socket_close };

static bench_end make_cargo(void)
{
    bench_end ends[2];
    bench_pipe(ends);
    bench_close(ends[0]);
    return ends[1];
}

static const struct cargo cargos[] = { { "handle", make_cargo }, { NULL, NULL } };

static const struct transport scm_rights = { .name = "scm_rights", .open = socket_open, .attach = socket_attach,
                                             .send = socket_send_cargo, .receive = socket_receive_cargo,
                                             .close = socket_close, .cargos = cargos,
                                             .cargo_only = true };

const struct transport *const transports[] = { &sysv, &mq, &seqpacket, &scm_rights, NULL };

/* To oneself ------------------------------------------------------------------------------- */

static void send_to_oneself(void *argument)
{
    struct line *line = argument;
    bench_check("msgsnd", msgsnd(line->out, &sysv_message, 64, 0));
    bench_check("msgrcv", msgrcv(line->out, &sysv_message, sizeof sysv_message.data, 0, 0));
}

void measure_sysv_alone(void)
{
    struct line line;
    sysv_open(&line, NULL);
    measure("sysv_loopback_64", send_to_oneself, &line, 1000, 1);
    sysv_close(&line);
}
