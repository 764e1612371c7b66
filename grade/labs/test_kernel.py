# SPDX-License-Identifier: MIT
"""The kernel beneath the labs: no lab's tests, and no points. `make grade LAB=kernel` runs them."""
from __future__ import annotations

import re

import pytest

from grade.challenge import Challenge
from grade.harness import GradeFailure, Ponte, Run
from grade.outcome import Outcome, Verdict

SLICE = 2000  # ns

CASES = {
    "kernel_handle": ["duplicate", "stale", "table_full", "unknown_calls", "registers", "flags"],
    "kernel_memory": ["map_errors", "map", "faults", "stack", "exhaustion"],
    "kernel_process": ["exit_codes", "wait", "kill", "system", "spawn_errors", "many", "in_turn"],
    "kernel_thread": ["create_join", "create_errors", "join", "leaving", "preemption", "sleep", "clock",
                      "sse", "sse_new", "many"],
    "kernel_fuzz": ["calls", "vanishing"],
    "kernel_shell": ["pipelines", "mistakes", "no_leak"],
}
EVERY_CASE = [(program, case) for program, cases in CASES.items() for case in cases]
# Where order or timing is not what is tested: these must hold under any interleaving.
ANY_ORDER = [("kernel_handle", "table_full"), ("kernel_memory", "faults"), ("kernel_process", "kill"),
             ("kernel_process", "exit_codes"), ("kernel_process", "many"), ("kernel_process", "in_turn"),
             ("kernel_thread", "create_join"), ("kernel_thread", "leaving"), ("kernel_thread", "sse"),
             ("kernel_thread", "many"),
             ("kernel_fuzz", "calls"), ("kernel_fuzz", "vanishing"), ("kernel_shell", "pipelines"),
             ("kernel_shell", "no_leak")]


def must(run: Run, condition: bool, text: str) -> None:
    """A condition on what a run showed."""
    if not condition:
        raise GradeFailure(Verdict(Outcome.FAIL, text))


@pytest.mark.parametrize(("program", "case"), EVERY_CASE)
def test_case(ponte: Ponte, program: str, case: str) -> None:
    """Ran one case of user/test/kernel_*.c with counted instructions."""
    ponte.run(program, case).expect_pass()


@pytest.mark.parametrize(("program", "case"), ANY_ORDER)
def test_preempted(ponte: Ponte, program: str, case: str) -> None:
    """Ran one case on one CPU, pre-empted every few hundred instructions, and again with another seed."""
    for _ in range(2):
        ponte.run(program, case, cpus=1, slice=SLICE, budget=30_000).expect_pass()


@pytest.mark.parametrize("cpus", [2, 4])
@pytest.mark.parametrize(("program", "case"), ANY_ORDER)
def test_parallel(ponte: Ponte, program: str, case: str, cpus: int) -> None:
    """Ran one case on several CPUs truly in parallel."""
    ponte.run(program, case, cpus=cpus, exact=False).expect_pass()


@pytest.mark.parametrize("cpus", [1, 4])
def test_sorted(ponte: Ponte, cpus: int) -> None:
    """Let a pipeline in the shell sort, search and count numbers that the host knows."""
    run = ponte.run("kernel_shell", "sorted", cpus=cpus)
    run.expect_pass()
    numbers = [n % 100_000 for n in Challenge(run.seed & 0xFFFFFFFF).values(500)]
    run.expect_answer("first", sorted(numbers)[:20])
    run.expect_answer("sevens", sum("7" in str(n) for n in numbers))


@pytest.mark.parametrize("cpus", [1, 2, 3, 4])
def test_cpus(ponte: Ponte, cpus: int) -> None:
    """Booted with this many CPUs: the kernel must find them all."""
    ponte.run("kernel_memory", "size", cpus=cpus).expect_answer("cpus", cpus)


@pytest.mark.parametrize("mebibytes", [32, 33, 100, 1024, 3072, 5120])
def test_memory(ponte: Ponte, mebibytes: int) -> None:
    """Booted with this much memory, above the PCI hole too: the kernel must find nearly all of it."""
    run = ponte.run("kernel_memory", "size", memory=f"{mebibytes}M", exact=False)
    frames = run.answer("frames")
    assert isinstance(frames, int)
    pages = mebibytes * 256
    must(run, pages * 0.9 - 1024 <= frames <= pages,
         f"{frames} page frames of a machine with {pages}")


def test_preemption_one_cpu(ponte: Ponte) -> None:
    """Let two threads spin beside one that sleeps, on one CPU."""
    ponte.run("kernel_thread", "preemption", cpus=1).expect_pass()


@pytest.mark.parametrize("cpus", [1, 2])
def test_long_writes(ponte: Ponte, cpus: int) -> None:
    """Let four threads write long lines at once: no line may be torn."""
    run = ponte.run("kernel_thread", "long_writes", cpus=cpus, slice=SLICE if cpus == 1 else None,
                    exact=cpus == 1).expect_pass()
    lines = re.findall(r"^([w-z])(\1*)\r?$", run.console, re.MULTILINE)
    whole = [letter for letter, rest in lines if len(rest) == 2999]
    must(run, sorted(whole) == sorted("wxyz" * 5), f"{len(whole)} of 20 long lines arrived whole")


def test_repeatable(ponte: Ponte) -> None:
    """Ran one race twice with the same seed: results and console must be the same to the byte."""
    runs = [ponte.run("kernel_thread", "clock", cpus=2, slice=SLICE, seed=7).expect_pass()
            for _ in range(2)]
    texts = [(run.console_bytes, (run.directory / "results.log").read_bytes()) for run in runs]
    must(runs[1], texts[0] == texts[1], "two runs with the same seed differ")


def test_deadlock(ponte: Ponte) -> None:
    """Let a thread wait for a message that nobody can send: the kernel must say who waits for what."""
    run = ponte.run("port_wait", "deadlock").expect(Outcome.DEADLOCK)
    port = re.fullmatch(r"port (\d+)", run.notes[0]) if run.notes else None
    must(run, port is not None, "the program did not say which port it is")
    assert port is not None
    lines = run.console[run.console.find("DEADLOCK"):].splitlines()
    must(run, any(re.search(rf"\bport\b.*#{port[1]}\b.*\bthread \d+", line) for line in lines),
         f"the report does not say that a thread waits at port #{port[1]}")
    must(run, any("port_recv" in line for line in lines), "no stack shows port_recv")


def test_faulty_program(ponte: Ponte) -> None:
    """Let the test program itself divide by zero: that is told apart from a failed check."""
    ponte.run("kernel_memory", "own_fault").expect(Outcome.GUEST_FAULT)
