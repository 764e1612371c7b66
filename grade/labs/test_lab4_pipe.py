# SPDX-License-Identifier: MIT
"""Lab 4, pipes. Each docstring tells a student what the test did; points are in labs/lab4-pipe/lab.toml.

The races run like those of lab 2: one CPU, counted instructions, short time slices. So a thread is
pre-empted in the middle of a copy, and between looking and sleeping, thousands of times in every run.
"""
from __future__ import annotations

import pytest

from grade.challenge import Challenge, fnv1a64
from grade.harness import Ponte
from grade.outcome import Outcome

SLICES = [1000, 1700, 2500]  # ns; which of them hits a window depends on how long the code around it is
STREAM = 400_000  # bytes, as in user/test/pipe.c
PIPELINE = 300_000  # as in user/test/pipe_process.c
WRITERS, RECORDS, RECORD_MOST = 4, 100, 4096 - 4
MODULUS = 1_000_003


@pytest.mark.lab(4, "create")
def test_create(ponte: Ponte) -> None:
    """Made pipes, also with nowhere to put their handles, and with a full handle table."""
    ponte.run("pipe", "create").expect_pass()


@pytest.mark.lab(4, "rights")
def test_rights(ponte: Ponte) -> None:
    """Read from writing ends, wrote to reading ends, and used handles without READ or WRITE."""
    ponte.run("pipe", "rights").expect_pass()


@pytest.mark.lab(4, "stale")
def test_stale(ponte: Ponte) -> None:
    """Used closed and forged handles, also after another pipe had got the slots."""
    ponte.run("pipe", "stale").expect_pass()


@pytest.mark.lab(4, "quota")
def test_quota(ponte: Ponte) -> None:
    """Made pipes until memory was out, with both ends open and with either end closed."""
    ponte.run("pipe_process", "quota", memory="48M").expect_pass()


@pytest.mark.lab(4, "zero_length")
def test_zero_length(ponte: Ponte) -> None:
    """Read and wrote no bytes: at empty, full and closed pipes, without and with a right."""
    ponte.run("pipe", "zero_length").expect_pass()


@pytest.mark.lab(4, "partial")
def test_partial(ponte: Ponte) -> None:
    """Read less, and more, than had been written at once."""
    ponte.run("pipe", "partial").expect_pass()


@pytest.mark.lab(4, "stream")
def test_stream(ponte: Ponte) -> None:
    """Put bytes round the end of the ring, and 400,000 that the host chose through one pipe, in all sizes."""
    ponte.run("pipe", "wrap").expect_pass()
    run = ponte.run("pipe", "stream")
    run.expect_pass()
    run.expect_answer("hash", fnv1a64(run.challenge.bytes(STREAM)))


@pytest.mark.lab(4, "read_faults")
def test_read_faults(ponte: Ponte) -> None:
    """Read into memory that ends after 1 to 8003 bytes, then properly, also where the ring wraps."""
    ponte.run("pipe_fault", "read_faults").expect_pass()
    ponte.run("pipe_fault", "read_faults_wrapped").expect_pass()


@pytest.mark.lab(4, "capacity")
def test_capacity(ponte: Ponte) -> None:
    """Filled a pipe to the byte, and wrote a little more, without waiting."""
    ponte.run("pipe", "capacity").expect_pass()


@pytest.mark.lab(4, "write_faults")
def test_write_faults(ponte: Ponte) -> None:
    """Wrote 10,000 bytes from memory that ends after 1 to 8003 of them."""
    ponte.run("pipe_fault", "write_faults").expect_pass()


@pytest.mark.lab(4, "small_write_faults")
def test_small_write_faults(ponte: Ponte) -> None:
    """Wrote up to PIPE_BUF bytes from memory that ends before the last of them."""
    ponte.run("pipe_fault", "small_write_faults").expect_pass()


@pytest.mark.lab(4, "fault_after_waiting")
def test_fault_after_waiting(ponte: Ponte) -> None:
    """Let the first of two waiters have a bad buffer, on either side, and then served one."""
    ponte.run("pipe_fault", "fault_after_waiting").expect_pass()


@pytest.mark.lab(4, "read_waits")
def test_read_waits(ponte: Ponte) -> None:
    """Let a thread wait for bytes, then wrote some. Without a wake-up nobody can run."""
    ponte.run("pipe_wait", "read_waits").expect_pass()


