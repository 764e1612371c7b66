/* SPDX-License-Identifier: MIT */
/*
 * namesrv.c: the name server, in user space; its protocol stands in user/lib/names.h.
 *
 * With a RECEIVE handle at START_USER it serves that port until the port is closed. Without, it
 * shows what it is for: it starts a name server of its own and two programs that know nothing
 * but that server's port.
 *
 * The server trusts nobody: it never waits for a client, takes any message whatever its size, and
 * closes every handle that it does not keep.
 */
#include "user/lib/ipc.h"
#include "user/lib/names.h"
#include "user/lib/process.h"
#include "user/lib/status.h"
#include "user/lib/stdio.h"
#include "user/lib/string.h"
#include "user/lib/time.h"

#define PUBLISHED_RIGHTS (PORT_RIGHT_SEND | RIGHT_DUPLICATE | RIGHT_TRANSFER)

struct entry {
    char name[NAMES_MAX_NAME + 1];
    handle_t service; /* HANDLE_INVALID: the place is free */
    uint64_t id;      /* of the port, to compare with another handle to it */
};

struct request {
    struct message_header header;
    char data[MESSAGE_MAX_SIZE];
    handle_t handles[MESSAGE_MAX_HANDLES]; /* what is kept is replaced by HANDLE_INVALID */
};

struct reply {
    status_t status;
    char names[NAMES_MAX * (NAMES_MAX_NAME + 1)];
    size_t length;   /* of names */
    handle_t handle; /* to send along, or HANDLE_INVALID */
};

static struct entry table[NAMES_MAX];

/* The server ------------------------------------------------------------------- */

