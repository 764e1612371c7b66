/* SPDX-License-Identifier: MIT */
/* pipeline.c: see pipeline.h. */
#include "user/lib/pipeline.h"

#include "user/lib/ipc.h"
#include "user/lib/process.h"
#include "user/lib/stdio.h"
#include "user/lib/string.h"

/* A duplicate of one of this program's own handles, or HANDLE_INVALID if it has none such. */
static status_t copy_of(enum start_handle place)
{
    handle_t own = start_handle(place);
    return own != HANDLE_INVALID ? sys_handle_duplicate(own, RIGHTS_SAME) : HANDLE_INVALID;
}

/*
 * The handles for one program: those that are not its alone are duplicates; the pipes' ends `in` and `out`
 * (HANDLE_INVALID: none) move to it. On an error there are no duplicates.
 */
static status_t gather(handle_t handles[START_USER], unsigned give, handle_t in, handle_t out)
{
    if (in != HANDLE_INVALID)
        give &= ~(unsigned)GIVE_STDIN;
    for (unsigned place = 0; place < START_USER; place++) {
        status_t copy = HANDLE_INVALID;
        if (place == START_ERROR)
            copy = out != HANDLE_INVALID ? copy_of(START_STDOUT) : HANDLE_INVALID;
        else if ((give & 1u << place) && !(place == START_STDOUT && out != HANDLE_INVALID))
            copy = copy_of((enum start_handle)place);
        if (copy < 0) {
            handles_close(handles, place);
            return copy;
        }
        handles[place] = (handle_t)copy;
    }
    if (in != HANDLE_INVALID)
        handles[START_STDIN] = in;
    if (out != HANDLE_INVALID)
        handles[START_STDOUT] = out;
    return OK;
}

/* Takes `in` and `out` over, whatever comes. */
static status_t start_one(const struct words *words, int first, unsigned give, handle_t in,
                          handle_t out)
{
    char path[SPAWN_MAX_PATH];
    handle_t handles[START_USER];
    const handle_t ends[2] = { in, out };
    const char *name = words->word[first];
    const char *directory = strchr(name, '/') != NULL ? "" : "bin/";
    const char *argv[WORDS_MAX + 1] = { path }; /* argv[0] is the path: a program may start itself again */
    for (int i = first + 1; i <= words->count; i++)
        argv[i - first] = words->word[i];
    status_t st = ERR_NOT_FOUND;
    if (snprintf(path, sizeof path, "%s%s", directory, name) < (int)sizeof path)
        st = gather(handles, give, in, out);
    if (st < 0) {
        handles_close(ends, 2);
        return st;
    }
    st = process_spawn(path, argv, handles, START_USER);
    if (st < 0)
        handles_close(handles, START_USER);
    return st;
}

void pipeline_kill(const struct pipeline *pipeline)
{
    for (int i = 0; i < pipeline->count; i++)
        sys_process_kill(pipeline->processes[i]);
}

status_t pipeline_wait(struct pipeline *pipeline, uint64_t deadline, struct exit_info *info)
{
    for (int i = 0; i < pipeline->count; i++) {
        status_t st = sys_process_wait(pipeline->processes[i], deadline, info);
        if (st < 0)
            return st;
    }
    handles_close(pipeline->processes, (size_t)pipeline->count);
    pipeline->count = 0;
    return OK;
}

status_t pipeline_start(const struct words *commands, int count, int first, unsigned give,
                        struct pipeline *pipeline, int *failed)
{
    struct exit_info info;
    handle_t in = HANDLE_INVALID;
    pipeline->count = 0;
    for (int i = 0; i < count; i++, first = 0) {
        handle_t ends[2] = { HANDLE_INVALID, HANDLE_INVALID };
        status_t st = i + 1 < count ? sys_pipe_create(ends) : OK;
        if (st == OK)
            st = start_one(&commands[i], first, give, in, ends[1]);
        else
            handles_close(&in, 1);
        if (st < 0) {
            *failed = i;
            handles_close(&ends[0], 1);
            pipeline_kill(pipeline);
            (void)!pipeline_wait(pipeline, DEADLINE_FOREVER, &info);
            return st;
        }
        pipeline->processes[pipeline->count++] = (handle_t)st;
        in = ends[0];
        give &= ~(unsigned)GIVE_STDIN;
    }
    return OK;
}
