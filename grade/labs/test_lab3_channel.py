# SPDX-License-Identifier: MIT
"""Lab 3, channels. Each docstring tells a student what the test did; points are in labs/lab3-channel/lab.toml.

The races run as those of lab 2: on one CPU with counted instructions and short time slices, where each
window is hit in every run, and on two or four CPUs truly in parallel.
"""
from __future__ import annotations

import pytest

from grade.challenge import MASK, Challenge, fnv1a64
from grade.harness import Ponte

SIZES = [0, 1, 127, 128, 129, 255, 1900, 2048, 4096, 4097, 65535, 65536]  # as in user/test/channel.c
SLICES = [1000, 1700, 2500]  # ns: which of them hits a window depends on how long the code around it is
TURN = 100_000  # ns: FAIR_SLICE in user/test/channel_wait.c
CALLS, BUFFER = 200, 4096  # as in user/test/channel_call.c
ROUNDS, CLIENTS, EACH = 300, 8, 100  # as in user/test/channel_process.c


def words(values: list[int]) -> bytes:
    """64-bit words as they lie in memory."""
    return b"".join((value & MASK).to_bytes(8, "little") for value in values)


def race(ponte: Ponte, program: str, case: str) -> None:
    """Everywhere at once: short slices on one CPU, then two CPUs in parallel."""
    for slice in SLICES:
        ponte.run(program, case, cpus=1, slice=slice).expect_pass()
    ponte.run(program, case, cpus=2, exact=False).expect_pass()


@pytest.mark.lab(3, "create")
def test_create(ponte: Ponte) -> None:
    """Made a channel, looked at its two handles, and closed them."""
    ponte.run("channel", "create").expect_pass()


@pytest.mark.lab(3, "create_fails")
def test_create_fails(ponte: Ponte) -> None:
    """Made channels whose handles cannot be told, or have no slots, and compared the kernel's figures."""
    ponte.run("channel", "create_fails").expect_pass()


@pytest.mark.lab(3, "rights")
def test_rights(ponte: Ponte) -> None:
    """Tried to duplicate an end in every way, used ports and consoles as ends and ends as ports, moved one."""
    ponte.run("channel", "rights").expect_pass()


@pytest.mark.lab(3, "stale")
def test_stale(ponte: Ponte) -> None:
    """Used closed and forged handles for each call, also after another end had got the slot."""
    ponte.run("channel", "stale").expect_pass()


@pytest.mark.lab(3, "crossed")
def test_crossed(ponte: Ponte) -> None:
    """Sent at each end, and received at both; then filled both directions at once."""
    ponte.run("channel", "crossed").expect_pass()


@pytest.mark.lab(3, "capacity")
def test_capacity(ponte: Ponte) -> None:
    """Sent into each direction until it was full, by channel_send and by channel_call."""
    ponte.run("channel", "capacity").expect_pass()


@pytest.mark.lab(3, "fifo")
def test_fifo(ponte: Ponte) -> None:
    """Sent 64 numbers each way in an order that the host chose, through queues now full, now empty."""
    run = ponte.run("channel", "fifo")
    run.expect_pass()
    for way in range(2):
        run.expect_answer(f"order_{way}", Challenge(run.seed + way).permutation(64))


@pytest.mark.lab(3, "sizes")
def test_sizes(ponte: Ponte) -> None:
    """Queued twelve messages from 0 to 65536 bytes, wrote over the buffer, and received them."""
    run = ponte.run("channel", "sizes")
    run.expect_pass()
    for size in SIZES:
        run.expect_answer(f"hash_{size}", fnv1a64(run.challenge.bytes(size)))


@pytest.mark.lab(3, "refused")
def test_refused(ponte: Ponte) -> None:
    """Sent messages with eleven things wrong, with a good handle that must stay."""
    ponte.run("channel_errors", "refused").expect_pass()


@pytest.mark.lab(3, "stays_queued")
def test_stays_queued(ponte: Ponte) -> None:
    """Received with too little room, bad pointers and a full table; then properly."""
    ponte.run("channel_errors", "stays_queued").expect_pass()


@pytest.mark.lab(3, "limits")
def test_limits(ponte: Ponte) -> None:
    """Queued handles until 256 were under way, and messages and channels until memory was out."""
    ponte.run("channel_errors", "in_flight").expect_pass()
    ponte.run("channel_errors", "quota").expect_pass()


@pytest.mark.lab(3, "no_leak")
def test_no_leak(ponte: Ponte) -> None:
    """Went through every success and every error twenty times, and compared the kernel's figures."""
    ponte.run("channel_errors", "no_leak").expect_pass()


@pytest.mark.lab(3, "waits")
def test_waits(ponte: Ponte) -> None:
    """Let a thread wait for a message at each end, then one for room, and gave them what they waited for."""
    ponte.run("channel_wait", "waits").expect_pass()


@pytest.mark.lab(3, "deadlines")
def test_deadlines(ponte: Ponte) -> None:
    """Let receivers and senders give up, and sent messages within microseconds of a receiver's deadline."""
    ponte.run("channel_wait", "deadlines").expect_pass()
    for cpus in (1, 2):
        ponte.run("channel_race_move", "deadline", cpus=cpus).expect_pass()


