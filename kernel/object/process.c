/* SPDX-License-Identifier: MIT */
/*
 * process.c: making processes, and the list of them; how they end is told in user_thread.c.
 *
 * Who holds a reference to a process: each of its threads, from user_thread_start until it
 * is off its CPU for good; each handle; each system call that looked one up. The list
 * holds none: a process is on it only while it has a thread.
 *
 * Locks: list_lock, rank PROCESS_LIST: the list of processes, by id, and the last id given.
 *        process->lock, rank PROCESS.
 */
#include "kernel/object/process.h"

#include "kernel/abi/layout.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/string.h"
#include "kernel/mm/space.h"
#include "kernel/object/elf.h"

static struct spinlock list_lock = SPINLOCK_INIT(RANK_PROCESS_LIST, "process list");
static struct list processes = LIST_INIT(processes); /* [list_lock] */
static uint32_t last_pid;                            /* [list_lock] */

/* The handles first: closing them may need what the rest stands for. Does nothing the second time. */
static void give_back(struct process *p)
{
    handle_table_fini(&p->handles);
    spin_lock(&p->lock);
    struct space *space = p->space;
    p->space = NULL;
    spin_unlock(&p->lock);
    if (space != NULL)
        space_put(space);
}

static void destroy(struct object *object)
{
    struct process *p = (struct process *)object;
    give_back(p); /* if it was never started; in any case the lock is taken: see object_put_unlock */
    object_free(object);
}

static const struct object_type process_type = {
    .kind = OBJ_PROCESS,
    .rights = PROCESS_RIGHTS,
    .destroy = destroy,
};

void process_release(struct process *p)
{
    spin_lock(&list_lock);
    list_remove(&p->link);
    spin_unlock(&list_lock);
    give_back(p);
}

void process_stack_freed(struct process *p)
{
    if (--p->stacks == 0) {
        p->ended = true;
        waitq_wake_all(&p->waiters);
    }
    object_put_unlock(&p->object, &p->lock);
}

uint32_t process_stacks(struct process *p)
{
    spin_lock(&p->lock);
    uint32_t stacks = p->stacks;
    spin_unlock(&p->lock);
    return stacks;
}

static const char *base_name(const char *path)
{
    const char *name = path;
    for (const char *c = path; *c != '\0'; c++)
        if (*c == '/')
            name = c + 1;
    return name;
}

/* An empty process, or NULL. It pays for itself. */
static struct process *process_new(const char *path, uint64_t memory_limit)
{
    struct account *account = account_new(memory_limit);
    if (account == NULL)
        return NULL;
    struct object *object = object_new(&process_type, sizeof(struct process), 0, account);
    account_put(account); /* from here on the object's reference keeps it */
    if (object == NULL)
        return NULL;
    struct process *p = (struct process *)object;
    p->account = account;
    spinlock_init(&p->lock, RANK_PROCESS, "process");
    list_init(&p->threads);
    list_init(&p->link);
    waitq_init(&p->waiters, "end of process", object->id);
    string_copy(p->name, base_name(path), sizeof p->name);
    p->space = space_new(account);
    if (p->space == NULL || handle_table_init(&p->handles, account) < 0) {
        object_put(object);
        return NULL;
    }
    return p;
}

/*
 * What lies at the top of the first stack, in this order:
 *
 *     struct start_info | argv: argc + 1 addresses | handles | strings |  USER_STACK_TOP
 */
struct start_block {
    struct start_info info;
    uint64_t base, strings; /* user addresses */
    uint64_t argv[SPAWN_MAX_ARGC + 1];
    handle_t handles[SPAWN_MAX_HANDLES];
};

/* Everything but the handles' numbers. */
static status_t lay_out(struct start_block *block, const char *args, size_t args_size,
                        uint32_t handle_count)
{
    if (args_size > SPAWN_MAX_ARGS || handle_count > SPAWN_MAX_HANDLES)
        return ERR_TOO_BIG;
    if (args_size > 0 && args[args_size - 1] != '\0')
        return ERR_INVALID_ARGUMENT;
    uint32_t argc = 0;
    for (size_t at = 0; at < args_size; at += strlen(args + at) + 1) {
        if (argc == SPAWN_MAX_ARGC)
            return ERR_INVALID_ARGUMENT;
        block->argv[argc++] = at; /* for now */
    }
    block->argv[argc] = 0;
    uint64_t argv_size = (argc + 1) * sizeof(uint64_t);
    uint64_t handles_size = handle_count * sizeof(handle_t);
    uint64_t size = sizeof block->info + argv_size + handles_size + args_size;
    block->base = round_down(USER_STACK_TOP - size, 16);
    uint64_t argv = block->base + sizeof block->info;
    block->strings = argv + argv_size + handles_size;
    for (uint32_t i = 0; i < argc; i++)
        block->argv[i] += block->strings;
    block->info = (struct start_info){ argc, handle_count, argv, argv + argv_size };
    return OK;
}

static status_t write_start_block(struct space *space, const struct start_block *block,
                                  const char *args, size_t args_size)
{
    const struct start_info *info = &block->info;
    status_t st = space_write(space, block->base, info, sizeof *info);
    if (st == OK)
        st = space_write(space, info->argv, block->argv, (info->argc + 1) * sizeof(uint64_t));
    if (st == OK)
        st = space_write(space, info->handles, block->handles,
                         info->handle_count * sizeof(handle_t));
    if (st == OK)
        st = space_write(space, block->strings, args, args_size);
    return st;
}

