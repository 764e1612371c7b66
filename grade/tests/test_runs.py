# SPDX-License-Identifier: MIT
"""Runs of a stand-in for QEMU: only a whole transcript with the right exit status passes."""
from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from grade import harness, qemu
from grade.challenge import Challenge, fnv1a64
from grade.explain import explain
from grade.harness import GradeFailure, first_difference, parse_answer
from grade.outcome import Ending, Outcome, judge
from grade.ktap import parse
from grade.tests.conftest import GOOD
from grade.tests.test_ktap import DOCTORED

STATUSES = {0: "triple fault", 1: "infrastructure", 2: "infrastructure", 3: "fail", 35: "fail",
            37: "panic", 39: "dead-lock", 41: "time-out", 43: "guest fault",
            45: "infrastructure", 47: "fail", 127: "fail", 128: "infrastructure"}


def test_pass(run_fake: Any) -> None:
    run = run_fake(results=GOOD)
    assert run.outcome is Outcome.PASS
    assert run.expect_pass() is run


@pytest.mark.parametrize("status", STATUSES)
def test_wrong_exit_status(run_fake: Any, status: int) -> None:
    run = run_fake(results=GOOD, status=status)
    assert run.outcome.value == STATUSES[status]
    with pytest.raises(GradeFailure):
        run.expect_pass()


@pytest.mark.parametrize("text", DOCTORED.values(), ids=DOCTORED.keys())
def test_doctored_transcript_with_the_status_of_a_pass(text: str) -> None:
    verdict = judge(Ending(status=33), parse(text.encode("latin-1")), True)
    assert verdict.outcome is Outcome.FAIL


def test_ok_on_the_console_earns_nothing(run_fake: Any) -> None:
    run = run_fake(console=GOOD, results="")
    assert run.outcome is Outcome.FAIL
    assert "empty" in run.verdict.reason


def test_failed_check_with_the_status_of_a_pass(run_fake: Any) -> None:
    run = run_fake(results=GOOD.replace("ok 2", "not ok 2"))
    assert run.outcome is Outcome.FAIL


def test_stub(run_fake: Any) -> None:
    for status in (33, 35, 37, 39, 41, 43):
        run = run_fake(results="# todo small.1\n" + GOOD, status=status)
        assert run.outcome is Outcome.NOT_ATTEMPTED
        assert "small.1" in run.verdict.reason


def test_killed_by_a_signal(run_fake: Any) -> None:
    run = run_fake(results=GOOD, signal=int(signal.SIGTERM))
    assert run.outcome is Outcome.INFRASTRUCTURE


def test_endless_output(run_fake: Any) -> None:
    run = run_fake(results=GOOD, signal=int(signal.SIGXFSZ))
    assert run.outcome is Outcome.FAIL


def _gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")")[1].split()[0] == "Z"
    except OSError:
        return True


def test_hang_after_the_last_line(run_fake: Any, tmp_path: Path,
                                  monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness, "BOOT_SECONDS", 1.0)
    monkeypatch.setattr(harness, "EXACT_BUDGET", 1)
    run = run_fake(results=GOOD, hang=60, pids=str(tmp_path / "pids"))
    assert run.outcome is Outcome.TIMEOUT
    assert _gone(int((tmp_path / "pids").read_text()))


def test_hang_without_a_word(run_fake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness, "BOOT_SECONDS", 1.0)
    monkeypatch.setattr(harness, "EXACT_BUDGET", 1)
    assert run_fake(console="", hang=60).outcome is Outcome.INFRASTRUCTURE
    assert run_fake(console="", results="KTAP", hang=60).outcome is Outcome.TIMEOUT


def test_starved_host() -> None:
    verdict = judge(Ending(watchdog=60.0, starved=True), parse(b""), True)
    assert verdict.outcome is Outcome.INFRASTRUCTURE


def test_qemu_says_nothing_at_all(run_fake: Any) -> None:
    for status in (0, 1, 33, 35):
        assert run_fake(console="", results="", status=status).outcome is not Outcome.PASS


def test_qemu_complains(run_fake: Any) -> None:
    run = run_fake(console="", status=1, stderr="qemu: could not load PC BIOS 'qboot.rom'\n")
    assert run.outcome is Outcome.INFRASTRUCTURE
    assert "qboot.rom" in run.verdict.reason


def test_no_qemu(run_fake: Any) -> None:
    ponte = run_fake.ponte
    ponte.machine = qemu.Machine("/nowhere/qemu", ponte.machine.kernel, ponte.machine.initrd)
    run = ponte.run("small", "case")
    assert run.outcome is Outcome.INFRASTRUCTURE
    assert "cannot start /nowhere/qemu" in run.verdict.reason


def test_no_kernel(run_fake: Any) -> None:
    run_fake.ponte.machine.kernel.unlink()
    run = run_fake()
    assert run.outcome is Outcome.INFRASTRUCTURE
    assert "run `make` first" in run.verdict.reason


def test_old_results_do_not_count(run_fake: Any) -> None:
    """A run that writes nothing must not be judged by the file of one before it."""
    first = run_fake(results=GOOD)
    run_fake.ponte.runs.clear()
    second = run_fake(results="", console="")
    assert first.directory == second.directory
    assert second.outcome is Outcome.FAIL


def test_expect(run_fake: Any) -> None:
    run_fake(results="", status=37).expect(Outcome.PANIC)
    with pytest.raises(GradeFailure) as failure:
        run_fake(results=GOOD).expect(Outcome.PANIC)
    assert failure.value.verdict.outcome is Outcome.FAIL
    with pytest.raises(GradeFailure) as failure:
        run_fake(status=45).expect(Outcome.PANIC)
    assert failure.value.verdict.outcome is Outcome.INFRASTRUCTURE


