/* SPDX-License-Identifier: MIT */
/* names.c: the client's side of names.h. */
#include "user/lib/names.h"

#include "user/lib/ctype.h"
#include "user/lib/ipc.h"
#include "user/lib/string.h"
#include "user/lib/time.h"

#define PATIENCE_MS 10000

struct answer {
    status_t status;
    char names[NAMES_MAX * (NAMES_MAX_NAME + 1)];
};

bool names_valid(const char *name, size_t length)
{
    if (length == 0 || length > NAMES_MAX_NAME)
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isprint(name[i]) || isspace(name[i]))
            return false;
    return true;
}

/*
 * One request; `extra` (HANDLE_INVALID: none) is gone afterwards. Returns the length of the
 * names in *answer.
 */
static status_t ask_server(handle_t server, uint32_t type, const char *name, handle_t extra,
                           struct answer *answer, handle_t *got)
{
    struct port_request request = {
        .msg_type = type,
        .data = name,
        .size = strlen(name),
        .handles = &extra,
        .handle_count = extra != HANDLE_INVALID,
    };
    struct port_answer message = {
        .data = answer,
        .capacity = sizeof *answer,
        .handles = got,
        .handle_capacity = got != NULL,
    };
    status_t st = port_call(server, &request, &message, deadline_after(PATIENCE_MS));
    if (st < 0)
        return st;
    if (message.header.size < sizeof answer->status)
        return ERR_INVALID_ARGUMENT; /* that was no name server */
    if (answer->status < 0)
        return answer->status;
    if (got != NULL && message.header.handle_count == 0)
        return ERR_INVALID_ARGUMENT;
    return (status_t)(message.header.size - sizeof answer->status);
}

status_t names_publish(handle_t server, const char *name, handle_t port)
{
    status_t sender = port_sender(port);
    if (sender < 0)
        return sender;
    struct answer answer;
    status_t st = ask_server(server, NAMES_PUBLISH, name, (handle_t)sender, &answer, NULL);
    return st < 0 ? st : OK;
}

status_t names_withdraw(handle_t server, const char *name, handle_t port)
{
    status_t proof = sys_handle_duplicate(port, PORT_RIGHT_MANAGE | RIGHT_TRANSFER);
    if (proof < 0)
        return proof;
    struct answer answer;
    status_t st = ask_server(server, NAMES_WITHDRAW, name, (handle_t)proof, &answer, NULL);
    return st < 0 ? st : OK;
}

status_t names_look_up(handle_t server, const char *name)
{
    struct answer answer;
    handle_t found = HANDLE_INVALID;
    status_t st = ask_server(server, NAMES_LOOK_UP, name, HANDLE_INVALID, &answer, &found);
    return st < 0 ? st : (status_t)found;
}

status_t names_await(handle_t server, const char *name, uint64_t deadline)
{
    for (;;) {
        status_t st = names_look_up(server, name);
        if (st != ERR_NOT_FOUND)
            return st;
        if (clock_now() >= deadline)
            return ERR_TIMED_OUT;
        st = sys_thread_sleep(deadline_after(1));
        if (st == ERR_KILLED)
            return st;
    }
}

status_t names_list(handle_t server, char *names, size_t size)
{
    struct answer answer;
    status_t length = ask_server(server, NAMES_LIST, "", HANDLE_INVALID, &answer, NULL);
    if (length < 0)
        return length;
    if ((size_t)length > size)
        return ERR_BUFFER_TOO_SMALL;
    memcpy(names, answer.names, (size_t)length);
    return answer.status;
}

status_t names_ask(handle_t service, const char *text, char answer[ASK_MAX_TEXT])
{
    struct port_request request = { .msg_type = ASK_TEXT, .data = text, .size = strlen(text) };
    struct port_answer message = { .data = answer, .capacity = ASK_MAX_TEXT - 1 };
    status_t st = port_call(service, &request, &message, deadline_after(PATIENCE_MS));
    if (st < 0)
        return st;
    answer[message.header.size] = '\0';
    return message.header.size;
}

status_t names_next_request(handle_t port, char text[ASK_MAX_TEXT])
{
    static char bytes[MESSAGE_MAX_SIZE]; /* any message must fit, or it would stay first in the queue */
    handle_t handles[MESSAGE_MAX_HANDLES];
    struct message_header header;
    for (;;) {
        status_t st = port_recv(port, &header, bytes, sizeof bytes, handles,
                                MESSAGE_MAX_HANDLES, DEADLINE_FOREVER);
        if (st < 0)
            return st;
        if (header.msg_type == ASK_TEXT && header.handle_count == 1 &&
            header.size < ASK_MAX_TEXT)
            break;
        handles_close(handles, header.handle_count);
    }
    memcpy(text, bytes, header.size);
    text[header.size] = '\0';
    return handles[0];
}

void names_answer(handle_t answer_to, const char *text)
{
    port_send(answer_to, ASK_TEXT, text, strnlen(text, ASK_MAX_TEXT - 1), NULL, 0,
              DEADLINE_POLL);
    sys_handle_close(answer_to);
}
