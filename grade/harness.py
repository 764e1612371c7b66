# SPDX-License-Identifier: MIT
"""What a test writes: `run = ponte.run("port", "fifo")`, then what it expects of the run.

Ponte is the fixture: it starts one fresh machine per run. Run is what came of it. GradeFailure
carries a verdict to the plugin (grade/conftest.py), which turns it into a text that teaches.
"""
from __future__ import annotations

import re
import secrets
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from grade import ktap, qemu
from grade.challenge import MASK, Challenge
from grade.outcome import Ending, Outcome, Verdict, judge

EXACT_BUDGET = 5_000  # guest milliseconds; an instruction is a nanosecond
PARALLEL_BUDGET = 20_000  # here guest time is the host's
BOOT_SECONDS = 30.0  # wall clock, for starting QEMU on a very busy host
SECONDS_PER_BUDGET = {True: 12.0, False: 4.0}  # by exact: wall-clock seconds per guest second

NUMBER = r"-?(?:0x[0-9a-fA-F]+|\d+)"


class GradeFailure(AssertionError):
    """A test does not pass; `verdict` says how and why."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.reason)
        self.verdict = verdict


def parse_answer(text: str) -> int | list[int] | str:
    """A number ("7", "0xff"), a list of them ("2,0,1"; "" is the empty one), else the text itself."""
    if re.fullmatch(NUMBER, text):
        return int(text, 0) if "x" in text else int(text)
    if re.fullmatch(rf"({NUMBER}([ ,]+{NUMBER})*[ ,]?)?", text):
        return [parse_answer(part) for part in re.findall(NUMBER, text)]  # type: ignore[misc]
    return text


def first_difference(expected: object, got: object) -> str | None:
    """Where two lists or texts first differ, in words; None if that says nothing new."""
    if isinstance(expected, (list, str)) and isinstance(got, type(expected)):
        unit = "item" if isinstance(expected, list) else "character"
        for i, (want, have) in enumerate(zip(expected, got)):
            if want != have:
                return f"at {unit} {i}: expected {want!r}, got {have!r}"
        if len(expected) != len(got):
            return f"in length: {len(expected)} {unit}s expected, {len(got)} came"
    return None


@dataclass
class Run:
    """One run of one program in one machine."""

    program: str  # "test/port"
    arguments: list[str]  # the case and what follows it
    seed: int
    cpus: int
    exact: bool
    slice: int | None
    directory: Path  # console.log, results.log, command
    ending: Ending
    transcript: ktap.Transcript
    console_bytes: bytes
    verdict: Verdict
    challenge: Challenge = field(init=False)
    judged: bool = field(default=False, init=False)  # a test must say what it expects
    compared: list[tuple[str, object, object]] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.challenge = Challenge(self.seed)

    @property
    def outcome(self) -> Outcome:
        """How the run ended. Reading it judges nothing: use expect()."""
        return self.verdict.outcome

    @property
    def console(self) -> str:
        """What the console showed, for people and for tests of reports; never for passing."""
        return self.console_bytes.decode("utf-8", "replace").replace("\r\n", "\n")

    @property
    def notes(self) -> list[str]:
        """The `# note` lines."""
        return self.transcript.notes

    def expect(self, outcome: Outcome) -> Run:
        """The run must have ended in exactly this way."""
        self.judged = True
        if self.outcome is outcome:
            return self
        if outcome is Outcome.PASS or self.outcome is Outcome.INFRASTRUCTURE:
            raise GradeFailure(self.verdict)
        raise GradeFailure(Verdict(
            Outcome.FAIL,
            f'expected the outcome "{outcome}", got "{self.outcome}": {self.verdict.reason}'))

    def expect_pass(self) -> Run:
        """Exit status, plan and every check must be as they should."""
        return self.expect(Outcome.PASS)

    def answer(self, key: str) -> int | list[int] | str:
        """What the program answered to `key`, see parse_answer(). The run must have passed."""
        self.expect_pass()
        if key not in self.transcript.answers:
            raise GradeFailure(Verdict(Outcome.FAIL, f'the program gave no answer "{key}"'))
        return parse_answer(self.transcript.answers[key])

    def expect_answer(self, key: str, expected: int | list[int] | str) -> None:
        """The answer to `key` must be what the host worked out; the run must have passed."""
        got = self.answer(key)
        if got != expected:
            self.compared.append((key, expected, got))
            raise GradeFailure(Verdict(Outcome.FAIL, f'the answer "{key}" is wrong'))


@dataclass
class Ponte:
    """The fixture `ponte`: what all runs of one test share.

    machine    QEMU, image and archive; the defaults for CPUs and memory
    directory  the test's own; run k > 0 gets a directory beside it, named ".k"
    seed       of the first run; the others' follow from it
    scale      stretches the wall-clock limits (TIMEOUT_SCALE)
    """

    machine: qemu.Machine
    directory: Path
    seed: int
    scale: float = 1.0
    runs: list[Run] = field(default_factory=list)

    def run(self, program: str, case: str | None = None, *, args: Iterable[object] = (),
            cpus: int | None = None, memory: str | None = None, exact: bool = True,
            slice: int | None = None, budget: int | None = None, seed: int | None = None) -> Run:
        """Boots a fresh machine, runs `test/PROGRAM CASE ARGS...` in it and waits for its end.

        program  "port" means test/port; with a slash it is taken as it is
        args     further arguments; no blanks in them
        cpus     instead of CPUS; memory instead of MEM ("64M")
        exact    count instructions: the run is the same every time, at any number of CPUs and on a busy
                 host. False: real parallelism, for stress; then only the result is certain
        slice    time slices of at most so many nanoseconds, pseudo-random by the seed: with
                 exact=True, races that can be found again
        budget   guest milliseconds until the kernel ends the run
        seed     instead of one that the host chooses
        """
        index = len(self.runs)
        directory = self.directory if index == 0 else Path(f"{self.directory}.{index + 1}")
        directory.mkdir(parents=True, exist_ok=True)
        if seed is None:
            seed = self.seed if index == 0 else Challenge(self.seed + index).next()
        seed &= MASK
        if budget is None:
            budget = EXACT_BUDGET if exact else int(PARALLEL_BUDGET * max(1.0, self.scale))
        words = [program if "/" in program else f"test/{program}"]
        words += [case] if case is not None else []
        words += [str(argument) for argument in args]
        if any(not word or any(c in " \t\n\"" for c in word) for word in words):
            raise ValueError(f"the kernel's command line cannot carry these words: {words}")
        machine = replace(self.machine, exact=exact, cpus=cpus or self.machine.cpus,
                          memory=memory or self.machine.memory)
        append = f"seed={seed:#x} budget={budget} input=none "
        append += (f"slice={slice} " if slice is not None else "") + "-- " + " ".join(words)
        limit = (BOOT_SECONDS + budget / 1000 * SECONDS_PER_BUDGET[exact]) * self.scale
        ending, results, console = _execute(machine, append, directory, limit)
        transcript = ktap.parse(results)
        run = Run(words[0], words[1:], seed, machine.cpus, exact, slice, directory, ending,
                  transcript, console, judge(ending, transcript, bool(console or results)))
        self.runs.append(run)
        return run


def _execute(machine: qemu.Machine, append: str, directory: Path,
             limit: float) -> tuple[Ending, bytes, bytes]:
    """Runs it; how it ended, the results line and the console."""
    for name in ("console.log", "results.log"):
        (directory / name).write_bytes(b"")
    command = machine.command(append, "console.log", "results.log")
    (directory / "command").write_text(shlex.join(command) + "\n")
    trouble = None if machine.kernel.is_file() else f"{machine.kernel} is missing: run `make` first"
    ending = Ending(problem=trouble) if trouble else qemu.execute(command, directory, limit)
    return (ending, (directory / "results.log").read_bytes(),
            (directory / "console.log").read_bytes())


def choose_seed(wanted: str | None) -> int:
    """The seed `wanted` (PONTE_SEED, any base), else a fresh one. ValueError if it is no number."""
    if wanted:
        return int(wanted, 0) & MASK
    return secrets.randbits(64) or 1
