# SPDX-License-Identifier: MIT
"""Whole gradings: grade/run.py in a small tree, with a stand-in for QEMU."""
from __future__ import annotations

import os
import re
import shutil
import signal
import time
import xml.etree.ElementTree as ElementTree
from importlib.util import find_spec

import pytest

from grade.tests.conftest import GOOD, TESTS, Tree
from grade.tests.test_runs import _gone, _wait_until

JOBS = ["1"] + (["2"] if find_spec("xdist") else [])
everywhere = pytest.mark.parametrize("jobs", JOBS)


def one_clear_line(output: str) -> str:
    """The line that says what is wrong; it must be alone."""
    assert "Traceback" not in output and "INTERNALERROR" not in output, output
    said = [line for line in output.splitlines() if line.startswith(("grade: ", "ERROR: "))]
    assert len(said) == 1, output
    return said[0]


@everywhere
def test_all_pass(tree: Tree, jobs: str) -> None:
    status, output = tree.grade("--jobs", jobs)
    assert status == 0, output
    assert "lab 1 small: 100/100" in output
    assert (tree.results()["score"], tree.results()["max_score"]) == (100, 100)
    cases = ElementTree.parse(tree.root / "build/grade/junit.xml").findall(".//testcase")
    assert sorted(str(case.get("name")) for case in cases) == ["test_first", "test_second"]
    for id in ("first", "second"):
        logs = tree.root / "build/grade/runs" / f"lab1-{id}"
        assert (logs / "results.log").read_text() == GOOD
        assert "-icount" in (logs / "command").read_text()
    assert not list((tree.root / "build/grade/.work").iterdir())


@everywhere
def test_points_are_lost(tree: Tree, jobs: str) -> None:
    tree.scenario(second={"results": GOOD.replace("ok 2", "not ok 2"), "status": 35,
                          "console": "last words\n"})
    status, output = tree.grade("--jobs", jobs)
    assert status == 1, output
    for part in ("lab 1 small: 60/100", "Does the second thing.", "user/test/t.c:12",
                 "labs/lab1-small/README.md#second", "last words", "0/40",
                 "make grade LAB=1 TEST=second", 'make qemu-gdb RUN="test/small second"'):
        assert part in output, output
    assert "Traceback" not in output
    second = tree.results()["tests"][1]
    assert second["score"] == 0 and "user/test/t.c:12" in second["output"]
    junit = ElementTree.parse(tree.root / "build/grade/junit.xml")
    assert len(junit.findall(".//failure")) == 1


@everywhere
def test_infrastructure(tree: Tree, jobs: str) -> None:
    tree.scenario(second={"results": GOOD, "signal": int(signal.SIGKILL)})
    status, output = tree.grade("--jobs", jobs)
    assert status == 3, output
    assert "INCOMPLETE" in output and "lab 1 small: 60/60, 40 points not graded" in output


def test_outcomes_have_names(tree: Tree) -> None:
    tree.scenario(first={"results": "", "status": 39}, second={"results": "# todo small.2\n"})
    status, output = tree.grade("-v")
    assert status == 1
    assert re.search(r"first +the first thing +dead-lock +0/60", output), output
    assert re.search(r"second +the second thing +not attempted +0/40", output), output
    assert "still to do: small.2" in output


def test_one_test(tree: Tree) -> None:
    status, output = tree.grade("--lab", "1", "--test", "first")
    assert status == 0 and "60/60 (1 of 2 tests)" in output
    for arguments, said in ((("--test", "third"), "no test third"), (("--lab", "7"), "no lab 7")):
        status, output = tree.grade(*arguments)
        assert status not in (0, 1) and said in one_clear_line(output)


def test_the_seed_shown_reproduces(tree: Tree) -> None:
    tree.scenario(any={"results": "", "status": 35})
    _, output = tree.grade("--test", "first")
    seed = re.search(r"make grade LAB=1 TEST=first SEED=(0x[0-9a-f]+)", output)
    assert seed
    tree.environment["PONTE_SEED"] = seed[1]
    _, output = tree.grade("--test", "first")
    assert f"SEED={seed[1]}" in output
    tree.environment["PONTE_SEED"] = "blue"
    status, output = tree.grade("--test", "first")
    assert status not in (0, 1) and "PONTE_SEED" in one_clear_line(output)


def test_options_reach_qemu(tree: Tree) -> None:
    tree.grade("--cpus", "4", "--memory", "64", "--test", "first")
    command = (tree.root / "build/grade/runs/lab1-first/command").read_text()
    assert "-smp 4" in command and "-m 64M" in command


def test_build_elsewhere_and_read_only_tree(tree: Tree, tmp_path: Path) -> None:
    shutil.move(tree.root / "build", tmp_path / "other build")
    for path in (tree.root / "grade", tree.root):
        path.chmod(0o555)
    status, output = tree.grade("--build", str(tmp_path / "other build"))
    written = [p for p in tree.root.rglob("*") if p.suffix == ".pyc" or p.name == "build"]
    for path in (tree.root / "grade", tree.root):
        path.chmod(0o755)
    assert status == 0, output
    assert not written and (tmp_path / "other build/grade/results.json").exists()


@everywhere
@pytest.mark.parametrize("change, said", [
    (("labs/lab1-small/lab.toml", "points = 60", "points = 61"), "add up to 101"),
    (("grade/labs/test_small.py", '(1, "second")', '(1, "third")'), '"third" is not in'),
    (("grade/labs/test_small.py", '(1, "second")', '(1, "first")'), "already graded"),
    (("grade/labs/test_small.py", '@pytest.mark.lab(1, "second")', ""), "no pytest test grades"),
    (("grade/labs/test_small.py", '(1, "second")', "(1)"), "write @pytest.mark.lab"),
], ids=["points", "unknown", "twice", "missing", "marker"])
def test_lab_and_tests_must_agree(tree: Tree, jobs: str, change: tuple[str, str, str],
                                  said: str) -> None:
    path = tree.root / change[0]
    path.write_text(path.read_text().replace(change[1], change[2]))
    status, output = tree.grade("--jobs", jobs)
    assert status not in (0, 1), output
    assert said in one_clear_line(output)


