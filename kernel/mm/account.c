/* SPDX-License-Identifier: MIT */
/* account.c: counters with a limit; no lock, for each is one number. */
#include "kernel/mm/account.h"

#include "kernel/lib/panic.h"
#include "kernel/mm/kmalloc.h"

struct account *account_new(uint64_t limit)
{
    struct account *account = kzalloc(sizeof *account);
    if (account == NULL)
        return NULL;
    account->refs.value = 1;
    account->limit = limit;
    return account;
}

void account_free(struct account *account)
{
    assert_cmp(account->bytes.value, ==, 0);
    assert_cmp(account->in_flight.value, ==, 0);
    kfree(account);
}
