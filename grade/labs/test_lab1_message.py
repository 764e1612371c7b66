# SPDX-License-Identifier: MIT
"""Lab 1, messages. Each docstring tells a student what the test did; points are in labs/lab1-message/lab.toml."""
from __future__ import annotations

import pytest

from grade.challenge import fnv1a64
from grade.harness import Ponte

SIZES = [1, 63, 64, 65, 4095, 4096, 4097, 65535, 65536]
SLICE = 2000  # ns: pre-emption every few hundred instructions of a call


@pytest.mark.lab(1, "empty")
def test_empty(ponte: Ponte) -> None:
    """Sent messages without bytes or handles, of five types, one of them the host's choice."""
    run = ponte.run("message", "empty")
    run.expect_pass()
    run.expect_answer("type", run.challenge.next() & 0xFFFFFFFF)


@pytest.mark.lab(1, "header")
def test_header(ponte: Ponte) -> None:
    """Sent headers with a reserved field that is not zero, and looked at the one that comes out."""
    ponte.run("message", "header").expect_pass()


@pytest.mark.lab(1, "round_trip")
def test_round_trip(ponte: Ponte) -> None:
    """Sent messages of 1, 63, 64, 65, 4095, 4096, 4097, 65535 and 65536 bytes that the host knows."""
    run = ponte.run("message", "round_trip")
    run.expect_pass()
    for size in SIZES:
        run.expect_answer(f"hash_{size}", fnv1a64(run.challenge.bytes(size)))


@pytest.mark.lab(1, "many")
def test_many(ponte: Ponte) -> None:
    """Sent 300 messages of random sizes, one after the other, through the same buffers."""
    run = ponte.run("message", "many")
    run.expect_pass()
    data = b"".join(run.challenge.bytes(run.challenge.below(2048)) for _ in range(300))
    run.expect_answer("hash", fnv1a64(data))


@pytest.mark.lab(1, "size_limit")
def test_size_limit(ponte: Ponte) -> None:
    """Sent 65536 bytes, more than that, and a few bytes to a receiver who claims endless room."""
    ponte.run("message", "size_limit").expect_pass()


@pytest.mark.lab(1, "quota")
def test_quota(ponte: Ponte) -> None:
    """Used up the process's memory and sent 65536 bytes; gave the memory back and sent them again."""
    ponte.run("message_bad", "quota").expect_pass()


@pytest.mark.lab(1, "fetched_once")
def test_fetched_once(ponte: Ponte) -> None:
    """Sent 4000 messages whose size another thread keeps changing, with pre-emption everywhere."""
    ponte.run("message_bad", "fetched_once", cpus=1, slice=SLICE).expect_pass()


@pytest.mark.lab(1, "move")
def test_move(ponte: Ponte) -> None:
    """Sent handles to six processes, with different rights, in an order that the host chose."""
    run = ponte.run("message_handles", "move")
    run.expect_pass()
    run.expect_answer("order", run.challenge.permutation(6))


@pytest.mark.lab(1, "stale")
def test_stale(ponte: Ponte) -> None:
    """Sent a handle, filled every slot of the table anew, and used the number that it had before."""
    ponte.run("message_handles", "stale").expect_pass()


@pytest.mark.lab(1, "transfer_right")
def test_transfer_right(ponte: Ponte) -> None:
    """Sent handles that lack the TRANSFER right, alone and between others that have it."""
    ponte.run("message_handles", "transfer_right").expect_pass()


@pytest.mark.lab(1, "twice")
def test_twice(ponte: Ponte) -> None:
    """Sent 64 handles two of which are the same, then 64 different ones to one object."""
    ponte.run("message_handles", "twice").expect_pass()


@pytest.mark.lab(1, "bad_handle")
def test_bad_handle(ponte: Ponte) -> None:
    """Sent eight handles one of which is closed, forged or nothing, in each of three places."""
    ponte.run("message_handles", "bad_handle").expect_pass()


@pytest.mark.lab(1, "handle_limit")
def test_handle_limit(ponte: Ponte) -> None:
    """Sent 64 handles, 65, and counts whose product with the size of a handle wraps."""
    ponte.run("message_handles", "handle_limit").expect_pass()


@pytest.mark.lab(1, "moved_once")
def test_moved_once(ponte: Ponte) -> None:
    """Let two threads send the same handle at the same time, 1000 times, with pre-emption everywhere."""
    ponte.run("message_bad", "moved_once", cpus=1, slice=SLICE).expect_pass()


@pytest.mark.lab(1, "in_place")
def test_in_place(ponte: Ponte) -> None:
    """Gave one and the same argument, and one buffer, for both directions."""
    ponte.run("message", "in_place").expect_pass()


@pytest.mark.lab(1, "too_small")
def test_too_small(ponte: Ponte) -> None:
    """Sent 100 bytes to a receiver with room for 0, 1, 99 and 100."""
    ponte.run("message", "too_small").expect_pass()


@pytest.mark.lab(1, "no_room")
def test_no_room(ponte: Ponte) -> None:
    """Sent five handles to a receiver with room for 0, 1, 4 and 64."""
    ponte.run("message_handles", "no_room").expect_pass()


@pytest.mark.lab(1, "no_slots")
def test_no_slots(ponte: Ponte) -> None:
    """Filled the handle table, sent four handles, then freed three slots and sent again."""
    ponte.run("message_handles", "no_slots").expect_pass()


@pytest.mark.lab(1, "unaligned")
def test_unaligned(ponte: Ponte) -> None:
    """Sent a message with arguments, data and handles all at odd addresses."""
    ponte.run("message", "unaligned").expect_pass()


@pytest.mark.lab(1, "bad_args")
def test_bad_args(ponte: Ponte) -> None:
    """Gave pointers to the arguments that are NULL, unmapped, read-only, the kernel's, ..."""
    ponte.run("message_bad", "bad_args").expect_pass()


@pytest.mark.lab(1, "bad_source")
def test_bad_source(ponte: Ponte) -> None:
    """Sent data and handles from addresses that cannot be read."""
    ponte.run("message_bad", "bad_source").expect_pass()


@pytest.mark.lab(1, "bad_target")
def test_bad_target(ponte: Ponte) -> None:
    """Had data and handles delivered to addresses that cannot be written."""
    ponte.run("message_bad", "bad_target").expect_pass()


@pytest.mark.lab(1, "no_leak")
def test_no_leak(ponte: Ponte) -> None:
    """Went through every success and every error twenty times, and compared the kernel's figures."""
    ponte.run("message_bad", "no_leak").expect_pass()


@pytest.mark.lab(1, "threads")
def test_threads(ponte: Ponte) -> None:
    """Let four threads send messages of their own, pre-empted everywhere and then truly in parallel."""
    ponte.run("message_bad", "threads", cpus=1, slice=SLICE).expect_pass()
    ponte.run("message_bad", "threads", cpus=4, exact=False).expect_pass()
