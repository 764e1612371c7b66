/* SPDX-License-Identifier: MIT */
/* transports.c: Ponte's ways to send a message to another process, and to oneself. */
#include "user/lib/ipc.h"
#include "user/test/bench/bench.h"
#include "user/test/bench/ponte.h"

static bench_end new_port(void)
{
    return (bench_end)bench_check("port_create", sys_port_create(1));
}

static bench_end sender_of(bench_end port)
{
    return (bench_end)bench_check("duplicating", port_sender(port));
}

/* What travels: a handle to send with, such as answers need; or, dearer, a port's receive side. */
static bench_end make_sender(void)
{
    bench_end port = new_port(), sender = sender_of(port);
    bench_close(port); /* nobody will ever receive, but nobody will send either */
    return sender;
}

static const struct cargo port_cargos[] = {
    { "handle", make_sender },
    { "receive_side", new_port },
    { NULL, NULL },
};

/* Two ports, one for each direction --------------------------------------------------- */

static size_t port_open(struct line *ours, bench_end theirs[2])
{
    theirs[0] = new_port();
    ours->in = new_port();
    ours->out = sender_of(theirs[0]);
    theirs[1] = sender_of(ours->in);
    return 2;
}

static void port_attach(struct line *theirs)
{
    *theirs = (struct line){ .in = bench_start_end(0), .out = bench_start_end(1) };
}

static void port_send_parcel(struct line *line, struct parcel *parcel)
{
    bench_check("port_send", sys_port_send(line->out, &parcel->args, DEADLINE_FOREVER));
}

static void port_receive_parcel(struct line *line, struct parcel *parcel)
{
    bench_check("port_recv", sys_port_recv(line->in, &parcel->args, DEADLINE_FOREVER));
}

static void port_close_line(struct line *ours)
{
    bench_close(ours->in);
    bench_close(ours->out);
}

static const struct transport port = { .name = "port", .open = port_open, .attach = port_attach,
                                       .send = port_send_parcel, .receive = port_receive_parcel,
                                       .close = port_close_line, .cargos = port_cargos };

/* A channel ---------------------------------------------------------------------------- */

static size_t channel_open(struct line *ours, bench_end theirs[2])
{
    bench_end ends[2];
    bench_check("channel_create", sys_channel_create(ends));
    ours->out = ours->in = ends[0];
    theirs[0] = ends[1];
    return 1;
}

static void channel_attach(struct line *theirs)
{
    theirs->out = theirs->in = bench_start_end(0);
}

static void channel_send_parcel(struct line *line, struct parcel *parcel)
{
    bench_check("channel_send", sys_channel_send(line->out, &parcel->args, DEADLINE_FOREVER));
}

static void channel_receive_parcel(struct line *line, struct parcel *parcel)
{
    bench_check("channel_recv", sys_channel_recv(line->in, &parcel->args, DEADLINE_FOREVER));
}

static void channel_call_parcel(struct line *line, struct parcel *parcel)
{
    bench_check("channel_call", sys_channel_call(line->out, &parcel->args, &parcel->args, DEADLINE_FOREVER));
}

static void channel_close_line(struct line *ours)
{
    bench_close(ours->out);
}

static const struct cargo channel_cargos[] = { { "handle", make_sender }, { NULL, NULL } };

static const struct transport channel = { .name = "channel", .open = channel_open, .attach = channel_attach,
                                          .send = channel_send_parcel, .receive = channel_receive_parcel,
                                          .call = channel_call_parcel, .close = channel_close_line,
                                          .cargos = channel_cargos };

const struct transport *const transports[] = { &port, &channel, NULL };