@pytest.mark.parametrize("body, said", [
    ("    ponte.run('small', 'first')", "never says what it expects"),
    ("    pass", "never says what it expects"),
    ("    ponte.run('small', 'first').expect_pass()\n    1 / 0", "the grader itself failed"),
    ("    pytest.skip('not today')", "skipped"),
], ids=["unjudged", "no run", "broken", "skipped"])
def test_a_broken_grader_is_infrastructure(tree: Tree, body: str, said: str) -> None:
    (tree.root / "grade/labs/test_small.py").write_text(TESTS.replace(
        '    ponte.run("small", "first", budget=100).expect_pass()', body))
    status, output = tree.grade()
    assert status == 3, output
    assert said in output and "lab 1 small: 40/40, 60 points not graded" in output


def test_a_plain_assert_is_a_failure(tree: Tree) -> None:
    (tree.root / "grade/labs/test_small.py").write_text(TESTS.replace(
        'budget=100).expect_pass()', 'budget=100).expect_pass()\n    assert [1, 2] == [1, 3]', 1))
    status, output = tree.grade()
    assert status == 1 and "At index 1 diff: 2 != 3" in output, output


def test_kernel_tests_have_no_points(tree: Tree) -> None:
    (tree.root / "grade/labs/test_kernel.py").write_text(
        'def test_smp(ponte):\n    """All CPUs run."""\n'
        '    ponte.run("kernel", "smp").expect_pass()\n')
    status, output = tree.grade("--lab", "kernel")
    assert status == 0 and "kernel: 1 of 1 tests passed" in output, output
    status, output = tree.grade()
    assert status == 0 and "All CPUs run" not in output
    tree.scenario(smp={"status": 37}, any={"results": GOOD})
    status, output = tree.grade("--lab", "all")
    assert status == 1 and "lab 1 small: 100/100" in output
    assert "kernel: 0 of 1 tests passed" in output


def test_no_qemu(tree: Tree) -> None:
    status, output = tree.grade("--qemu", "qemu-that-is-not-there")
    assert status == 3 and "not installed: run `make setup`" in one_clear_line(output)


def test_old_qemu(tree: Tree) -> None:
    tree.environment["FAKE_QEMU_VERSION"] = "6.2.0"
    status, output = tree.grade()
    assert status == 3 and "6.2 is too old" in one_clear_line(output)


def test_no_kernel(tree: Tree) -> None:
    (tree.root / "build/ponte.elf").unlink()
    status, output = tree.grade()
    assert status == 3 and "run `make` first" in one_clear_line(output)


def test_unwritable_build(tree: Tree) -> None:
    (tree.root / "build/grade").write_text("in the way")
    status, output = tree.grade()
    assert status == 3 and "cannot write to the build directory" in one_clear_line(output)


def _without(tree: Tree, *modules: str) -> None:
    """A Python that cannot find these modules."""
    site = tree.root / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        "import sys\nclass Hide:\n    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.split('.')[0] in {modules!r}:\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}')\n"
        "sys.meta_path.insert(0, Hide())\n"
        "import importlib.util as u\nreal = u.find_spec\n"
        f"u.find_spec = lambda n, p=None: None if n.split('.')[0] in {modules!r} else real(n, p)\n")
    tree.environment["PYTHONPATH"] = str(site)


def test_no_xdist(tree: Tree) -> None:
    _without(tree, "xdist")
    status, output = tree.grade("--jobs", "2")
    assert status == 0 and "lab 1 small: 100/100" in output
    assert output.count("no pytest-xdist") == 1


def test_no_pytest(tree: Tree) -> None:
    _without(tree, "pytest")
    status, output = tree.grade()
    assert status == 3 and "has no pytest: run `make setup`" in one_clear_line(output)


def test_two_gradings_at_once(tree: Tree) -> None:
    tree.scenario(any={"results": GOOD, "hang": 0.3})
    both = [tree.start("--jobs", "1") for _ in range(2)]
    for process in both:
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0 and "lab 1 small: 100/100" in output, output
    assert tree.results()["score"] == 100
    ElementTree.parse(tree.root / "build/grade/junit.xml")
    assert not list((tree.root / "build/grade/.work").iterdir())


def _pids(tree: Tree, count: int) -> list[int]:
    path = tree.root / "pids"
    _wait_until(lambda: path.exists() and len(path.read_text().split()) >= count)
    return [int(word) for word in path.read_text().split()]


@everywhere
@pytest.mark.parametrize("how", ["terminal", "alone", "kill"])
def test_ctrl_c_leaves_no_qemu(tree: Tree, jobs: str, how: str) -> None:
    """Ctrl-C (SIGINT for all in the group), SIGINT for the grader alone, and SIGKILL."""
    tree.scenario(any={"hang": 60, "pids": str(tree.root / "pids")})
    process = tree.start("--jobs", jobs)
    pids = _pids(tree, int(jobs))
    time.sleep(0.1)
    if how == "terminal":
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.SIGINT if how == "alone" else signal.SIGKILL)
    output, _ = process.communicate(timeout=60)
    _wait_until(lambda: all(_gone(pid) for pid in pids))
    assert process.returncode not in (0, 1, 3)
    assert "Traceback" not in output and "INTERNALERROR" not in output, output