@pytest.mark.lab(3, "in_turn")
def test_in_turn(ponte: Ponte) -> None:
    """Let four threads wait at one end for messages, then four for room, and tried to overtake them."""
    ponte.run("channel_wait", "in_turn").expect_pass()


@pytest.mark.lab(3, "lost_wakeup")
def test_lost_wakeup(ponte: Ponte) -> None:
    """Played 3000 rounds of question and answer between two threads, with pre-emption everywhere."""
    race(ponte, "channel_race", "lost_wakeup")


@pytest.mark.lab(3, "lost_room")
def test_lost_room(ponte: Ponte) -> None:
    """Sent 6000 messages through a channel now full, now empty, with pre-emption everywhere."""
    race(ponte, "channel_race", "lost_room")


@pytest.mark.lab(3, "hand_over")
def test_hand_over(ponte: Ponte) -> None:
    """On one CPU, sent to a thread that waits, and looked whether it had run when the call returned."""
    ponte.run("channel_wait", "hand_over", cpus=1).expect_pass()


@pytest.mark.lab(3, "fair")
def test_fair(ponte: Ponte) -> None:
    """On one CPU, let threads hand the CPU to each other without end, and a third measure how long it stood still."""
    ponte.run("channel_wait", "fair", cpus=1, slice=TURN).expect_pass()
    ponte.run("channel_wait", "fair_lender", cpus=1, slice=TURN).expect_pass()


@pytest.mark.lab(3, "peer_closed")
def test_peer_closed(ponte: Ponte) -> None:
    """Closed either end with a full queue on its way, and made every call at the other."""
    ponte.run("channel_close", "peer_closed").expect_pass()


@pytest.mark.lab(3, "close_destroys")
def test_close_destroys(ponte: Ponte) -> None:
    """Closed an end with another channel's ends queued in both directions, and asked those."""
    ponte.run("channel_close", "close_destroys").expect_pass()


@pytest.mark.lab(3, "close_wakes")
def test_close_wakes(ponte: Ponte) -> None:
    """Closed the peer of threads that waited for a message, for an answer and for room."""
    ponte.run("channel_close", "close_wakes").expect_pass()


@pytest.mark.lab(3, "own_end")
def test_own_end(ponte: Ponte) -> None:
    """Closed an end under threads that waited at it, and used its slot again at once."""
    ponte.run("channel_close", "own_end").expect_pass()


@pytest.mark.lab(3, "close_and_recv")
def test_close_and_recv(ponte: Ponte) -> None:
    """Closed 3000 ends, after a message or two, while a thread was somewhere in recv at the peer."""
    race(ponte, "channel_race", "close_and_recv")


@pytest.mark.lab(3, "close_and_send")
def test_close_and_send(ponte: Ponte) -> None:
    """Closed 3000 ends while a thread was somewhere in sending another channel's end to them."""
    race(ponte, "channel_race", "close_and_send")


@pytest.mark.lab(3, "both_close")
def test_both_close(ponte: Ponte) -> None:
    """Closed both ends of channels from two threads at once, or while a thread was copying a message; 3000 times."""
    race(ponte, "channel_race", "both_close")
    race(ponte, "channel_race", "close_under_copy")


@pytest.mark.lab(3, "nested")
def test_nested(ponte: Ponte) -> None:
    """Queued a channel's end in a channel in a channel, 200 deep; closed the outermost, or let its process end."""
    ponte.run("channel_close", "nested").expect_pass()


@pytest.mark.lab(3, "process_death")
def test_process_death(ponte: Ponte) -> None:
    """Killed processes that waited for a message, for room and for an answer."""
    ponte.run("channel_close", "process_death").expect_pass()


@pytest.mark.lab(3, "killed")
def test_killed(ponte: Ponte) -> None:
    """Killed one of two processes that called each other, 48 times, wherever it was."""
    ponte.run("channel_process", "killed", cpus=1, slice=SLICES[1]).expect_pass()
    ponte.run("channel_process", "killed", cpus=2, slice=SLICES[1]).expect_pass()
    ponte.run("channel_process", "killed", cpus=2, exact=False).expect_pass()


@pytest.mark.lab(3, "moved")
def test_moved(ponte: Ponte) -> None:
    """Moved an end under three threads that waited at it: through a channel, a port, to oneself, to a new process."""
    for case in ("by_channel", "by_loopback", "by_spawn"):
        ponte.run("channel_move", case).expect_pass()


@pytest.mark.lab(3, "with_its_queue")
def test_with_its_queue(ponte: Ponte) -> None:
    """Sent an end on through two channels unread, with messages before, between and after."""
    ponte.run("channel_move", "with_its_queue").expect_pass()


@pytest.mark.lab(3, "stays")
def test_stays(ponte: Ponte) -> None:
    """Tried in ten ways to send an end that could not go, while a thread waited at it."""
    ponte.run("channel_move", "stays").expect_pass()
    ponte.run("channel_move", "stays_late").expect_pass()


