/* SPDX-License-Identifier: MIT */
/*
 * malloc.c: a list of free blocks in order of address, joined with their neighbours.
 *
 * Small blocks are cut from arenas, mapped 64 KiB or more at a time and kept for good; the first
 * free block that is big enough gives its end. A block of BIG bytes or more is a mapping
 * of its own and goes back to the kernel when it is freed.
 *
 * Each block begins with a header of 16 bytes: its size, header included, and either the next
 * free block or a mark that tells a block in use from one that is free or was never ours.
 *
 * Lock:      heap_lock, for the list.
 * Invariant: free blocks are in ascending order and no two touch.
 */
#include "user/lib/assert.h"
#include "user/lib/lock.h"
#include "user/lib/stdlib.h"
#include "user/lib/string.h"

#define ALIGNMENT  16
#define ARENA_SIZE 65536
#define BIG        131072

struct block {
    size_t size; /* bytes, this header included; a multiple of ALIGNMENT */
    union {
        struct block *next; /* while free */
        uint64_t mark;      /* while in use */
    };
};

_Static_assert(sizeof(struct block) == ALIGNMENT, "what follows a header is aligned");

static struct lock heap_lock;
static struct block *free_list; /* [heap_lock] */

/* Different for each address, so that neither stale memory nor a copied header passes. */
static uint64_t mark_of(const struct block *b)
{
    return (uint64_t)b ^ 0x706f6e7465686561ull;
}

static char *end_of(struct block *b)
{
    return (char *)b + b->size;
}

static size_t align(size_t n, size_t to)
{
    return (n + to - 1) & ~(to - 1);
}

/* Puts a block on the list, one with neighbours it touches. heap_lock is held. */
static void insert_free(struct block *b)
{
    struct block *before = NULL, *after = free_list;
    while (after != NULL && after < b) {
        before = after;
        after = after->next;
    }
    b->next = after;
    if (after != NULL && end_of(b) == (char *)after) {
        b->size += after->size;
        b->next = after->next;
    }
    if (before == NULL) {
        free_list = b;
    } else if (end_of(before) == (char *)b) {
        before->size += b->size;
        before->next = b->next;
    } else {
        before->next = b;
    }
}

/* The end of the first block that is big enough, or NULL. heap_lock is held. */
static struct block *take_free(size_t size)
{
    for (struct block **link = &free_list; *link != NULL; link = &(*link)->next) {
        struct block *b = *link;
        if (b->size < size)
            continue;
        if (b->size - size <= sizeof(struct block)) { /* the rest could hold nothing */
            *link = b->next;
            return b;
        }
        b->size -= size;
        b = (struct block *)end_of(b);
        b->size = size;
        return b;
    }
    return NULL;
}

static struct block *map_block(size_t size)
{
    status_t address = sys_vm_map(0, size, PROT_READ | PROT_WRITE);
    if (address < 0)
        return NULL;
    struct block *b = (struct block *)address;
    b->size = size;
    return b;
}

/* From the list; when it has nothing, from a new arena. */
static struct block *small_block(size_t size)
{
    lock_acquire(&heap_lock);
    struct block *b = take_free(size);
    lock_release(&heap_lock);
    if (b != NULL)
        return b;
    struct block *arena = map_block(align(size, ARENA_SIZE));
    if (arena == NULL)
        return NULL;
    lock_acquire(&heap_lock);
    insert_free(arena);
    b = take_free(size); /* at least the arena is big enough */
    lock_release(&heap_lock);
    return b;
}

void *malloc(size_t size)
{
    if (size > SIZE_MAX / 2)
        return NULL;
    size_t total = align(size + sizeof(struct block), ALIGNMENT);
    bool big = total >= BIG;
    struct block *b = big ? map_block(align(total, PAGE_SIZE)) : small_block(total);
    if (b == NULL)
        return NULL;
    b->mark = mark_of(b);
    return b + 1;
}

/* The header before what malloc returned. */
static struct block *block_of(void *memory)
{
    struct block *b = (struct block *)memory - 1;
    assert(b->mark == mark_of(b) && "freed twice, overwritten, or never allocated");
    return b;
}

void free(void *memory)
{
    if (memory == NULL)
        return;
    struct block *b = block_of(memory);
    b->mark = 0;
    if (b->size >= BIG) {
        sys_vm_unmap((uint64_t)b, b->size);
        return;
    }
    lock_acquire(&heap_lock);
    insert_free(b);
    lock_release(&heap_lock);
}

void *calloc(size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    void *memory = malloc(total);
    return memory != NULL ? memset(memory, 0, total) : NULL;
}

void *realloc(void *memory, size_t size)
{
    if (memory == NULL)
        return malloc(size);
    size_t room = block_of(memory)->size - sizeof(struct block);
    if (size <= room && size >= room / 2)
        return memory;
    void *moved = malloc(size);
    if (moved == NULL)
        return NULL;
    memcpy(moved, memory, size < room ? size : room);
    free(memory);
    return moved;
}
