# SPDX-License-Identifier: MIT
"""Lab 6, futexes. Each docstring tells a student what the test did; points are in labs/lab6-futex/lab.toml.

The races run as those of lab 2: one CPU, counted instructions, short pseudo-random time slices.
"""
from __future__ import annotations

import re

import pytest

from grade.challenge import Challenge
from grade.harness import GradeFailure, Ponte
from grade.outcome import Outcome, Verdict

SLICES = [1000, 1700, 2500]
THREADS, ROUNDS = 4, 1500  # as in user/test/sync.c
SEATS, MEALS = 5, 400  # as in user/test/sync_more.c


def _plates(seed: int) -> list[int]:
    """What the philosophers have put on their plates."""
    plates = [0] * SEATS
    for seat in range(SEATS):
        total = sum(value & 0xFFFF for value in Challenge(seed + seat).values(MEALS))
        plates[seat] += total
        plates[(seat + 1) % SEATS] += total
    return plates


def _raced(ponte: Ponte, program: str, case: str) -> None:
    """With pre-emption everywhere, and on four CPUs truly in parallel."""
    for slice in SLICES:
        ponte.run(program, case, cpus=1, slice=slice).expect_pass()
    ponte.run(program, case, cpus=4, exact=False).expect_pass()


@pytest.mark.lab(6, "mismatch")
def test_mismatch(ponte: Ponte) -> None:
    """Waited for a word that had another value, and for one that had the right one, without waiting."""
    ponte.run("futex", "mismatch").expect_pass()


@pytest.mark.lab(6, "alignment")
def test_alignment(ponte: Ponte) -> None:
    """Called all three with addresses that are no multiple of four."""
    ponte.run("futex", "alignment").expect_pass()


@pytest.mark.lab(6, "addresses")
def test_addresses(ponte: Ponte) -> None:
    """Called all three with NULL, unmapped, kernel and non-canonical addresses, and with untouched pages."""
    ponte.run("futex", "addresses").expect_pass()


@pytest.mark.lab(6, "wakes")
def test_wakes(ponte: Ponte) -> None:
    """Let a thread wait, and woke it."""
    ponte.run("futex", "wakes").expect_pass()


@pytest.mark.lab(6, "counts")
def test_counts(ponte: Ponte) -> None:
    """Let five threads wait and woke none, two, and as many as there were."""
    ponte.run("futex", "counts").expect_pass()


@pytest.mark.lab(6, "order")
def test_order(ponte: Ponte) -> None:
    """Let eight threads wait one after the other, and woke them one by one."""
    ponte.run("futex", "order").expect_pass()


@pytest.mark.lab(6, "timeouts")
def test_timeouts(ponte: Ponte) -> None:
    """Let waiters give up, alone and with another one behind them."""
    ponte.run("futex", "timeouts").expect_pass()


@pytest.mark.lab(6, "timeout_race")
def test_timeout_race(ponte: Ponte) -> None:
    """Woke a waiter at the moment when it gave up, 250 times, with another one behind it."""
    ponte.run("futex_race", "timeout_race").expect_pass()


@pytest.mark.lab(6, "lost_wakeup")
def test_lost_wakeup(ponte: Ponte) -> None:
    """Played 4000 rounds of question and answer over two words, with pre-emption everywhere."""
    _raced(ponte, "futex_race", "ping_pong")


@pytest.mark.lab(6, "requeue")
def test_requeue(ponte: Ponte) -> None:
    """Let six threads wait, woke one and moved three; then woke those where they were."""
    ponte.run("futex", "requeue").expect_pass()


@pytest.mark.lab(6, "requeue_timeout")
def test_requeue_timeout(ponte: Ponte) -> None:
    """Moved waiters whose deadline passed at the new place, or just then, 3000 times with pre-emption everywhere."""
    ponte.run("futex", "requeue_timeout").expect_pass()
    ponte.run("futex_race", "timeout_moving").expect_pass()
    _raced(ponte, "futex_race", "naps")


@pytest.mark.lab(6, "moving")
def test_moving(ponte: Ponte) -> None:
    """Moved a waiter from word to word while its wake-up came; moved from and to a page that came and went."""
    _raced(ponte, "futex_race", "moving")
    _raced(ponte, "futex_race", "vanishing_moving")


@pytest.mark.lab(6, "private_keys")
def test_private_keys(ponte: Ponte) -> None:
    """Let two processes wait at the same address, each in its own memory."""
    ponte.run("futex", "private_keys").expect_pass()


@pytest.mark.lab(6, "shared_keys")
def test_shared_keys(ponte: Ponte) -> None:
    """Waited and woke at one word of shared memory in two processes; moved a waiter into one that then ended."""
    ponte.run("futex", "shared_keys").expect_pass()
    ponte.run("futex_moved", "moved_away", cpus=1).expect_pass()


