# SPDX-License-Identifier: MIT
"""Lab 4, pipes. Each docstring tells a student what the test did; points are in labs/lab4-pipe/lab.toml.

The races run as those of lab 2: one CPU, counted instructions, short pseudo-random time slices.
"""
from __future__ import annotations

import pytest

from grade.challenge import Challenge, fnv1a64
from grade.harness import Ponte

SLICES = [1000, 1700, 2500]
STREAM = 300_000  # as in user/test/pipe.c
SENDERS, EACH = 4, 200 * 1024  # as in user/test/pipe_process.c


def _sent(seed: int, sender: int) -> bytes:
    """What a sender of user/test/pipe_process.c writes: whole numbers, so pieces do not matter."""
    return Challenge((seed & 0xFFFFFFFF) + sender).bytes(EACH)


@pytest.mark.lab(4, "create")
def test_create(ponte: Ponte) -> None:
    """Made pipes, with bad addresses and with no slot, one slot and two slots free for the handles."""
    ponte.run("pipe", "create").expect_pass()


@pytest.mark.lab(4, "rights")
def test_rights(ponte: Ponte) -> None:
    """Wrote to the reading end, read from the writing end, and used duplicates without the right."""
    ponte.run("pipe", "rights").expect_pass()


@pytest.mark.lab(4, "stream")
def test_stream(ponte: Ponte) -> None:
    """Sent 300,000 bytes in pieces of 1 to 9000 through a pipe now full, now empty."""
    run = ponte.run("pipe", "stream")
    run.expect_pass()
    run.expect_answer("hash", fnv1a64(run.challenge.bytes(STREAM)))


@pytest.mark.lab(4, "partial")
def test_partial(ponte: Ponte) -> None:
    """Read less than there was, over the border of two writes, and more than there was."""
    ponte.run("pipe", "partial").expect_pass()


@pytest.mark.lab(4, "zero")
def test_zero(ponte: Ponte) -> None:
    """Read and wrote nothing: at an empty pipe, a full one, and at its end."""
    ponte.run("pipe", "zero").expect_pass()


@pytest.mark.lab(4, "all_or_nothing")
def test_all_or_nothing(ponte: Ponte) -> None:
    """Wrote 4096 bytes where there was room for 4095, and 4097 where there was room for 100."""
    ponte.run("pipe", "all_or_nothing").expect_pass()


@pytest.mark.lab(4, "untorn")
def test_untorn(ponte: Ponte) -> None:
    """Let four threads write pieces of up to 4096 bytes at once, with pre-emption everywhere."""
    for slice in SLICES[:2]:
        ponte.run("pipe_race", "untorn", cpus=1, slice=slice).expect_pass()
    ponte.run("pipe_race", "untorn", cpus=4, exact=False).expect_pass()


@pytest.mark.lab(4, "fault_reading")
def test_fault_reading(ponte: Ponte) -> None:
    """Read into memory that ends after 40 bytes, is read-only, or is not there."""
    ponte.run("pipe", "fault_reading").expect_pass()


@pytest.mark.lab(4, "fault_writing")
def test_fault_writing(ponte: Ponte) -> None:
    """Wrote from memory that ends after 40 bytes, or after a page, or is not there."""
    ponte.run("pipe", "fault_writing").expect_pass()


@pytest.mark.lab(4, "end_of_file")
def test_end_of_file(ponte: Ponte) -> None:
    """Closed two writers one after the other and read to the end, and past it."""
    ponte.run("pipe", "end_of_file").expect_pass()


@pytest.mark.lab(4, "peer_closed")
def test_peer_closed(ponte: Ponte) -> None:
    """Closed two readers one after the other and wrote, also to a full pipe."""
    ponte.run("pipe", "peer_closed").expect_pass()


@pytest.mark.lab(4, "read_waits")
def test_read_waits(ponte: Ponte) -> None:
    """Let a thread wait for bytes, then wrote five."""
    ponte.run("pipe_wait", "read_waits").expect_pass()


@pytest.mark.lab(4, "write_waits")
def test_write_waits(ponte: Ponte) -> None:
    """Let a thread write 100 bytes to a full pipe, and 128 KiB, and read bit by bit."""
    ponte.run("pipe_wait", "write_waits").expect_pass()


@pytest.mark.lab(4, "deadlines")
def test_deadlines(ponte: Ponte) -> None:
    """Let readers and writers give up, alone and with another one waiting behind them."""
    ponte.run("pipe_wait", "deadlines").expect_pass()


