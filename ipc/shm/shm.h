/* SPDX-License-Identifier: MIT */
/*
 * shm.h: memory that several processes share (guide 4.4).
 *
 * The object stands between handles and page frames: its handles say who may map what, its backing
 * (kernel/mm/backing.h) has the frames. A mapping holds a reference to the backing, not to the object:
 * so it stays when all handles are closed, and the frames stay as long as anybody can reach them (S6, S14).
 *
 * Life: shm_create makes it with all its frames, zeroed (S2, S4); the last reference, of handles and calls, gives
 * up the object's share in the backing. Nothing changes in between: no lock.
 */
#pragma once

#include "kernel/object/object.h"

struct backing;
struct space;

#define SHM_RIGHTS \
    (RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE | RIGHT_MAP | RIGHT_DUPLICATE | RIGHT_TRANSFER)

struct shm {
    struct object object;
    struct backing *backing; /* [I] a reference */
};

static inline struct shm *shm_of(struct object *object)
{
    return (struct shm *)object;
}

/*
 * `size` bytes, rounded up to pages, charged to `account`; one reference and no handle. ERR_INVALID_ARGUMENT (0, or it
 * cannot be rounded up: S1), ERR_OUT_OF_MEMORY. Does not block. Guide: SharedMemory::create.
 */
must_check status_t shm_create(struct account *account, uint64_t size, struct shm **shm);

/* Its size in bytes. */
uint64_t shm_size(const struct shm *shm);

/*
 * Maps a part of it as space_map_shared, for a handle with `rights`: no protection beyond those, now or later (S7).
 * ERR_INVALID_ARGUMENT (misaligned, length 0, beyond the end, protection), ERR_PERMISSION_DENIED, and errors of space_map. Guide: map.
 */
must_check status_t shm_map(const struct shm *shm, rights_t rights, struct space *space,
                            uint64_t address, uint64_t offset, uint64_t length,
                            uint32_t protection);
