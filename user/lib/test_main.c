/* SPDX-License-Identifier: MIT */
/* test_main.c: main() of a test program: finds the case, or the role, that it is asked for. */
#include "user/lib/process.h"
#include "user/lib/stdio.h"
#include "user/lib/stdlib.h"
#include "user/lib/string.h"
#include "user/lib/test.h"

/* An argument that begins so names a role: see test_start. */
#define ROLE_MARK '@'

/* user.ld gathers what TEST and ROLE define. */
extern const struct test_case *const test_cases_start[], *const test_cases_end[];
extern const struct test_role *const test_roles_start[], *const test_roles_end[];

static const struct test_case *find_case(const char *name)
{
    for (const struct test_case *const *c = test_cases_start; c < test_cases_end; c++)
        if (strcmp((*c)->name, name) == 0)
            return *c;
    return NULL;
}

static const struct test_role *find_role(const char *name)
{
    for (const struct test_role *const *r = test_roles_start; r < test_roles_end; r++)
        if (strcmp((*r)->name, name) == 0)
            return *r;
    return NULL;
}

/* The case that stands first in the source below `line`: compilers keep no order. */
static const struct test_case *next_case(int line)
{
    const struct test_case *best = NULL;
    for (const struct test_case *const *c = test_cases_start; c < test_cases_end; c++)
        if ((*c)->line > line && (best == NULL || (*c)->line < best->line))
            best = *c;
    return best;
}

static int list_cases(void)
{
    for (const struct test_case *c = next_case(0); c != NULL; c = next_case(c->line))
        printf("%s %u\n", c->name, c->planned);
    return EXIT_SUCCESS;
}

_Noreturn static void run_case(const struct test_case *c, const char *seed_text)
{
    struct system_info info;
    uint64_t seed;
    if (seed_text == NULL) {
        sys_system_info(&info);
        seed = info.seed;
    } else if (!parse_number(seed_text, &seed)) {
        warn("the seed is a number, not '%s'", seed_text);
        exit(2);
    }
    handle_t results = start_handle(START_RESULTS);
    test_begin(c->planned, seed, results != HANDLE_INVALID ? results : start_handle(START_STDOUT));
    c->run();
    test_finish();
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return list_cases();
    if (argv[1][0] == ROLE_MARK) {
        const struct test_role *role = find_role(argv[1] + 1);
        if (role != NULL)
            return role->run(argc - 2, argv + 2);
        warn("no part is called '%s'", argv[1] + 1);
        return 2;
    }
    const struct test_case *c = find_case(argv[1]);
    if (c == NULL) {
        warn("no case is called '%s'; without arguments the cases are listed", argv[1]);
        return 2;
    }
    run_case(c, argc > 2 ? argv[2] : NULL);
}

status_t test_start(const char *role, const char *argument, const handle_t *handles,
                    size_t count)
{
    char name[64];
    if (snprintf(name, sizeof name, "%c%s", ROLE_MARK, role) >= (int)sizeof name)
        return ERR_TOO_BIG;
    const char *argv[] = { program_path(), name, argument, NULL };
    return process_start(program_path(), argv, GIVE_STDOUT | GIVE_RESULTS | GIVE_SYSTEM, handles,
                         count);
}
