/* SPDX-License-Identifier: MIT */
/* topology.c: see topology.h. */
#include "ipc/port/topology.h"

#include "ipc/port/port.h"
#include "ipc/port/rights.h"
#include "kernel/lib/panic.h"

struct spinlock topology_lock = SPINLOCK_INIT(RANK_TOPOLOGY, "port topology");

bool topology_concerns(const struct message *msg)
{
    for (uint32_t i = 0; i < msg->handle_count; i++)
        if (port_received_by(&msg->handles[i]) != NULL)
            return true;
    return false;
}

/* For all that the message carries; from none to one or the other way round. */
static void set_parents(const struct message *msg, struct port *parent) HOLDS(topology_lock)
{
    for (uint32_t i = 0; i < msg->handle_count; i++) {
        struct port *child = port_received_by(&msg->handles[i]);
        if (child == NULL)
            continue;
        assert((child->parent == NULL) != (parent == NULL));
        child->parent = parent;
    }
}

/*
 * First the new edges, then the question. There was no ring before and all new edges lead to
 * `parent`, so a ring there is now goes through it: one walk decides for all handles.
 */
status_t topology_adopt(struct port *parent, const struct message *msg)
{
    /*@ port.8 Make parent the parent of all that the message carries, unless that closes a ring:
     * then nothing has changed. */
    set_parents(msg, parent);
    for (const struct port *p = parent->parent; p != NULL; p = p->parent) {
        if (p == parent) {
            set_parents(msg, NULL);
            return ERR_CYCLE;
        }
    }
    return OK;
    /*@ end => return lab_todo("port.8"); */
}

void topology_disown(const struct message *msg)
{
    set_parents(msg, NULL);
}

void topology_orphan(const struct message *msg)
{
    if (!topology_concerns(msg))
        return;
    spin_lock(&topology_lock);
    set_parents(msg, NULL);
    spin_unlock(&topology_lock);
}
