/* SPDX-License-Identifier: MIT */
/*
 * list.h: circular doubly linked lists whose links live inside the members.
 *
 * A list and a link are the same struct. A link that is on no list points to
 * itself, so that list_remove may be called on it again.
 */
#pragma once

#include "kernel/lib/defs.h"

struct list {
    struct list *next, *prev;
};

#define LIST_INIT(name) { &(name), &(name) }

static inline void list_init(struct list *l)
{
    l->next = l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
    return l->next == l;
}

static inline void list_insert_before(struct list *at, struct list *link)
{
    link->prev = at->prev;
    link->next = at;
    at->prev->next = link;
    at->prev = link;
}

static inline void list_push_back(struct list *l, struct list *link)
{
    list_insert_before(l, link);
}

static inline void list_push_front(struct list *l, struct list *link)
{
    list_insert_before(l->next, link);
}

static inline void list_remove(struct list *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    list_init(link);
}

/* Moves all of `from` to the end of `to`. */
static inline void list_append(struct list *to, struct list *from)
{
    if (list_empty(from))
        return;
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    list_init(from);
}

#define list_entry(link, type, member) container_of(link, type, member)

#define list_for_each(link, l) for (struct list *link = (l)->next; link != (l); link = link->next)