@pytest.mark.lab(3, "move_and_recv")
def test_move_and_recv(ponte: Ponte) -> None:
    """Moved 3000 ends while another thread was somewhere in recv at their old handles, then sent a message."""
    race(ponte, "channel_race_move", "recv")


@pytest.mark.lab(3, "move_and_send")
def test_move_and_send(ponte: Ponte) -> None:
    """Moved 3000 ends while another thread was somewhere in send at their old handles, with and without room."""
    race(ponte, "channel_race_move", "send")


@pytest.mark.lab(3, "storm")
def test_storm(ponte: Ponte) -> None:
    """Let six threads send, receive, call, move and close at random by the same few handles."""
    race(ponte, "channel_storm", "storm")
    ponte.run("channel_storm", "storm", cpus=4, exact=False).expect_pass()


@pytest.mark.lab(3, "cycle")
def test_cycle(ponte: Ponte) -> None:
    """Sent ends into their own queues: directly, both in one message, through another channel, through a port."""
    ponte.run("channel_cycle", "cycle").expect_pass()


@pytest.mark.lab(3, "no_cycle")
def test_no_cycle(ponte: Ponte) -> None:
    """Sent an end through itself, both ends through a third, siblings, and chains that are no rings."""
    ponte.run("channel_cycle", "no_cycle").expect_pass()


@pytest.mark.lab(3, "rings")
def test_rings(ponte: Ponte) -> None:
    """Built chains of 2, 5 and 30 channels, or channels and ports, tried to close each ring, and undid them."""
    ponte.run("channel_cycle", "rings").expect_pass()


@pytest.mark.lab(3, "halves")
def test_halves(ponte: Ponte) -> None:
    """Let two threads send one half of a ring each at the same time, 3000 times."""
    race(ponte, "channel_cycle", "halves")
    ponte.run("channel_cycle", "halves", cpus=4, exact=False).expect_pass()


@pytest.mark.lab(3, "call")
def test_call(ponte: Ponte) -> None:
    """Made 200 calls that another thread answered with calls, with up to 4096 bytes and two handles."""
    run = ponte.run("channel_call", "round_trips")
    run.expect_pass()
    data = b""
    for round in range(CALLS):
        size = run.challenge.below(200 if round % 4 else BUFFER)
        data += bytes((byte + 1) & 0xFF for byte in run.challenge.bytes(size))
    run.expect_answer("hash", fnv1a64(data))
    ponte.run("channel_call", "in_place").expect_pass()


@pytest.mark.lab(3, "call_unsent")
def test_call_unsent(ponte: Ponte) -> None:
    """Made calls with eleven things wrong with the question, while an answer was there already."""
    ponte.run("channel_call", "unsent").expect_pass()


@pytest.mark.lab(3, "call_sent")
def test_call_sent(ponte: Ponte) -> None:
    """Made calls whose answer did not come or could not be received, and looked where question and answer were."""
    ponte.run("channel_call", "sent").expect_pass()


@pytest.mark.lab(3, "call_ends")
def test_call_ends(ponte: Ponte) -> None:
    """Closed the peer, closed the end, and moved it, under a call that waited for its answer."""
    ponte.run("channel_call", "ends").expect_pass()


@pytest.mark.lab(3, "call_rounds")
def test_call_rounds(ponte: Ponte) -> None:
    """Made 6000 calls that a server answered with calls, with pre-emption everywhere."""
    race(ponte, "channel_race", "call_rounds")


@pytest.mark.lab(3, "pingpong")
def test_pingpong(ponte: Ponte) -> None:
    """Called another process 300 times, every second time with an end that moved there and back."""
    for cpus, exact in ((1, True), (4, False)):
        run = ponte.run("channel_process", "pingpong", cpus=cpus, exact=exact)
        run.expect_pass()
        data = b"".join(run.challenge.bytes(run.challenge.below(256)) for _ in range(ROUNDS))
        run.expect_answer("hash", fnv1a64(data))


@pytest.mark.lab(3, "many")
def test_many(ponte: Ponte) -> None:
    """Let eight processes call one at the same time, each by a channel of its own, on 2 and on 4 CPUs."""
    for cpus in (2, 4):
        run = ponte.run("channel_process", "many", cpus=cpus, exact=False)
        run.expect_pass()
        for client in range(CLIENTS):
            answers = [value * 5 + 1 for value in Challenge(run.seed + client).values(EACH)]
            run.expect_answer(f"hash_{client}", fnv1a64(words(answers)))


@pytest.mark.lab(3, "stream")
def test_stream(ponte: Ponte) -> None:
    """Let a process send 300 ends of new channels, each with a word in its queue, faster than they were received."""
    for cpus, exact in ((2, True), (4, False)):
        run = ponte.run("channel_process", "stream", cpus=cpus, exact=exact)
        run.expect_pass()
        run.expect_answer("hash", fnv1a64(words(Challenge(run.seed).values(3 * EACH))))
