# SPDX-License-Identifier: MIT
"""What a person reads about a test that did not pass: what it did, what came, what to do next."""
from __future__ import annotations

import inspect
import re
import textwrap

from grade.harness import Run, first_difference
from grade.ktap import Check, show
from grade.outcome import Outcome, Verdict
from grade.points import Lab, LabTest

DEFAULT_CPUS = 2  # of the Makefile
MAX_CHECKS = 3
REPORT_LINES, TAIL_LINES = 60, 16
REPORT = re.compile(r"^(PANIC|DEADLOCK)\b")


def _field(name: str, text: str) -> list[str]:
    """`name` in the margin, `text` beside it."""
    lines = text.splitlines() or [""]
    return [f"  {name:<15}{lines[0]}"] + [" " * 17 + line for line in lines[1:]]


def _check(check: Check) -> list[str]:
    """A failed check with what was expected and what came."""
    lines = ["", f"  not ok {check.number}  {show(check.text)}", f"      at {check.where}"]
    lines += [f"      expected  {show(text)}" for text in check.expected]
    lines += [f"      got       {show(text)}" for text in check.got]
    difference = check.difference
    if len(check.expected) == len(check.got) == 1 and len(check.expected[0]) > 40:
        difference = difference or first_difference(check.expected[0], check.got[0])
    if difference:
        lines.append(f"      first difference {show(difference)}")
    return lines


def _checks(run: Run) -> list[str]:
    failed = run.transcript.failed
    lines = [line for check in failed[:MAX_CHECKS] for line in _check(check)]
    if len(failed) > MAX_CHECKS:
        lines += ["", f"  ... and {len(failed) - MAX_CHECKS} more in results.log"]
    for key, expected, got in run.compared:
        lines += ["", f"  answer {key}", f"      expected  {show(str(expected))}",
                  f"      got       {show(str(got))}"]
        if difference := first_difference(expected, got):
            lines.append(f"      first difference {difference}")
    return lines + ([""] if lines else [])


def console_tail(console: str) -> list[str]:
    """The kernel's report (a panic, a dead-lock) if there is one, else the last lines."""
    lines = [show(line.rstrip("\r")) for line in console.rstrip().split("\n")]
    if lines == [""]:
        return ["(the console stayed empty)"]
    start = next((i for i, line in enumerate(lines) if REPORT.match(line)), None)
    if start is not None:
        return lines[start:][:REPORT_LINES]
    return lines[-TAIL_LINES:]


def commands(run: Run, lab: int | None, id: str, base_seed: int) -> list[str]:
    """The lines to paste: this test alone, and this run under gdb."""
    where = f"LAB={lab if lab is not None else 'kernel'} TEST={id}"
    cpus = f" CPUS={run.cpus}" if run.cpus != DEFAULT_CPUS else ""
    slices = f" SLICE={run.slice}" if run.slice is not None else ""
    words = " ".join([run.program, *run.arguments])
    return [
        *_field("Run it alone", f"make grade {where} SEED={base_seed:#x}{cpus}"),
        *_field("Under gdb", f'make qemu-gdb RUN="{words}" SEED={run.seed:#x}{cpus}{slices}'),
    ]


def _what_ran(run: Run) -> str:
    words = " ".join([run.program, *run.arguments])
    exact = "counted instructions" if run.exact else "true parallelism"
    slices = f", slices of {run.slice} ns" if run.slice is not None else ""
    cpus = "1 CPU" if run.cpus == 1 else f"{run.cpus} CPUs"
    return f"{words}; {cpus}, {exact}{slices}, seed {run.seed:#x}"


def explain(verdict: Verdict, doc: str | None, run: Run | None, *, id: str, base_seed: int,
            lab: Lab | None = None, test: LabTest | None = None, logs: str = "") -> str:
    """The whole text.

    verdict    how the test ended
    doc        the test's docstring: what it does
    run        the run it failed in, if it came to one
    id         the test's name; base_seed: the SEED with which to see it again
    lab, test  where it belongs; None for the kernel's own tests
    logs       the directory where the run's logs are kept
    """
    name = f"lab {lab.number} {lab.name}, test {id}" if lab else f"kernel, test {id}"
    worth = ""
    if test and verdict.outcome is Outcome.INFRASTRUCTURE:
        worth = f" ({test.points} points not graded)"
    elif test:
        worth = f" (0 of {test.points} points)"
    lines = [f"{name}: {str(verdict.outcome).upper()}{worth}", ""]
    if doc:
        lines += _field("What it did", textwrap.dedent(inspect.cleandoc(doc)))
    lines += _field("What came", verdict.reason)
    if run is not None and verdict.outcome is not Outcome.NOT_ATTEMPTED:
        lines += _field("Program", _what_ran(run))
        lines += _checks(run)
        for note in run.notes[:5]:
            lines += _field("Note", show(note))
    if lab and test:
        lines += _field("Read", f"{lab.directory}/{lab.handout}{test.handout}")
        lines += _field("Exercise", test.exercise)
    if verdict.outcome is Outcome.NOT_ATTEMPTED and lab:
        return "\n".join(lines) + "\n"
    if run is not None:
        if run.ending.stderr.strip():
            lines += _field("QEMU said", show(run.ending.stderr.strip().splitlines()[-1]))
        lines += ["  Console"] + [f"    | {line}" for line in console_tail(run.console)]
        lines += _field("Logs", logs) if logs else []
        lines += commands(run, lab.number if lab else None, id, base_seed)
    return "\n".join(lines) + "\n"