@pytest.mark.lab(4, "turns")
def test_turns(ponte: Ponte) -> None:
    """Let six readers wait for a byte each, and six small writes wait behind a big one."""
    ponte.run("pipe_wait", "turns").expect_pass()


@pytest.mark.lab(4, "lost_wakeup")
def test_lost_wakeup(ponte: Ponte) -> None:
    """Sent a byte to and fro 3000 times, with pre-emption everywhere."""
    for slice in SLICES:
        ponte.run("pipe_race", "ping_pong", cpus=1, slice=slice).expect_pass()


@pytest.mark.lab(4, "lost_room")
def test_lost_room(ponte: Ponte) -> None:
    """Made room in a full pipe 3000 times for a writer that waits, and sent 3 MB, with pre-emption everywhere."""
    for slice in SLICES:
        ponte.run("pipe_race", "room", cpus=1, slice=slice, budget=15_000).expect_pass()
    ponte.run("pipe_race", "flood", cpus=1, slice=SLICES[2]).expect_pass()
    ponte.run("pipe_race", "flood", cpus=4, exact=False).expect_pass()


@pytest.mark.lab(4, "last_writer")
def test_last_writer(ponte: Ponte) -> None:
    """Let six readers wait, then closed the last of two writers."""
    ponte.run("pipe_wait", "last_writer").expect_pass()


@pytest.mark.lab(4, "last_reader")
def test_last_reader(ponte: Ponte) -> None:
    """Let six writers wait, then closed the last of two readers; and one in the middle of a long write."""
    ponte.run("pipe_wait", "last_reader").expect_pass()


@pytest.mark.lab(4, "own_end")
def test_own_end(ponte: Ponte) -> None:
    """Closed an end under the thread that waited at it."""
    ponte.run("pipe_wait", "own_end").expect_pass()


@pytest.mark.lab(4, "close_and_read")
def test_close_and_read(ponte: Ponte) -> None:
    """Closed the writer of 3000 pipes while a thread was somewhere in pipe_read, with pre-emption everywhere."""
    for slice in SLICES:
        ponte.run("pipe_race", "close_and_read", cpus=1, slice=slice).expect_pass()


@pytest.mark.lab(4, "close_and_write")
def test_close_and_write(ponte: Ponte) -> None:
    """Closed the reader of 3000 pipes while a thread was somewhere in pipe_write, with pre-emption everywhere."""
    for slice in SLICES:
        ponte.run("pipe_race", "close_and_write", cpus=1, slice=slice, budget=15_000).expect_pass()


@pytest.mark.lab(4, "process_death")
def test_process_death(ponte: Ponte) -> None:
    """Killed processes that waited at either end, and let the other side's process end."""
    ponte.run("pipe_wait", "kill_reader").expect_pass()
    ponte.run("pipe_wait", "kill_writer").expect_pass()
    ponte.run("pipe_wait", "peer_dies").expect_pass()


@pytest.mark.lab(4, "streams")
def test_streams(ponte: Ponte) -> None:
    """Let four processes write 200 KiB each to pipes of their own, on 2 and 4 CPUs truly in parallel."""
    for cpus in (2, 4):
        run = ponte.run("pipe_process", "streams", cpus=cpus, exact=False)
        run.expect_pass()
        for sender in range(SENDERS):
            run.expect_answer(f"hash_{sender}", fnv1a64(_sent(run.seed, sender)))


@pytest.mark.lab(4, "many")
def test_many(ponte: Ponte) -> None:
    """Let four processes write to one pipe and three read from it, on 2 and 4 CPUs truly in parallel."""
    for cpus in (2, 4):
        run = ponte.run("pipe_process", "many", cpus=cpus, exact=False)
        run.expect_pass()
        run.expect_answer("sum", sum(sum(_sent(run.seed, sender)) for sender in range(SENDERS)))


@pytest.mark.lab(4, "transfer")
def test_transfer(ponte: Ponte) -> None:
    """Sent both ends through a port while bytes lay in the pipe, and closed the port."""
    ponte.run("pipe_process", "transfer").expect_pass()


@pytest.mark.lab(4, "no_leak")
def test_no_leak(ponte: Ponte) -> None:
    """Went through every success and every error, out of memory included, and compared the kernel's figures."""
    ponte.run("pipe_process", "no_leak").expect_pass()
    ponte.run("pipe_process", "exhaustion").expect_pass()
    ponte.run("pipe_process", "process_ends").expect_pass()
