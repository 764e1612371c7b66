/* SPDX-License-Identifier: MIT */
/*
 * account.h: what a process has taken, against what it may take.
 *
 * Every allocation made on a process's behalf is charged to its account first,
 * kernel objects included; so one process cannot take all memory. An account is
 * reference counted and may outlive its process: a message in flight stays
 * charged to its sender until it is received or destroyed.
 */
#pragma once

#include "kernel/abi/handle.h"
#include "kernel/sync/atomic.h"

struct account {
    atomic32_t refs;
    atomic32_t in_flight; /* handles in messages not yet received */
    atomic64_t bytes;     /* charged */
    uint64_t limit;       /* [I] bytes */
};

/* A new account with one reference, or NULL. `limit` in bytes. */
must_check struct account *account_new(uint64_t limit);

static inline struct account *account_get(struct account *account)
{
    atomic32_add(&account->refs, 1);
    return account;
}

void account_free(struct account *account); /* for account_put */

static inline void account_put(struct account *account)
{
    if (unlikely(atomic32_add(&account->refs, -1) == 0))
        account_free(account);
}

static inline void account_uncharge(struct account *account, uint64_t bytes)
{
    atomic64_add(&account->bytes, -(int64_t)bytes);
}

/*
 * All or nothing: ERR_OUT_OF_MEMORY when the limit would be passed. Never blocks. Adding first and looking
 * afterwards lets two chargers fail where one could have passed, never the reverse.
 */
must_check static inline status_t account_charge(struct account *account, uint64_t bytes)
{
    if (unlikely(bytes > account->limit))
        return ERR_OUT_OF_MEMORY;
    if (likely(atomic64_add(&account->bytes, (int64_t)bytes) <= account->limit))
        return OK;
    account_uncharge(account, bytes);
    return ERR_OUT_OF_MEMORY;
}

/* The same even past the limit: for what is needed to give back more than it takes. */
static inline void account_charge_anyway(struct account *account, uint64_t bytes)
{
    atomic64_add(&account->bytes, (int64_t)bytes);
}

static inline void account_uncharge_handles(struct account *account, uint32_t count)
{
    atomic32_add(&account->in_flight, -(int32_t)count);
}

/* Handles about to go into a message; ERR_NO_SLOTS above HANDLES_IN_FLIGHT_MAX. */
must_check static inline status_t account_charge_handles(struct account *account, uint32_t count)
{
    if (likely(atomic32_add(&account->in_flight, (int32_t)count) <= HANDLES_IN_FLIGHT_MAX))
        return OK;
    account_uncharge_handles(account, count);
    return ERR_NO_SLOTS;
}