ORDER = GOOD.replace("# end", "# answer order=@ORDER@\n# end")


def test_right_answer(run_fake: Any) -> None:
    run = run_fake(results=ORDER, echo_order=8)
    assert run.answer("order") == run.challenge.permutation(8)
    run.expect_answer("order", run.challenge.restart().permutation(8))


def test_wrong_answer(run_fake: Any) -> None:
    """Replayed from a run with another seed."""
    run = run_fake(results=GOOD.replace("# end", "# answer order=3,1,2,0,4,5,7,6\n# end"))
    with pytest.raises(GradeFailure) as failure:
        run.expect_answer("order", run.challenge.permutation(8))
    assert failure.value.verdict.outcome is Outcome.FAIL


def test_missing_answer(run_fake: Any) -> None:
    with pytest.raises(GradeFailure, match="no answer"):
        run_fake(results=GOOD).answer("order")


def test_answer_of_a_run_that_failed(run_fake: Any) -> None:
    run = run_fake(results=ORDER, echo_order=8, status=35)
    with pytest.raises(GradeFailure):
        run.answer("order")


def test_seeds(run_fake: Any) -> None:
    first, second = run_fake(results=GOOD), run_fake(results=GOOD)
    assert first.seed == 0x1234 and second.seed != first.seed
    assert first.directory != second.directory
    assert run_fake(seed=7, results=GOOD).seed == 7
    assert harness.choose_seed("0x10") == 16
    assert harness.choose_seed(None) != harness.choose_seed(None)


def test_command_line(run_fake: Any) -> None:
    ponte = run_fake.ponte
    run_fake(results=GOOD)
    run = ponte.run("small", "case", args=[3], slice=900, cpus=4, exact=False, budget=50, memory="64M")
    command = (run.directory / "command").read_text()
    assert f"-append 'seed={run.seed:#x} budget=50 input=none slice=900 -- test/small case 3'" in command
    assert "-smp 4" in command and "-m 64M" in command and "-icount" not in command
    assert "-icount shift=0,sleep=off" in (ponte.runs[0].directory / "command").read_text()
    with pytest.raises(ValueError):
        ponte.run("small", "two words")


def test_challenge() -> None:
    """Known values: the C side has the same ones."""
    challenge = Challenge(0)
    assert challenge.values(2) == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4]
    assert challenge.restart().bytes(9) == bytes.fromhex("afcd1d7b39a820e2f4")
    assert sorted(Challenge(5).permutation(50)) == list(range(50))
    assert Challenge(5).permutation(50) != Challenge(6).permutation(50)
    assert fnv1a64(b"") == 0xCBF29CE484222325
    assert fnv1a64(b"foobar") == 0x85944171F73967E8
    assert fnv1a64(b"bar", fnv1a64(b"foo")) == fnv1a64(b"foobar")


def test_answers_are_read_as_they_look() -> None:
    assert parse_answer("7") == 7 and parse_answer("0xff") == 255 and parse_answer("-3") == -3
    assert parse_answer("2,0,1") == [2, 0, 1] == parse_answer("2 0 1")
    assert parse_answer("") == [] and parse_answer("1,x") == "1,x"


def test_first_difference() -> None:
    assert first_difference([1, 2, 3], [1, 3, 2]) == "at item 1: expected 2, got 3"
    assert "2 items expected, 1 came" in str(first_difference([1, 2], [1]))
    assert first_difference(1, 2) is None


def test_explanation_teaches(run_fake: Any) -> None:
    run = run_fake(status=39, console="boot\nDEADLOCK: 2 threads\n  thread 5 waits for port 3\n" +
                   "  stack\n" * 20,
                   results=GOOD.replace("ok 2", "not ok 2").replace(
                       "# end", "# expected OK\n# got ERR_EMPTY\n# end"))
    text = explain(run.verdict, "Sends, then receives.", run, id="case", base_seed=0x1234,
                   logs="build/grade/runs/x/")
    for part in ("DEAD-LOCK", "Sends, then receives.", "user/test/t.c:12", "expected  OK",
                 "got       ERR_EMPTY", "thread 5 waits for port 3", "seed 0x1234",
                 "make grade LAB=kernel TEST=case SEED=0x1234", 'make qemu-gdb RUN="test/small case" SEED=0x1234',
                 "build/grade/runs/x/"):
        assert part in text, text
    assert "| boot" not in text  # the report, not what came before it


def test_explanation_is_fit_for_a_terminal(run_fake: Any) -> None:
    run = run_fake(status=35, console="\x1b[2J\0evil\n", results="\x1b[31m\n")
    text = explain(run.verdict, None, run, id="case", base_seed=1)
    assert "\x1b" not in text and "\0" not in text


def test_killed_grader_takes_qemu_with_it(fake: Path, tmp_path: Path) -> None:
    """Not even SIGKILL for the grader leaves a QEMU behind."""
    (tmp_path / "scenario").write_text('{"*": {"hang": 60, "pids": "%s"}}' % (tmp_path / "pids"))
    child = os.fork()
    if child == 0:
        os.environ["FAKE_QEMU"] = str(tmp_path / "scenario")
        qemu.execute([str(fake), "-append", "-- x y"], tmp_path, 60)
        os._exit(0)
    _wait_until(lambda: (tmp_path / "pids").exists() and (tmp_path / "pids").read_text().strip())
    pid = int((tmp_path / "pids").read_text())
    assert not _gone(pid)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    _wait_until(lambda: _gone(pid))


def _wait_until(condition: Any, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
