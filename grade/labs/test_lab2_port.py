# SPDX-License-Identifier: MIT
"""Lab 2, ports. Each docstring tells a student what the test did; points are in labs/lab2-port/lab.toml.

The races run on one CPU with counted instructions and short time slices: the kernel pre-empts
the running thread thousands of times, wherever no spinlock is held. So a window of a few
instructions is hit in every run and not once a week; who loses a wake-up shows as a dead-lock.
"""
from __future__ import annotations

import pytest

from grade.challenge import Challenge, fnv1a64
from grade.harness import Ponte

SIZES = [1, 63, 64, 65, 4095, 4096, 4097, 65535, 65536]
SLICE = 2000  # ns
SLICES = [1000, 1700, 2500]  # which of them hits a window depends on how long the code around it is
SENDERS, EACH = 4, 200  # as in user/test/port_process.c
ROUNDS = 300


@pytest.mark.lab(2, "create")
def test_create(ponte: Ponte) -> None:
    """Made ports for 0, 1025, 2^32 + 1 and 2^64 - 1 messages, and for 1, 2 and 1024."""
    ponte.run("port", "create").expect_pass()


@pytest.mark.lab(2, "rights")
def test_rights(ponte: Ponte) -> None:
    """Used handles that have only SEND, only MANAGE, or only the common rights for each call."""
    ponte.run("port", "rights").expect_pass()


@pytest.mark.lab(2, "receive_unique")
def test_receive_unique(ponte: Ponte) -> None:
    """Tried to duplicate RECEIVE in every way, then moved it in a message and received with it."""
    ponte.run("port", "receive_unique").expect_pass()


@pytest.mark.lab(2, "stale")
def test_stale(ponte: Ponte) -> None:
    """Used closed and forged handles and a process's, also after another port had got the slot."""
    ponte.run("port", "stale").expect_pass()


@pytest.mark.lab(2, "send_wakes")
def test_send_wakes(ponte: Ponte) -> None:
    """Let a thread wait in port_recv, then sent a message. Without a wake-up nobody can run."""
    ponte.run("port_wait", "send_wakes").expect_pass()


@pytest.mark.lab(2, "capacity")
def test_capacity(ponte: Ponte) -> None:
    """Filled ports of capacity 1, 2 and 1024, sent one message too many, and closed them."""
    ponte.run("port", "capacity").expect_pass()


@pytest.mark.lab(2, "queue_full")
def test_queue_full(ponte: Ponte) -> None:
    """Filled ports of capacity 1, 2 and 1024, made room, and sent a message with a handle to a full one."""
    ponte.run("port", "room_again").expect_pass()
    ponte.run("port", "queue_full").expect_pass()


@pytest.mark.lab(2, "send_errors")
def test_send_errors(ponte: Ponte) -> None:
    """Sent messages with nine things wrong, each with a good handle that must stay."""
    ponte.run("port", "send_errors").expect_pass()


@pytest.mark.lab(2, "send_waits")
def test_send_waits(ponte: Ponte) -> None:
    """Let a sender with a deadline wait at a full port, then received; then let one time out."""
    ponte.run("port_wait", "send_waits").expect_pass()


@pytest.mark.lab(2, "senders_fifo")
def test_senders_fifo(ponte: Ponte) -> None:
    """Let eight senders wait at a full port one after the other, then received their messages."""
    ponte.run("port_wait", "senders_fifo").expect_pass()


@pytest.mark.lab(2, "lost_room")
def test_lost_room(ponte: Ponte) -> None:
    """Sent 4000 messages through a queue of one, both sides waiting, with pre-emption everywhere."""
    for slice in SLICES:
        ponte.run("port_race", "lost_room", cpus=1, slice=slice).expect_pass()


@pytest.mark.lab(2, "cycle")
def test_cycle(ponte: Ponte) -> None:
    """Sent a port's receive side into its own queue: directly, round two ports and round five."""
    ponte.run("port_life", "cycle").expect_pass()


@pytest.mark.lab(2, "limits")
def test_limits(ponte: Ponte) -> None:
    """Queued handles until 256 were under way, and 64 KiB messages until memory was out."""
    ponte.run("port_life", "in_flight").expect_pass()
    ponte.run("port_life", "quota").expect_pass()


@pytest.mark.lab(2, "fifo")
def test_fifo(ponte: Ponte) -> None:
    """Sent 64 numbers in an order that the host chose, through a queue now full, now empty."""
    run = ponte.run("port", "fifo")
    run.expect_pass()
    run.expect_answer("order", run.challenge.permutation(64))


@pytest.mark.lab(2, "round_trip")
def test_round_trip(ponte: Ponte) -> None:
    """Queued nine messages from 1 to 65536 bytes, wrote over the buffer, and received them."""
    run = ponte.run("port", "round_trip")
    run.expect_pass()
    for size in SIZES:
        run.expect_answer(f"hash_{size}", fnv1a64(run.challenge.bytes(size)))


@pytest.mark.lab(2, "empty")
def test_empty(ponte: Ponte) -> None:
    """Received from an empty port without waiting, by either call, and again when it had messages."""
    ponte.run("port", "empty").expect_pass()


@pytest.mark.lab(2, "stays_queued")
def test_stays_queued(ponte: Ponte) -> None:
    """Received with too little room, bad pointers and a full table; then properly."""
    ponte.run("port", "stays_queued").expect_pass()


