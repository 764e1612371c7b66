/* SPDX-License-Identifier: MIT */
/*
 * names.h: talking to the name server, by which unrelated programs find each other.
 *
 * The kernel has no global names: who holds no handle reaches nothing. So a program
 * in user space (user/bin/namesrv.c) keeps a table of names and SEND handles, and everyone
 * whom init or the shell started has a SEND handle to its port at START_NAMES.
 *
 * The protocol. A request is a message whose payload is the name, without a NUL, and whose first
 * handle is a SEND handle for the answer. The server never waits for a client: an answer
 * that finds no room is dropped.
 *
 *     msg_type         second handle                      answer
 *     NAMES_PUBLISH    SEND, DUPLICATE, TRANSFER          status
 *     NAMES_WITHDRAW   MANAGE, to the very same port      status
 *     NAMES_LOOK_UP    -                                  status; a handle: SEND, DUPLICATE, TRANSFER
 *     NAMES_LIST       -                                  count; the names, each with a NUL
 *
 * An answer is a NAMES_ANSWER with a status_t (8 bytes), then the names. Only who can manage a port
 * can withdraw its name: the handle itself is the authority.
 *
 * NAMES_PROBE goes from the server to a published port when somebody else claims the name:
 * a closed port loses it. Services ignore messages of a type they do not know.
 */
#pragma once

#include "user/lib/defs.h"
#include "user/lib/ponte.h"

#define NAMES_MAX_NAME 31 /* bytes; printable, no blanks */
#define NAMES_MAX      64 /* names in the table */

enum names_type {
    NAMES_PUBLISH = 1,
    NAMES_WITHDRAW = 2,
    NAMES_LOOK_UP = 3,
    NAMES_LIST = 4,
    NAMES_ANSWER = 5,
    NAMES_PROBE = 0xffffffff,
};

/*
 * Each asks `server`, a SEND handle, and waits ten seconds at most. All may also answer the
 * errors of port_send and port_recv; ERR_PORT_CLOSED: the server is gone.
 */

/*
 * Makes `port` known as `name`: the server gets a duplicate that can send; `port` stays with the
 * caller. ERR_INVALID_ARGUMENT (no such names), ERR_PERMISSION_DENIED (the name is taken, or
 * `port` lacks SEND, DUPLICATE or TRANSFER), ERR_NO_SLOTS (NAMES_MAX names).
 */
must_check status_t names_publish(handle_t server, const char *name, handle_t port);

/*
 * Takes the name back. ERR_NOT_FOUND; ERR_PERMISSION_DENIED (it names another port, or MANAGE is
 * missing).
 */
must_check status_t names_withdraw(handle_t server, const char *name, handle_t port);

/* A handle that can send to what was published. ERR_NOT_FOUND. */
must_check status_t names_look_up(handle_t server, const char *name);

/* The same, but asks again until the name is there: ERR_TIMED_OUT. */
must_check status_t names_await(handle_t server, const char *name, uint64_t deadline);

/* All names, each with its NUL, one after the other; returns how many. ERR_BUFFER_TOO_SMALL. */
must_check status_t names_list(handle_t server, char *names, size_t size);

/* Whether this can be a name. */
bool names_valid(const char *name, size_t length);

/*
 * A conversation that the demonstrations share: an ASK_TEXT request with a text, answered
 * by a text. names_ask sends one and returns the answer's length; `answer` is NUL-terminated.
 */
#define ASK_TEXT     16
#define ASK_MAX_TEXT 200 /* bytes, with the NUL */
must_check status_t names_ask(handle_t service, const char *text, char answer[ASK_MAX_TEXT]);

/*
 * The other side: waits for one request on `port` and fills `text` in; returns the handle for
 * the answer. Messages that are no requests are passed over. The errors of port_recv.
 */
must_check status_t names_next_request(handle_t port, char text[ASK_MAX_TEXT]);

/* Answers and closes `answer_to`. A client that has gone away is no error. */
void names_answer(handle_t answer_to, const char *text);
