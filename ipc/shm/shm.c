/* SPDX-License-Identifier: MIT */
/* shm.c: making shared memory, and what a handle to it lets map; see shm.h. */
#include "ipc/shm/shm.h"

#include "kernel/abi/layout.h"
#include "kernel/mm/backing.h"
#include "kernel/mm/space.h"

static void destroy(struct object *object)
{
    backing_put(shm_of(object)->backing);
    object_free(object);
}

static const struct object_type shm_type = {
    .kind = OBJ_SHM,
    .rights = SHM_RIGHTS,
    .destroy = destroy,
};

status_t shm_create(struct account *account, uint64_t size, struct shm **out)
{
    /*@ shm.1 Round the size up to pages, if that can be done; make the backing and the object,
     * or neither. */
    struct backing *backing;
    if (size == 0 || size > UINT64_MAX - (PAGE_SIZE - 1))
        return ERR_INVALID_ARGUMENT;
    status_t st = backing_new(account, round_up(size, PAGE_SIZE) >> PAGE_SHIFT, &backing);
    if (st < 0)
        return st;
    struct object *object = object_new(&shm_type, sizeof(struct shm), 0, account);
    if (object == NULL) {
        backing_put(backing);
        return ERR_OUT_OF_MEMORY;
    }
    *out = shm_of(object);
    (*out)->backing = backing;
    return OK;
    /*@ end => return lab_todo("shm.1"); */
}

uint64_t shm_size(const struct shm *shm)
{
    return shm->backing->pages << PAGE_SHIFT;
}

/* What may be done with pages that a handle with these rights maps. */
static uint32_t protection_of(rights_t rights)
{
    /*@ shm.5 What may be done with pages that a handle with these rights maps. */
    return (rights & RIGHT_READ ? PROT_READ : 0) | (rights & RIGHT_WRITE ? PROT_WRITE : 0) |
           (rights & RIGHT_EXECUTE ? PROT_EXECUTE : 0);
    /*@ end => if ((rights & SHM_RIGHTS) == SHM_RIGHTS) return PROT_READ | PROT_WRITE | PROT_EXECUTE; lab_todo("shm.5"); return 0; */
}

/* Each comparison comes before what it guards could wrap. */
static bool lies_within(uint64_t offset, uint64_t length, uint64_t size)
{
    /*@ shm.4 Whether the part lies wholly inside, without a sum that could wrap; and on a page. */
    return offset % PAGE_SIZE == 0 && offset <= size && length <= size - offset;
    /*@ end => if (offset == 0 && length == size) return true; lab_todo("shm.4"); return false; */
}

status_t shm_map(const struct shm *shm, rights_t rights, struct space *space, uint64_t address,
                 uint64_t offset, uint64_t length, uint32_t protection)
{
    uint32_t limit = protection_of(rights);
    if (!lies_within(offset, length, shm_size(shm)))
        return ERR_INVALID_ARGUMENT;
    if ((protection | PROT_READ) & (PROT_READ | PROT_WRITE | PROT_EXECUTE) & ~limit)
        return ERR_PERMISSION_DENIED;
    return space_map_shared(space, address, length, protection, limit, shm->backing, offset);
}
