/* SPDX-License-Identifier: MIT */
/* names.c: asks the machine's name server, and serves under a name. */
#include "user/lib/args.h"
#include "user/lib/ctype.h"
#include "user/lib/names.h"
#include "user/lib/process.h"
#include "user/lib/status.h"
#include "user/lib/stdio.h"
#include "user/lib/string.h"

static const char usage[] = "list | ask name text | [-n count] publish name\n"
                            "  list      the names that are published\n"
                            "  publish   answer requests in capital letters: all, or count of them\n"
                            "  ask       send a text to a published service, show its answer";

static int list(handle_t server)
{
    char names[NAMES_MAX * (NAMES_MAX_NAME + 1)];
    status_t count = names_list(server, names, sizeof names);
    if (count < 0)
        die("%s", status_text(count));
    if (count == 0)
        printf("no names are published\n");
    const char *name = names;
    for (status_t i = 0; i < count; i++, name += strlen(name) + 1)
        printf("%s\n", name);
    return 0;
}

static int ask(handle_t server, const char *name, const char *text)
{
    char reply[ASK_MAX_TEXT];
    status_t service = names_look_up(server, name);
    if (service == ERR_NOT_FOUND)
        die("nobody has published '%s'; `names list` shows who has", name);
    if (service < 0)
        die("looking '%s' up: %s", name, status_text(service));
    status_t st = names_ask((handle_t)service, text, reply);
    if (st == ERR_PORT_CLOSED)
        die("who published '%s' has ended", name);
    if (st < 0)
        die("asking '%s': %s", name, status_text(st));
    printf("%s\n", reply);
    return 0;
}

static int publish(handle_t server, const char *name, uint64_t count)
{
    char text[ASK_MAX_TEXT];
    if (!names_valid(name, strlen(name)))
        die("a name has 1 to %d printable characters and no blanks", NAMES_MAX_NAME);
    status_t port = sys_port_create(8);
    if (port < 0)
        die("creating a port: %s", status_text(port));
    status_t st = names_publish(server, name, (handle_t)port);
    if (st == ERR_PERMISSION_DENIED)
        die("the name '%s' is taken", name);
    if (st < 0)
        die("publishing '%s': %s", name, status_text(st));
    for (uint64_t i = 0; i < count; i++) {
        st = names_next_request((handle_t)port, text);
        if (st < 0)
            die("receiving: %s", status_text(st));
        for (char *c = text; *c != '\0'; c++)
            *c = (char)toupper(*c);
        names_answer((handle_t)st, text);
    }
    st = names_withdraw(server, name, (handle_t)port);
    if (st < 0)
        die("withdrawing '%s': %s", name, status_text(st));
    return 0;
}

int main(int argc, char **argv)
{
    uint64_t count = UINT64_MAX;
    struct args args = args_begin(argc, argv, "n:", usage);
    while (args_next(&args) != 0)
        count = args_number(&args, 1, UINT32_MAX);
    handle_t server = start_handle(START_NAMES);
    if (server == HANDLE_INVALID)
        die("this program was given no name server");
    const char *verb = args.count > 0 ? args.rest[0] : "";
    if (strcmp(verb, "list") == 0 && args.count == 1)
        return list(server);
    if (strcmp(verb, "publish") == 0 && args.count == 2)
        return publish(server, args.rest[1], count);
    if (strcmp(verb, "ask") == 0 && args.count == 3)
        return ask(server, args.rest[1], args.rest[2]);
    args_wrong(&args, "what shall be done?");
}