@pytest.mark.lab(4, "write_waits")
def test_write_waits(ponte: Ponte) -> None:
    """Let a thread wait for room, and read until there was enough for all of its bytes."""
    ponte.run("pipe_wait", "write_waits").expect_pass()


@pytest.mark.lab(4, "long_write")
def test_long_write(ponte: Ponte) -> None:
    """Wrote seven times what a pipe holds, in one call, and read it in pieces of any size."""
    ponte.run("pipe_wait", "long_write").expect_pass()


@pytest.mark.lab(4, "deadlines")
def test_deadlines(ponte: Ponte) -> None:
    """Let readers and writers give up at a deadline: alone, before others, and in a long write."""
    ponte.run("pipe_wait", "deadlines").expect_pass()
    ponte.run("pipe_wait", "late_in_line", cpus=1).expect_pass()


@pytest.mark.lab(4, "readers_fifo")
def test_readers_fifo(ponte: Ponte) -> None:
    """Let eight readers wait one after the other, wrote once, and tried to overtake one."""
    ponte.run("pipe_wait", "readers_fifo").expect_pass()


@pytest.mark.lab(4, "writers_fifo")
def test_writers_fifo(ponte: Ponte) -> None:
    """Let eight writers wait, large and small, and made room for the small ones first."""
    ponte.run("pipe_wait", "writers_fifo").expect_pass()


@pytest.mark.lab(4, "share")
def test_share(ponte: Ponte) -> None:
    """Let a small write come when two of seven times what fits were under way."""
    ponte.run("pipe_wait", "long_writes_share").expect_pass()


@pytest.mark.lab(4, "lost_wakeup")
def test_lost_wakeup(ponte: Ponte) -> None:
    """Played 4000 rounds of question and answer over two pipes, with pre-emption everywhere."""
    for slice in SLICES:
        ponte.run("pipe_race", "lost_wakeup", cpus=1, slice=slice).expect_pass()


@pytest.mark.lab(4, "lost_room")
def test_lost_room(ponte: Ponte) -> None:
    """Passed 8192 words through a pipe that was always full, with pre-emption everywhere."""
    for slice in SLICES:
        ponte.run("pipe_race", "lost_room", cpus=1, slice=slice).expect_pass()


@pytest.mark.lab(4, "atomic")
def test_atomic(ponte: Ponte) -> None:
    """Let four threads write records of up to PIPE_BUF bytes, and looked whether any was torn."""
    for slice in SLICES:
        ponte.run("pipe_race", "atomic", cpus=1, slice=slice).expect_pass()
    for cpus in (2, 4):
        ponte.run("pipe_race", "atomic", cpus=cpus, exact=False).expect_pass()


@pytest.mark.lab(4, "crowd")
def test_crowd(ponte: Ponte) -> None:
    """Let four threads write to three that read, and added up what came."""
    ponte.run("pipe_race", "crowd", cpus=1, slice=SLICES[1]).expect_pass()
    for cpus in (2, 4):
        ponte.run("pipe_race", "crowd", cpus=cpus, exact=False).expect_pass()


@pytest.mark.lab(4, "poll_race")
def test_poll_race(ponte: Ponte) -> None:
    """Let three threads at once fill a pipe, and empty it, without waiting."""
    for slice in SLICES:
        ponte.run("pipe_race", "poll_race", cpus=1, slice=slice).expect_pass()
    ponte.run("pipe_race", "poll_race", cpus=4, exact=False).expect_pass()


@pytest.mark.lab(4, "end")
def test_end(ponte: Ponte) -> None:
    """Closed one of two writing handles, and the other, with bytes in the pipe."""
    ponte.run("pipe", "end").expect_pass()


@pytest.mark.lab(4, "no_reader")
def test_no_reader(ponte: Ponte) -> None:
    """Wrote to a pipe whose only reading handle was closed, without waiting and for ever."""
    ponte.run("pipe", "no_reader").expect_pass()


@pytest.mark.lab(4, "no_writer")
def test_no_writer(ponte: Ponte) -> None:
    """Closed the only writing handle with ten bytes in the pipe, and read on."""
    ponte.run("pipe", "no_writer").expect_pass()


@pytest.mark.lab(4, "broken")
def test_broken(ponte: Ponte) -> None:
    """Closed one of two reading handles, and the other, and went on writing."""
    ponte.run("pipe", "broken").expect_pass()


@pytest.mark.lab(4, "end_wakes_all")
def test_end_wakes_all(ponte: Ponte) -> None:
    """Closed the last writing handle while eight readers waited; it was here, or a dying process's."""
    ponte.run("pipe_close", "end_wakes_all").expect_pass()