static struct entry *find(const char *name)
{
    for (size_t i = 0; i < NAMES_MAX; i++)
        if (table[i].service != HANDLE_INVALID && strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

static struct entry *free_entry(void)
{
    for (size_t i = 0; i < NAMES_MAX; i++)
        if (table[i].service == HANDLE_INVALID)
            return &table[i];
    return NULL;
}

static void clear(struct entry *entry)
{
    sys_handle_close(entry->service);
    entry->service = HANDLE_INVALID;
}

/* Whether `handle` is a port's with all of `rights`. */
static bool is_port(handle_t handle, rights_t rights, struct handle_info *info)
{
    return sys_handle_info(handle, info) >= 0 && info->type == OBJ_PORT &&
           (info->rights & rights) == rights;
}

/* Whether nobody will ever receive what is sent there. */
static bool is_dead(const struct entry *entry)
{
    return port_send(entry->service, NAMES_PROBE, NULL, 0, NULL, 0, DEADLINE_POLL) ==
           ERR_PORT_CLOSED;
}

static status_t publish(const char *name, handle_t *service)
{
    struct handle_info info;
    if (!is_port(*service, PUBLISHED_RIGHTS, &info))
        return ERR_PERMISSION_DENIED;
    struct entry *entry = find(name);
    if (entry != NULL) {
        if (!is_dead(entry))
            return ERR_PERMISSION_DENIED;
        clear(entry);
    }
    entry = free_entry();
    if (entry == NULL)
        return ERR_NO_SLOTS;
    string_copy(entry->name, name, sizeof entry->name);
    entry->id = info.id;
    entry->service = *service;
    *service = HANDLE_INVALID; /* kept */
    return OK;
}

static status_t withdraw(const char *name, handle_t proof)
{
    struct handle_info info;
    struct entry *entry = find(name);
    if (entry == NULL)
        return ERR_NOT_FOUND;
    if (!is_port(proof, PORT_RIGHT_MANAGE, &info) || info.id != entry->id)
        return ERR_PERMISSION_DENIED;
    clear(entry);
    return OK;
}

static status_t look_up(const char *name, struct reply *reply)
{
    struct entry *entry = find(name);
    if (entry == NULL)
        return ERR_NOT_FOUND;
    status_t copy = sys_handle_duplicate(entry->service, PUBLISHED_RIGHTS);
    if (copy < 0)
        return copy;
    reply->handle = (handle_t)copy;
    return OK;
}

static status_t list(struct reply *reply)
{
    status_t count = 0;
    for (size_t i = 0; i < NAMES_MAX; i++) {
        if (table[i].service == HANDLE_INVALID)
            continue;
        size_t size = strlen(table[i].name) + 1;
        memcpy(reply->names + reply->length, table[i].name, size);
        reply->length += size;
        count++;
    }
    return count;
}

/* What the request comes to; handles[1], if it came, is the one besides the answer's. */
static status_t serve(struct request *request, struct reply *reply)
{
    const struct message_header *header = &request->header;
    char name[NAMES_MAX_NAME + 1];
    if (header->msg_type == NAMES_LIST)
        return list(reply);
    if (!names_valid(request->data, header->size))
        return ERR_INVALID_ARGUMENT;
    memcpy(name, request->data, header->size);
    name[header->size] = '\0';
    if (header->msg_type == NAMES_LOOK_UP)
        return look_up(name, reply);
    if (header->handle_count != 2)
        return ERR_INVALID_ARGUMENT;
    if (header->msg_type == NAMES_PUBLISH)
        return publish(name, &request->handles[1]);
    if (header->msg_type == NAMES_WITHDRAW)
        return withdraw(name, request->handles[1]);
    return ERR_NOT_SUPPORTED;
}

static void answer(struct request *request)
{
    struct reply reply = { .handle = HANDLE_INVALID };
    if (request->header.handle_count > 0) {
        reply.status = serve(request, &reply);
        status_t sent = port_send(request->handles[0], NAMES_ANSWER, &reply,
                                  sizeof reply.status + reply.length, &reply.handle,
                                  reply.handle != HANDLE_INVALID, DEADLINE_POLL);
        if (sent < 0)
            handles_close(&reply.handle, 1); /* the client does not want it any more */
    }
    handles_close(request->handles, request->header.handle_count);
}

static int run_server(handle_t port)
{
    static struct request request;
    for (;;) {
        status_t st = port_recv(port, &request.header, request.data, sizeof request.data,
                                request.handles, MESSAGE_MAX_HANDLES, DEADLINE_FOREVER);
        if (st >= 0)
            answer(&request);
        else if (st == ERR_OUT_OF_MEMORY)
            sys_thread_sleep(deadline_after(10)); /* others may give some back */
        else if (st == ERR_PORT_CLOSED)
            return 0;
        else
            die("receiving fails: %s", status_text(st));
    }
}

/* The demonstration ------------------------------------------------------------ */

static void check(const char *who, const char *what, status_t st)
{
    if (st < 0)
        die("%s: %s: %s (%s)", who, what, status_text(st), status_name(st));
}

/* A service: publishes its port, answers one request, withdraws. */
static int run_greeter(void)
{
    handle_t names = start_handle(START_NAMES);
    char text[ASK_MAX_TEXT], reply[ASK_MAX_TEXT];
    status_t port = sys_port_create(4);
    check("greeter", "creating a port", port);
    check("greeter", "publishing", names_publish(names, "greeter", (handle_t)port));
    printf("greeter: my port is published as \"greeter\"; I wait for somebody\n");
    status_t answer_to = names_next_request((handle_t)port, text);
    check("greeter", "receiving", answer_to);
    printf("greeter: somebody says \"%s\" and sent a port for my answer\n", text);
    snprintf(reply, sizeof reply, "Good day, %.100s!", text);
    check("greeter", "withdrawing", names_withdraw(names, "greeter", (handle_t)port));
    names_answer((handle_t)answer_to, reply);
    return 0;
}

/* A client: finds the service by its name alone. */
static int run_visitor(void)
{
    char reply[ASK_MAX_TEXT];
    handle_t names = start_handle(START_NAMES);
    printf("visitor: I look for \"greeter\"; I hold the name server's port and nothing else\n");
    status_t service = names_await(names, "greeter", deadline_after(10000));
    check("visitor", "looking \"greeter\" up", service);
    printf("visitor: the name server gave me handle 0x%x, which can send to it\n",
           (handle_t)service);
    check("visitor", "asking", names_ask((handle_t)service, "visitor", reply));
    printf("visitor: the answer is \"%s\"\n", reply);
    return 0;
}

/* Starts this program again in one of its parts; START_NAMES is the private server's port. */
static handle_t start_part(const char *part, handle_t names, handle_t receive)
{
    const char *argv[] = { program_path(), part, NULL };
    handle_t handles[START_USER + 1] = { HANDLE_INVALID };
    status_t out = sys_handle_duplicate(start_handle(START_STDOUT), RIGHTS_SAME);
    check(part, "its output", out);
    handles[START_STDOUT] = (handle_t)out;
    if (names != HANDLE_INVALID) {
        status_t copy = sys_handle_duplicate(names, RIGHTS_SAME);
        check(part, "its name server", copy);
        handles[START_NAMES] = (handle_t)copy;
    }
    handles[START_USER] = receive;
    status_t process = process_spawn(program_path(), argv, handles, array_size(handles));
    check(part, "starting", process);
    return (handle_t)process;
}

static int finish_part(const char *part, handle_t process)
{
    struct exit_info info;
    check(part, "waiting", process_finish(process, DEADLINE_FOREVER, &info));
    return info.reason != EXIT_RETURNED || info.code != 0;
}

static int run_demonstration(void)
{
    printf("A port has no name in the kernel: who holds no handle cannot reach it. A name\n"
           "server in user space brings strangers together. Here is a private one.\n\n");
    status_t port = sys_port_create(16);
    check("demonstration", "creating the server's port", port);
    status_t sender = port_sender((handle_t)port);
    check("demonstration", "a SEND handle to it", sender);
    status_t manager = sys_handle_duplicate((handle_t)port, PORT_RIGHT_MANAGE);
    check("demonstration", "a MANAGE handle to it", manager);

    handle_t server = start_part("server", HANDLE_INVALID, (handle_t)port);
    handle_t greeter = start_part("greeter", (handle_t)sender, HANDLE_INVALID);
    handle_t visitor = start_part("visitor", (handle_t)sender, HANDLE_INVALID);
    int failed = finish_part("visitor", visitor);
    failed |= finish_part("greeter", greeter);

    char names[NAMES_MAX * (NAMES_MAX_NAME + 1)];
    printf("\nBoth have ended; the server knows %ld names now. Closing its port ends it too.\n",
           names_list((handle_t)sender, names, sizeof names));
    check("demonstration", "closing the server's port", sys_port_close((handle_t)manager));
    failed |= finish_part("server", server);
    if (!failed)
        printf("All three have ended well.\n");
    return failed;
}

int main(int argc, char **argv)
{
    if (start_handle(START_USER) != HANDLE_INVALID)
        return run_server(start_handle(START_USER));
    if (argc == 1)
        return run_demonstration();
    if (strcmp(argv[1], "greeter") == 0)
        return run_greeter();
    if (strcmp(argv[1], "visitor") == 0)
        return run_visitor();
    printf("usage: namesrv             a demonstration with a server of its own\n"
           "       namesrv greeter &   its parts, with the machine's name server\n"
           "       namesrv visitor\n");
    return 2;
}