/* Leaves out the holes: `numbers` gets a slot's number for each ref that is one. */
static status_t reserve_handles(struct process *p, const struct handle_ref *refs, uint32_t count,
                                handle_t *numbers)
{
    for (uint32_t i = 0; i < count; i++) {
        numbers[i] = HANDLE_INVALID;
        if (refs[i].object == NULL)
            continue;
        status_t st = handles_reserve(&p->handles, &numbers[i], 1);
        if (st < 0)
            return st;
    }
    return OK;
}

/* Image, stack and first thread: all that can fail. */
static status_t fill_process(struct process *p, struct start_block *block, const char *args,
                             size_t args_size, const struct handle_ref *refs,
                             struct user_thread **first)
{
    uint64_t entry;
    status_t st = elf_load(&p->image, p->space, &entry);
    if (st < 0)
        return st;
    st = space_map(p->space, USER_STACK_TOP - USER_STACK_SIZE, USER_STACK_SIZE,
                   PROT_READ | PROT_WRITE);
    if (st < 0)
        return st == ERR_OUT_OF_MEMORY ? st : ERR_BAD_EXECUTABLE; /* a segment lies there */
    st = reserve_handles(p, refs, block->info.handle_count, block->handles);
    if (st < 0)
        return st;
    st = write_start_block(p->space, block, args, args_size);
    if (st < 0)
        return st;
    return user_thread_new(p, entry, block->base, block->base, 0, first);
}

/* On an error the reserved slots go with the table: nothing is in them. */
status_t process_create(const char *path, const char *args, size_t args_size,
                        uint64_t memory_limit, const struct handle_ref *refs, uint32_t count,
                        struct process **out)
{
    struct start_block block;
    struct archive_file image;
    struct user_thread *first;
    status_t st = lay_out(&block, args, args_size, count);
    if (st == OK)
        st = archive_find(path, &image);
    if (st < 0)
        return st;
    struct process *p = process_new(path, memory_limit);
    if (p == NULL)
        return ERR_OUT_OF_MEMORY;
    p->image = image;
    st = fill_process(p, &block, args, args_size, refs, &first);
    if (st < 0) {
        object_put(&p->object);
        return st;
    }

    /* The point of no return. */
    for (uint32_t i = 0; i < count; i++) {
        if (refs[i].object == NULL)
            continue;
        object_handle_moved(refs[i].object, refs[i].rights);
        handles_install(&p->handles, &block.handles[i], &refs[i], 1);
    }
    spin_lock(&list_lock); /* until it has started: nobody may find, and kill, it before */
    p->pid = ++last_pid;
    list_push_back(&processes, &p->link);
    st = user_thread_start(first);
    spin_unlock(&list_lock);
    assert_cmp(st, ==, OK);
    object_put(&first->object);
    *out = p;
    return OK;
}

void process_kill(struct process *p, enum exit_reason reason, int32_t code)
{
    spin_lock(&p->lock);
    if (!p->dying) {
        p->dying = true;
        p->exit_info = (struct exit_info){ .reason = reason, .code = code };
        list_for_each(link, &p->threads)
            thread_kill(&list_entry(link, struct user_thread, link)->thread);
    }
    spin_unlock(&p->lock);
}

noreturn void process_exit(enum exit_reason reason, int32_t code)
{
    process_kill(current_process(), reason, code);
    user_thread_exit(code);
}

status_t process_wait(struct process *p, uint64_t deadline, struct exit_info *info)
{
    status_t st = OK;
    spin_lock(&p->lock);
    while (!p->ended && st == OK)
        st = waitq_sleep(&p->waiters, &p->lock, deadline);
    if (p->ended) {
        *info = p->exit_info;
        st = OK;
    }
    spin_unlock(&p->lock);
    return st;
}

/* The first process whose id is at least `pid`, or NULL. */
static struct process *from_pid(uint64_t pid) HOLDS(list_lock)
{
    list_for_each(link, &processes) {
        struct process *p = list_entry(link, struct process, link);
        if (p->pid >= pid)
            return p;
    }
    return NULL;
}

status_t process_find(uint64_t pid, struct process **process)
{
    spin_lock(&list_lock);
    struct process *p = from_pid(pid);
    bool found = p != NULL && p->pid == pid;
    if (found)
        object_get(&p->object); /* it is on the list, so a thread's reference is there still */
    spin_unlock(&list_lock);
    *process = p;
    return found ? OK : ERR_NOT_FOUND;
}

static void describe(struct process *p, struct process_info *row)
{
    memset(row, 0, sizeof *row);
    row->pid = p->pid;
    string_copy(row->name, p->name, sizeof row->name);
    spin_lock(&p->lock);
    row->threads = p->thread_count;
    row->cpu_time = p->cpu_time;
    list_for_each(link, &p->threads)
        row->cpu_time += list_entry(link, struct user_thread, link)->thread.cpu_time;
    if (p->space != NULL)
        row->pages = (uint32_t)space_pages(p->space);
    row->handles = handle_table_used(&p->handles);
    spin_unlock(&p->lock);
}

bool process_next(uint32_t pid, struct process_info *row)
{
    spin_lock(&list_lock);
    struct process *p = from_pid((uint64_t)pid + 1);
    if (p != NULL)
        describe(p, row);
    spin_unlock(&list_lock);
    return p != NULL;
}
