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

struct account *account_get(struct account *account)
{
    atomic32_add(&account->refs, 1);
    return account;
}

void account_put(struct account *account)
{
    if (atomic32_add(&account->refs, -1) != 0)
        return;
    assert_cmp(account->bytes.value, ==, 0);
    assert_cmp(account->in_flight.value, ==, 0);
    kfree(account);
}

/* Adding first and looking afterwards lets two chargers fail where one could have passed, never the reverse. */
status_t account_charge(struct account *account, uint64_t bytes)
{
    if (bytes > account->limit)
        return ERR_OUT_OF_MEMORY;
    if (atomic64_add(&account->bytes, (int64_t)bytes) <= account->limit)
        return OK;
    account_uncharge(account, bytes);
    return ERR_OUT_OF_MEMORY;
}

void account_uncharge(struct account *account, uint64_t bytes)
{
    atomic64_add(&account->bytes, -(int64_t)bytes);
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