@pytest.mark.lab(4, "break_wakes_all")
def test_break_wakes_all(ponte: Ponte) -> None:
    """Closed the last reading handle while nine writers waited, one of them in a long write."""
    ponte.run("pipe_close", "break_wakes_all").expect_pass()


@pytest.mark.lab(4, "end_after_bytes")
def test_end_after_bytes(ponte: Ponte) -> None:
    """Wrote for the first two of eight waiting readers, and closed, before any of them could run."""
    ponte.run("pipe_close", "end_after_bytes", cpus=1).expect_pass()


@pytest.mark.lab(4, "in_flight")
def test_in_flight(ponte: Ponte) -> None:
    """Had either end's last handle in a message: on its way, received, destroyed with its queue."""
    ponte.run("pipe_close", "in_flight").expect_pass()


@pytest.mark.lab(4, "close_under_waiter")
def test_close_under_waiter(ponte: Ponte) -> None:
    """Closed an end's last handle under threads that read, or wrote, with it."""
    ponte.run("pipe_close", "close_under_waiter").expect_pass()


@pytest.mark.lab(4, "close_races")
def test_close_races(ponte: Ponte) -> None:
    """Closed thousands of pipes while another thread was somewhere in a read or a write."""
    for slice in SLICES:
        ponte.run("pipe_race", "close_and_read", cpus=1, slice=slice).expect_pass()
        ponte.run("pipe_race", "close_and_write", cpus=1, slice=slice).expect_pass()
        ponte.run("pipe_race", "close_while_writing", cpus=1, slice=slice).expect_pass()


@pytest.mark.lab(4, "process_death")
def test_process_death(ponte: Ponte) -> None:
    """Killed processes that waited for bytes or room, also just after these had come."""
    ponte.run("pipe_close", "kill_reader", cpus=1).expect_pass()
    ponte.run("pipe_close", "kill_writer", cpus=1).expect_pass()


@pytest.mark.lab(4, "report")
def test_report(ponte: Ponte) -> None:
    """Let a thread wait for bytes, or for room, that could never come, and read the dead-lock report."""
    for case, what in (("deadlock_read", "bytes in"), ("deadlock_write", "room in")):
        run = ponte.run("pipe_wait", case)
        run.expect(Outcome.DEADLOCK)
        assert f"waits for {what} {run.notes[0].replace(' ', ' #')}" in run.console


@pytest.mark.lab(4, "pipeline")
def test_pipeline(ponte: Ponte) -> None:
    """Put 300,000 bytes that the host chose through three processes, each with its own idea of sizes."""
    for cpus, exact in ((1, True), (4, False)):
        run = ponte.run("pipe_process", "pipeline", cpus=cpus, exact=exact)
        run.expect_pass()
        run.expect_answer("hash", fnv1a64(run.challenge.bytes(PIPELINE)))


@pytest.mark.lab(4, "many_writers")
def test_many_writers(ponte: Ponte) -> None:
    """Let four processes write 100 records each, on 1, 2 and 4 CPUs."""
    for cpus, exact in ((1, True), (2, False), (4, False)):
        run = ponte.run("pipe_process", "many_writers", cpus=cpus, exact=exact)
        run.expect_pass()
        for writer in range(WRITERS):
            challenge, data = Challenge(run.seed + writer), b""
            for _ in range(RECORDS):
                data += challenge.bytes(1 + challenge.below(RECORD_MOST))
            run.expect_answer(f"hash_{writer}", fnv1a64(data))


@pytest.mark.lab(4, "many_readers")
def test_many_readers(ponte: Ponte) -> None:
    """Let four processes read what one writes, and added up what each of them got."""
    for cpus in (2, 4):
        run = ponte.run("pipe_process", "many_readers", cpus=cpus, exact=False)
        run.expect_pass()
        # Each process tells its sum modulo MODULUS.
        run.expect_answer("sum", sum(run.challenge.bytes(PIPELINE)) % MODULUS)


@pytest.mark.lab(4, "transfer")
def test_transfer(ponte: Ponte) -> None:
    """Sent a writing end through a port to a process that was started without it."""
    ponte.run("pipe_process", "transfer").expect_pass()


@pytest.mark.lab(4, "no_leak")
def test_no_leak(ponte: Ponte) -> None:
    """Went through every success and every error twenty times, and compared the kernel's figures."""
    ponte.run("pipe_process", "no_leak").expect_pass()
