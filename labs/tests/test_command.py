# SPDX-License-Identifier: MIT
"""The commands, as they are typed."""
from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from labs.labs import ROOT
from labs.tests.conftest import Repository


@pytest.fixture
def course(tmp_path: Path, files: dict[str, str]) -> Repository:
    """A repository with the small labs and the real tool."""
    del files["labs/labs.py"]
    for path in [*ROOT.glob("labs/*.py"), ROOT / "grade/points.py", ROOT / "grade/__init__.py"]:
        files[path.relative_to(ROOT).as_posix()] = path.read_text()
    return Repository(tmp_path / "a course", files)


def run(course: Repository, *arguments: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, str(course.root / "labs/labs.py"), *arguments], text=True,
                          capture_output=True, check=False, cwd=course.root.parent)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


def test_list(course: Repository) -> None:
    status, said = run(course, "list")
    assert status == 0
    assert "lab 2 port: Lab port\n  port.1       25  ipc/port/port.c:8 port_f1\n" in said


def test_check(course: Repository) -> None:
    assert run(course, "check") == (0, "labs: 8 exercises in 2 labs, all in order\n")
    (course.root / "labs/lab2-port/README.md").write_text("# Lab 2\n")
    status, said = run(course, "check")
    assert status == 1 and said.count("\n") == 4 + 1  # the rows, and how to go on
    assert said.startswith("labs: labs/lab2-port/README.md:1: its table of exercises has no row for port.1\n")
    course.commit("broken")
    for command in (("starter", "1", "x"), ("branches",), ("handout", "1", "x.tar.xz")):
        assert run(course, *command)[0] == 1
    assert not (course.root.parent / "x").exists() and course.branches().keys() == {"main"}


def test_trees(course: Repository, tmp_path: Path) -> None:
    for command, lab in (("starter", 1), ("solution", 2)):
        target = tmp_path / command
        assert run(course, command, str(lab), str(target)) == (0, "")
        assert (target / "labs/current").read_text() == f"{lab}\n"
        assert not (target / "labs/labs.py").exists()
        status, said = run(course, command, str(lab), str(target))
        assert status == 1 and "is not empty" in said
    assert run(course, "starter", "7", str(tmp_path / "x")) == (1, "labs: there is no lab 7 (labs: 1, 2)\n")


def test_handout(course: Repository, tmp_path: Path) -> None:
    first, second = tmp_path / "new/1.tar.xz", tmp_path / "2.tar.xz"
    for file in (first, second):
        status, said = run(course, "handout", "2", str(file))
        assert status == 0 and said.startswith(f"{file}: lab 2, ")
    assert first.read_bytes() == second.read_bytes()
    shutil.unpack_archive(first, tmp_path / "out")
    assert (tmp_path / "out/lab2-port/labs/current").read_text() == "2\n"


def test_branches(course: Repository) -> None:
    status, said = run(course, "branches")
    assert status == 0 and [line.split()[1:] for line in said.splitlines()] == [
        [name, "new"] for name in ("lab1-message", "lab1-message-solution", "lab2-port", "lab2-port-solution")]
    (course.root / "Makefile").write_text("all: more\n")
    status, said = run(course, "branches")
    assert said.count("as it was") == 4 and said.endswith("labs: what is not committed is not in them\n")
    course.git("commit", "-qam", "more")
    assert run(course, "branches")[1].count("moved") == 4


@pytest.mark.parametrize("arguments", [(), ("starter",), ("starter", "x", "y"), ("nonsense",)])
def test_wrong_usage(course: Repository, arguments: tuple[str, ...]) -> None:
    assert run(course, *arguments)[0] == 2
