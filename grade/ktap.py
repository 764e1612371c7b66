# SPDX-License-Identifier: MIT
"""The results line of a graded run: parsed strictly, for whatever is odd about it fails the test.

    KTAP version 1
    1..2
    ok 1 user/test/port.c:40 a message can be sent
    not ok 2 user/test/port.c:44 the queue is full
    # expected ERR_QUEUE_FULL       (for bytes, "# first difference ..." before it)
    # got OK
    # answer order=2,0,1
    # note three senders
    # end 2

`# todo port.2` comes from the kernel when an exercise's stub runs, so it may stand between any two
lines. Everything else has its place. Only printable ASCII and line feeds are allowed.
"""
from __future__ import annotations

import re
from dataclasses import dataclass, field

MAX_BYTES = 4 << 20
MAX_CHECKS = 100_000

NUMBER = r"(0|[1-9][0-9]{0,8})"
HEADER = "KTAP version 1"
PLAN = re.compile(rf"1\.\.{NUMBER}")
CHECK = re.compile(rf"(ok|not ok) {NUMBER} ([A-Za-z0-9_./+-]+:[0-9]+) (\S.*)")
DIAGNOSTIC = re.compile(r"# (expected|got|first difference) ?(.*)")
ANSWER = re.compile(r"# answer ([A-Za-z_][A-Za-z0-9_.-]*)=(.*)")
NOTE = re.compile(r"# note ?(.*)")
TODO = re.compile(r"# todo (\S+)")
END = re.compile(rf"# end {NUMBER}")
FOREIGN = re.compile(rb"[^\x20-\x7e\n]")


@dataclass
class Check:
    """One line of the plan. The rest are its diagnostics, if it failed."""

    number: int
    passed: bool
    where: str
    text: str
    expected: list[str] = field(default_factory=list)
    got: list[str] = field(default_factory=list)
    difference: str | None = None


@dataclass
class Transcript:
    """What a run wrote. It counts only if `problem` is None."""

    plan: int | None = None
    checks: list[Check] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    todo: list[str] = field(default_factory=list)
    ended: bool = False
    problem: str | None = None  # the first thing that is wrong

    @property
    def failed(self) -> list[Check]:
        """The checks that did not pass."""
        return [check for check in self.checks if not check.passed]


class Malformed(Exception):
    """A line that may not stand where it stands."""


class _Parser:
    """Takes one line after the other; `expect` is the method for the next one."""

    def __init__(self, transcript: Transcript) -> None:
        self.t = transcript
        self.expect = self.header
        self.seen_header = False

    def header(self, line: str) -> None:
        if line != HEADER:
            raise Malformed(f'it must begin with "{HEADER}"')
        self.seen_header = True
        self.expect = self.plan

    def plan(self, line: str) -> None:
        match = PLAN.fullmatch(line)
        if not match:
            raise Malformed("the plan (1..N) is missing")
        self.t.plan = int(match[1])
        if not 1 <= self.t.plan <= MAX_CHECKS:
            raise Malformed(f"the plan must be 1 to {MAX_CHECKS} checks")
        self.expect = self.body

    def body(self, line: str) -> None:
        if match := CHECK.fullmatch(line):
            self.check(match)
        elif match := DIAGNOSTIC.fullmatch(line):
            self.diagnostic(match)
        elif match := ANSWER.fullmatch(line):
            if match[1] in self.t.answers:
                raise Malformed(f'the answer "{match[1]}" is given twice')
            self.t.answers[match[1]] = match[2]
        elif match := NOTE.fullmatch(line):
            self.t.notes.append(match[1])
        elif match := END.fullmatch(line):
            self.end(int(match[1]))
        else:
            raise Malformed("no such line belongs here")

    def check(self, match: re.Match[str]) -> None:
        number, due = int(match[2]), len(self.t.checks) + 1
        if number != due:
            raise Malformed(f"check {due} was due, this is {number}")
        if number > (self.t.plan or 0):
            raise Malformed(f"more checks than the {self.t.plan} of the plan")
        self.t.checks.append(Check(number, match[1] == "ok", match[3], match[4]))

    def diagnostic(self, match: re.Match[str]) -> None:
        if not self.t.checks or self.t.checks[-1].passed:
            raise Malformed("it explains a failure, and no failed check stands before it")
        last = self.t.checks[-1]
        if match[1] == "first difference":
            last.difference = match[2]
        else:
            (last.expected if match[1] == "expected" else last.got).append(match[2])

    def end(self, number: int) -> None:
        if number != len(self.t.checks) or number != self.t.plan:
            raise Malformed(
                f"{self.t.plan} checks planned, {len(self.t.checks)} made, {number} claimed")
        self.t.ended = True
        self.expect = self.after

    def after(self, line: str) -> None:
        raise Malformed("nothing may follow the end")

    def missing(self) -> str | None:
        """What is missing if nothing more comes."""
        if not self.seen_header:
            return "it is empty: the test program wrote no results"
        if self.t.plan is None:
            return "it ends before the plan (1..N)"
        if not self.t.ended:
            return f"it ends after {len(self.t.checks)} of {self.t.plan} checks, without an end line"
        return None


def show(text: str, limit: int = 160) -> str:
    """`text` fit for a terminal: no control characters, not too long."""
    clean = "".join(c if " " <= c <= "~" else f"\\x{ord(c):02x}" for c in text)
    return clean if len(clean) <= limit else clean[:limit] + " ..."


def parse(data: bytes) -> Transcript:
    """The transcript in `data`. Never raises: what is wrong stands in `problem`."""
    transcript = Transcript()
    parser = _Parser(transcript)
    lines = data[:MAX_BYTES].decode("latin-1").split("\n")
    unfinished = lines.pop()
    for number, line in enumerate(lines, 1):
        if match := TODO.fullmatch(line):
            transcript.todo.append(match[1])
            continue
        if transcript.problem:
            continue  # only stubs are of interest from here on
        try:
            if FOREIGN.search(line.encode("latin-1")):
                raise Malformed("a character that is no printable ASCII")
            parser.expect(line)
        except Malformed as odd:
            transcript.problem = f'line {number}, "{show(line)}": {odd}'
    if transcript.problem is None and len(data) > MAX_BYTES:
        transcript.problem = f"longer than {MAX_BYTES} bytes"
    if transcript.problem is None and unfinished:
        transcript.problem = f'the last line, "{show(unfinished)}", is cut short'
    if transcript.problem is None:
        transcript.problem = parser.missing()
    return transcript