@pytest.mark.lab(2, "recv_timeout")
def test_recv_timeout(ponte: Ponte) -> None:
    """Let receivers time out, and sent a message when the first of two had given up."""
    ponte.run("port_wait", "recv_timeout").expect_pass()


@pytest.mark.lab(2, "receivers_fifo")
def test_receivers_fifo(ponte: Ponte) -> None:
    """Let eight receivers wait one after the other, sent eight messages, and tried to overtake one."""
    ponte.run("port_wait", "receivers_fifo").expect_pass()


@pytest.mark.lab(2, "timeout_race")
def test_timeout_race(ponte: Ponte) -> None:
    """Sent a message within microseconds of the deadline of the first of two waiters, 250 times."""
    ponte.run("port_race", "timeout_race", cpus=1).expect_pass()
    ponte.run("port_race", "timeout_race", cpus=2).expect_pass()


@pytest.mark.lab(2, "lost_wakeup")
def test_lost_wakeup(ponte: Ponte) -> None:
    """Played 4000 rounds of question and answer between two threads, with pre-emption everywhere."""
    for slice in SLICES:
        ponte.run("port_race", "lost_wakeup", cpus=1, slice=slice).expect_pass()


@pytest.mark.lab(2, "crowd")
def test_crowd(ponte: Ponte) -> None:
    """Let three threads send to three that receive, through a queue of two, with pre-emption everywhere."""
    ponte.run("port_race", "crowd", cpus=1, slice=SLICE).expect_pass()
    ponte.run("port_race", "crowd", cpus=4).expect_pass()


@pytest.mark.lab(2, "close_destroys")
def test_close_destroys(ponte: Ponte) -> None:
    """Closed a port in whose queue other ports' handles were waiting, and asked those ports."""
    ponte.run("port_life", "close_destroys").expect_pass()


@pytest.mark.lab(2, "close_wakes")
def test_close_wakes(ponte: Ponte) -> None:
    """Closed a port at which eight receivers waited, and one at which eight senders did."""
    ponte.run("port_wait", "close_wakes_receivers").expect_pass()
    ponte.run("port_wait", "close_wakes_senders").expect_pass()


@pytest.mark.lab(2, "close_and_recv")
def test_close_and_recv(ponte: Ponte) -> None:
    """Closed 6000 ports while another thread was somewhere in port_recv, with pre-emption everywhere."""
    for slice in SLICES:
        ponte.run("port_race", "close_and_recv", cpus=1, slice=slice).expect_pass()


@pytest.mark.lab(2, "close_and_send")
def test_close_and_send(ponte: Ponte) -> None:
    """Closed 6000 ports while another thread was somewhere in port_send, with pre-emption everywhere."""
    for slice in SLICES:
        ponte.run("port_race", "close_and_send", cpus=1, slice=slice).expect_pass()


@pytest.mark.lab(2, "last_receive")
def test_last_receive(ponte: Ponte) -> None:
    """Moved RECEIVE about, and closed its last handle, also under a thread that waited on it."""
    ponte.run("port_life", "last_receive").expect_pass()
    ponte.run("port_life", "close_under_waiter").expect_pass()
    ponte.run("port_life", "move_under_waiter").expect_pass()


@pytest.mark.lab(2, "process_death")
def test_process_death(ponte: Ponte) -> None:
    """Killed processes that waited for a message or for room, and let one end by itself."""
    ponte.run("port_wait", "kill_receiver").expect_pass()
    ponte.run("port_wait", "kill_sender").expect_pass()
    ponte.run("port_wait", "receiver_dies").expect_pass()


@pytest.mark.lab(2, "nested")
def test_nested(ponte: Ponte) -> None:
    """Queued a port in a port in a port, 200 deep; closed the outermost, or let its process end."""
    ponte.run("port_life", "nested").expect_pass()


@pytest.mark.lab(2, "pingpong")
def test_pingpong(ponte: Ponte) -> None:
    """Sent 300 messages to another process and back, every second one with a handle."""
    for cpus, exact in ((1, True), (4, False)):
        run = ponte.run("port_process", "pingpong", cpus=cpus, exact=exact)
        run.expect_pass()
        data = b"".join(run.challenge.bytes(run.challenge.below(256)) for _ in range(ROUNDS))
        run.expect_answer("hash", fnv1a64(data))


@pytest.mark.lab(2, "many_senders")
def test_many_senders(ponte: Ponte) -> None:
    """Let four processes send 200 messages each to one, on 2 and on 4 CPUs truly in parallel."""
    for cpus in (2, 4):
        run = ponte.run("port_process", "many_senders", cpus=cpus, exact=False)
        run.expect_pass()
        for sender in range(SENDERS):
            values = Challenge(run.seed + sender).values(EACH)
            data = b"".join(value.to_bytes(8, "little") for value in values)
            run.expect_answer(f"hash_{sender}", fnv1a64(data))


@pytest.mark.lab(2, "introduction")
def test_introduction(ponte: Ponte) -> None:
    """Let two processes that know nothing of each other meet through handles passed by a third."""
    ponte.run("port_process", "introduction").expect_pass()


@pytest.mark.lab(2, "no_leak")
def test_no_leak(ponte: Ponte) -> None:
    """Went through every success and every error twenty times, and compared the kernel's figures."""
    ponte.run("port_life", "no_leak").expect_pass()