@pytest.mark.lab(6, "unmapped")
def test_unmapped(ponte: Ponte) -> None:
    """Unmapped the page at which a thread waited, and one that was just being looked at."""
    ponte.run("futex", "unmapped").expect_pass()
    _raced(ponte, "futex_race", "vanishing")


@pytest.mark.lab(6, "kill")
def test_kill(ponte: Ponte) -> None:
    """Killed a process that waited: where it came to wait, where it was moved, and on the way."""
    ponte.run("futex", "kill").expect_pass()
    _raced(ponte, "futex_race", "kill_moving")


@pytest.mark.lab(6, "mutex")
def test_mutex(ponte: Ponte) -> None:
    """Let four threads add numbers, and five philosophers eat, with pre-emption everywhere; counted what a free mutex costs."""
    for number, slice in enumerate([*SLICES, None]):
        run = ponte.run("sync", "mutex_excludes", cpus=1 if slice else 4, slice=slice, exact=bool(slice))
        run.expect_pass()
        run.expect_answer("sum", sum(value & 0xFFFF for thread in range(THREADS)
                                     for value in Challenge(run.seed + thread).values(ROUNDS)))
    for cpus, slice in ((1, SLICES[0]), (2, None), (4, None)):
        run = ponte.run("sync_more", "philosophers", cpus=cpus, slice=slice, exact=bool(slice))
        run.expect_answer("plates", _plates(run.seed))
    ponte.run("sync", "mutex_uncontended", cpus=1).expect_pass()


@pytest.mark.lab(6, "mutex_waits")
def test_mutex_waits(ponte: Ponte) -> None:
    """Waited for a held mutex, with and without a deadline; three threads in a hurry beside one that is not."""
    ponte.run("sync", "mutex_waits").expect_pass()
    _raced(ponte, "sync_more", "hurry")


@pytest.mark.lab(6, "cond")
def test_cond(ponte: Ponte) -> None:
    """Sent 2000 items through a ring of three with two condition variables, with pre-emption everywhere."""
    _raced(ponte, "sync", "cond_signals")


@pytest.mark.lab(6, "cond_broadcast")
def test_cond_broadcast(ponte: Ponte) -> None:
    """Let four threads pass 300 gates that are opened by broadcasts, with pre-emption everywhere."""
    ponte.run("sync", "cond_broadcasts").expect_pass()
    _raced(ponte, "sync", "cond_stress")


@pytest.mark.lab(6, "semaphore")
def test_semaphore(ponte: Ponte) -> None:
    """Counted items and room with semaphores, and excluded with one, with pre-emption everywhere."""
    ponte.run("sync", "semaphores", cpus=1).expect_pass()
    _raced(ponte, "sync", "semaphore_excludes")


@pytest.mark.lab(6, "barrier")
def test_barrier(ponte: Ponte) -> None:
    """Let four threads meet 375 times, with pre-emption everywhere."""
    _raced(ponte, "sync", "barriers")


@pytest.mark.lab(6, "once")
def test_once(ponte: Ponte) -> None:
    """Let four threads do something once, and others give up while it was being done."""
    _raced(ponte, "sync_more", "once_only")
    ponte.run("sync_more", "once_late", cpus=1).expect_pass()


@pytest.mark.lab(6, "rwlock")
def test_rwlock(ponte: Ponte) -> None:
    """Let four readers and a writer share a pair of numbers; let a writer wait among readers that come again and again."""
    _raced(ponte, "sync_more", "rwlocks")
    _raced(ponte, "sync_more", "rwlock_turns")


@pytest.mark.lab(6, "processes")
def test_processes(ponte: Ponte) -> None:
    """Used all of it between four processes in shared memory, each at an address of its own."""
    ponte.run("sync_process", "all").expect_pass()
    for cpus in (2, 4):
        ponte.run("sync_process", "all", cpus=cpus, exact=False).expect_pass()


@pytest.mark.lab(6, "no_leak")
def test_no_leak(ponte: Ponte) -> None:
    """Waited, moved, gave up, died and joined, and compared the kernel's figures."""
    ponte.run("futex", "no_leak").expect_pass()
    ponte.run("sync_more", "joins").expect_pass()


@pytest.mark.lab(6, "report")
def test_report(ponte: Ponte) -> None:
    """Let threads sleep for good where they came or were moved, and read the report; let one sleep that can be woken."""
    for case, place in (("deadlock", "address"), ("deadlock_moved", "address"),
                        ("deadlock_shared", "shared memory, at offset")):
        run = ponte.run("futex_moved", case).expect(Outcome.DEADLOCK)
        at = run.notes[0].removeprefix("at ") if run.notes else "?"
        if not re.search(rf"waits for a wake-up (at|in) {place} {at}\n", run.console):
            raise GradeFailure(Verdict(Outcome.FAIL, f"the report names nobody who waits at {place} {at}"))
    run = ponte.run("futex_moved", "not_stuck", cpus=1).expect_pass()
    if "DEADLOCK" in run.console:
        raise GradeFailure(Verdict(Outcome.FAIL, "a program that another one can wake is reported as stuck"))
