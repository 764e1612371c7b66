/* SPDX-License-Identifier: MIT */
/* message.c: a message to another process and one back, by each of this system's ways to send. */
#include "user/test/bench/roles.h"

static uint8_t data[BENCH_PAGE] __attribute__((aligned(BENCH_PAGE)));

void exchange_round(void *argument)
{
    struct exchange *x = argument;
    x->transport->send(&x->line, &x->parcel);
    x->transport->receive(&x->line, &x->parcel);
}

static void call_round(void *argument)
{
    struct exchange *x = argument;
    x->transport->call(&x->line, &x->parcel);
}

/* The other process: sends everything back until it is stopped. */
static int echo(const char *name, bool by_call)
{
    struct exchange x = { .transport = NULL };
    for (size_t i = 0; transports[i] != NULL; i++)
        if (strcmp(transports[i]->name, name) == 0)
            x.transport = transports[i];
    if (x.transport == NULL)
        return 2;
    parcel_init(&x.parcel, data, sizeof data);
    x.transport->attach(&x.line);
    x.transport->receive(&x.line, &x.parcel);
    while (by_call) /* the answer, and then the next question: who asks finds it waiting */
        call_round(&x);
    for (;;)
        exchange_round(&x);
}

int echo_messages(const char *transport)
{
    return echo(transport, false);
}

int echo_calls(const char *transport)
{
    return echo(transport, true);
}

void exchange_start(struct exchange *x, const struct transport *transport, const char *role)
{
    bench_end theirs[2];
    x->transport = transport;
    parcel_init(&x->parcel, data, sizeof data);
    size_t count = transport->open(&x->line, theirs);
    x->echo = bench_process_start(role, transport->name, theirs, count);
}

void exchange_end(struct exchange *x)
{
    bench_process_stop(x->echo);
    x->transport->close(&x->line);
}

static void measure_exchanges(const struct transport *transport, const char *what,
                              void (*round)(void *), const char *role)
{
    static const struct { const char *name; size_t size; } sizes[] = {
        { "0", 0 }, { "64", 64 }, { "4096", 4096 },
    };
    char name[64];
    struct exchange x;
    exchange_start(&x, transport, role);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0] && !transport->cargo_only; i++) {
        snprintf(name, sizeof name, "%s_%s_%s", transport->name, what, sizes[i].name);
        parcel_fill(&x.parcel, sizes[i].size, false);
        measure(name, round, &x, 1000, 1);
    }
    for (const struct cargo *cargo = transport->cargos; cargo != NULL && cargo->name != NULL; cargo++) {
        snprintf(name, sizeof name, "%s_%s_%s", transport->name, what, cargo->name);
        parcel_fill(&x.parcel, 64, true);
        x.parcel.cargo = cargo->make();
        measure(name, round, &x, 1000, 1);
        bench_close(x.parcel.cargo);
    }
    exchange_end(&x);
}

void measure_messages(void)
{
    for (size_t i = 0; transports[i] != NULL; i++) {
        measure_exchanges(transports[i], "round_trip", exchange_round, "echo_messages");
        if (transports[i]->call != NULL)
            measure_exchanges(transports[i], "call", call_round, "echo_calls");
    }
}
