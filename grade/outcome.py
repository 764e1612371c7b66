# SPDX-License-Identifier: MIT
"""How a run ended. QEMU's exit status tells the cases apart; text never does."""
from __future__ import annotations

import enum
import signal
from dataclasses import dataclass

from grade.ktap import Transcript


class Outcome(str, enum.Enum):
    """What is said about a test, and what it is worth: only PASS earns points."""

    PASS = "pass"
    FAIL = "fail"
    NOT_ATTEMPTED = "not attempted"
    PANIC = "panic"
    DEADLOCK = "dead-lock"
    TIMEOUT = "time-out"
    TRIPLE_FAULT = "triple fault"
    GUEST_FAULT = "guest fault"
    INFRASTRUCTURE = "infrastructure"

    def __str__(self) -> str:
        return self.value


# kernel/abi/system.h: isa-debug-exit turns code v into status 2v + 1.
STATUS_PASS = 33
STATUSES = {
    0: (Outcome.TRIPLE_FAULT, "the processor reset itself: an exception while handling an exception"),
    STATUS_PASS: (Outcome.PASS, "every check passed"),
    35: (Outcome.FAIL, "the test program said that it failed"),
    37: (Outcome.PANIC, "the kernel panicked"),
    39: (Outcome.DEADLOCK, "no thread could ever run again"),
    41: (Outcome.TIMEOUT, "the guest-time budget was used up"),
    43: (Outcome.GUEST_FAULT, "the test program was killed by a fault of its own"),
    45: (Outcome.INFRASTRUCTURE, "the run could not be set up inside the machine"),
}


@dataclass(frozen=True)
class Ending:
    """How QEMU ended."""

    status: int | None = None  # its exit status
    signal: int | None = None  # or the signal that killed it
    watchdog: float | None = None  # or the seconds after which the wall-clock watchdog did
    starved: bool = False  # with the watchdog: the host hardly let QEMU run
    problem: str | None = None  # or why it never started
    stderr: str = ""


@dataclass(frozen=True)
class Verdict:
    """An outcome and one line that says why."""

    outcome: Outcome
    reason: str


def ended(ending: Ending, heard: bool = True) -> Verdict:
    """What the exit status alone says; `heard`: at least one byte came out of the machine."""
    infra = Outcome.INFRASTRUCTURE
    if ending.problem:
        return Verdict(infra, ending.problem)
    if ending.watchdog is not None:
        after = f"in {ending.watchdog:.0f} s by the host's clock"
        if not heard:
            return Verdict(infra, f"QEMU ran, but the machine did not say a word {after}")
        if ending.starved:
            return Verdict(infra, f"the host was too busy to run QEMU: not done {after}")
        return Verdict(Outcome.TIMEOUT, f"no end {after}: the kernel does not even see its own "
                       "time budget, perhaps it spins with interrupts off")
    if ending.signal is not None:
        if ending.signal == signal.SIGXFSZ:
            return Verdict(Outcome.FAIL, "it wrote more than a run may write")
        return Verdict(infra, f"QEMU was killed by signal {ending.signal}")
    status = ending.status if ending.status is not None else -1
    if status in STATUSES:
        return Verdict(*STATUSES[status])
    if status > 1 and status % 2 == 1 and not ending.stderr:
        return Verdict(Outcome.FAIL, f"the guest ended the run with unknown code {status // 2:#x}")
    said = ending.stderr.strip().splitlines()
    return Verdict(infra, f"QEMU gave up with status {status}" + (f": {said[-1]}" if said else ""))


def judge(ending: Ending, transcript: Transcript, heard: bool) -> Verdict:
    """The verdict on a graded run.

    ending      how QEMU ended
    transcript  what came over the results line
    heard       at least one byte came out of the machine, on either line
    """
    verdict = ended(ending, heard)
    if verdict.outcome is Outcome.INFRASTRUCTURE:
        return verdict
    if transcript.todo:
        names = ", ".join(dict.fromkeys(transcript.todo))
        then = "" if verdict.outcome in (Outcome.PASS, Outcome.FAIL) else f"; then {verdict.reason}"
        return Verdict(Outcome.NOT_ATTEMPTED, f"still to do: {names}{then}")
    if verdict.outcome in (Outcome.PASS, Outcome.FAIL):
        if transcript.failed:
            bad, left = len(transcript.failed), (transcript.plan or 0) - len(transcript.checks)
            rest = f"; {left} more were not reached" if left > 0 else ""
            return Verdict(Outcome.FAIL, f"{bad} of {transcript.plan} checks failed{rest}")
        if transcript.problem:
            return Verdict(Outcome.FAIL, f"bad transcript: {transcript.problem}")
    return verdict
