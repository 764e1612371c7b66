# SPDX-License-Identifier: MIT
"""The parser: what is whole passes through, and every doctored transcript has a problem."""
from __future__ import annotations

import random

import pytest

from grade.ktap import MAX_BYTES, parse
from grade.tests.conftest import GOOD


def test_good() -> None:
    transcript = parse(GOOD.encode())
    assert transcript.problem is None
    assert [check.where for check in transcript.checks] == ["user/test/t.c:10", "user/test/t.c:12"]
    assert not transcript.failed


def test_everything_allowed() -> None:
    transcript = parse(
        b"# todo port.2\nKTAP version 1\n1..1\n# note hello\nnot ok 1 a.c:1 it = is # odd\n"
        b"# first difference at 3\n# expected 1\n# got 2\n# answer order=1,0\n# answer empty=\n# end 1\n# todo port.3\n")
    assert transcript.problem is None
    assert transcript.todo == ["port.2", "port.3"]
    assert transcript.answers == {"order": "1,0", "empty": ""}
    assert transcript.failed[0].expected == ["1"] and transcript.failed[0].got == ["2"]


DOCTORED = {
    "empty": "",
    "only a newline": "\n",
    "no header": GOOD.replace("KTAP version 1\n", ""),
    "other header": GOOD.replace("KTAP version 1", "TAP version 13"),
    "no plan": GOOD.replace("1..2\n", ""),
    "plan twice": GOOD.replace("1..2\n", "1..2\n1..2\n"),
    "plan of zero": "KTAP version 1\n1..0\n# end 0\n",
    "plan with a leading zero": GOOD.replace("1..2", "1..02"),
    "plan too big": GOOD.replace("1..2", "1..3"),
    "plan too small": GOOD.replace("1..2", "1..1"),
    "a huge plan": GOOD.replace("1..2", "1..999999999"),
    "no end": GOOD.replace("# end 2\n", ""),
    "wrong end": GOOD.replace("# end 2", "# end 1"),
    "end twice": GOOD + "# end 2\n",
    "end too early": GOOD.replace("1..2\n", "1..2\n# end 2\n"),
    "truncated in a line": GOOD[:-20],
    "truncated before the last newline": GOOD[:-1],
    "truncated after a line": GOOD[:GOOD.index("ok 2")],
    "reordered": "KTAP version 1\n1..2\nok 2 a.c:2 second\nok 1 a.c:1 first\n# end 2\n",
    "duplicate": GOOD.replace("ok 2", "ok 1 user/test/t.c:10 first\nok 2"),
    "a line missing": GOOD.replace("ok 1 user/test/t.c:10 first\n", ""),
    "an extra check": GOOD.replace("# end", "ok 3 a.c:3 third\n# end"),
    "a line after the end": GOOD + "ok 3 a.c:1 third\n",
    "a blank line after the end": GOOD + "\n",
    "an unfinished line after the end": GOOD + "o",
    "a second run after the end": GOOD + GOOD,
    "text between": GOOD.replace("ok 2", "hello\nok 2"),
    "an unknown comment": GOOD.replace("ok 2", "# hello\nok 2"),
    "a blank line": GOOD.replace("ok 2", "\nok 2"),
    "no place": GOOD.replace("user/test/t.c:12 ", ""),
    "no description": GOOD.replace(" second", ""),
    "leading blank": GOOD.replace("ok 2", " ok 2"),
    "two blanks": GOOD.replace("ok 2", "ok  2"),
    "upper case": GOOD.replace("ok 2", "OK 2"),
    "expected without a failure": GOOD.replace("# end", "# expected 1\n# end"),
    "answer twice": GOOD.replace("# end", "# answer a=1\n# answer a=2\n# end"),
    "answer without a key": GOOD.replace("# end", "# answer =1\n# end"),
    "skip": GOOD.replace("ok 2", "skip 2"),
    "CR LF": GOOD.replace("\n", "\r\n"),
    "one CR": GOOD.replace("second\n", "second\r\n"),
    "CR only": GOOD.replace("\n", "\r"),
    "a CR that hides a line": GOOD.replace("ok 2", "not ok 2 a.c:1 x\rok 2"),
    "NUL": GOOD.replace("second", "sec\0ond"),
    "NULs at the end": GOOD + "\0\0",
    "escape": GOOD.replace("second", "sec\x1b[2Aond"),
    "not ASCII": GOOD.replace("second", "s\xe9cond"),
    "tab": GOOD.replace("ok 2", "ok\t2"),
    "form feed for a newline": GOOD.replace("first\n", "first\x0c"),
    "next-line for a newline": GOOD.replace("first\n", "first\x85"),
}


@pytest.mark.parametrize("text", DOCTORED.values(), ids=DOCTORED.keys())
def test_doctored(text: str) -> None:
    assert parse(text.encode("latin-1")).problem is not None


def test_too_long() -> None:
    assert parse(GOOD.encode() + b"x" * MAX_BYTES).problem is not None


def test_garbage_never_raises_and_never_passes() -> None:
    chance = random.Random(1)
    for _ in range(300):
        assert parse(chance.randbytes(chance.randrange(200))).problem is not None


def test_every_truncation_has_a_problem() -> None:
    data = GOOD.encode()
    for length in range(len(data)):
        assert parse(data[:length]).problem is not None, length


def test_every_lost_or_doubled_line_has_a_problem() -> None:
    lines = GOOD.splitlines(keepends=True)
    for i in range(len(lines)):
        assert parse("".join(lines[:i] + lines[i + 1:]).encode()).problem is not None
        assert parse("".join(lines[:i + 1] + lines[i:]).encode()).problem is not None


def test_problem_names_the_line() -> None:
    problem = parse(GOOD.replace("ok 2", "ok 7").encode()).problem
    assert problem is not None
    assert problem.startswith("line 4") and "check 2 was due" in problem


def test_a_stub_is_seen_also_after_a_problem() -> None:
    assert parse(b"nonsense\n# todo port.2\n").todo == ["port.2"]
