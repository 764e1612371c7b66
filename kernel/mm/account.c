/* SPDX-License-Identifier: MIT */
/* account.c: counters with a limit; no lock, for each is one number. */
#include "kernel/mm/account.h"

#include "kernel/abi/handle.h"
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

status_t account_charge_handles(struct account *account, uint32_t count)
{
    if (atomic32_add(&account->in_flight, (int32_t)count) <= HANDLES_IN_FLIGHT_MAX)
        return OK;
    account_uncharge_handles(account, count);
    return ERR_NO_SLOTS;
}

void account_uncharge_handles(struct account *account, uint32_t count)
{
    atomic32_add(&account->in_flight, -(int32_t)count);
}
