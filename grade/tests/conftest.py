# SPDX-License-Identifier: MIT
"""What the graders' tests share: a stand-in for QEMU, and a small tree to grade in."""
from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from grade import harness, qemu

GRADE = Path(__file__).resolve().parent.parent
FAKE = GRADE / "tests" / "fake_qemu.py"

GOOD = ("KTAP version 1\n1..2\nok 1 user/test/t.c:10 first\n"
        "ok 2 user/test/t.c:12 second\n# end 2\n")

LAB = """\
[lab]
number = 1
name = "small"
title = "A small lab"
handout = "README.md"

[[test]]
id = "first"
exercise = "small.1"
points = 60
handout = "#first"
title = "the first thing"

[[test]]
id = "second"
exercise = "small.2"
points = 40
handout = "#second"
title = "the second thing"
"""

TESTS = '''\
import pytest


@pytest.mark.lab(1, "first")
def test_first(ponte):
    """Does the first thing."""
    ponte.run("small", "first", budget=100).expect_pass()


@pytest.mark.lab(1, "second")
def test_second(ponte):
    """Does the second thing."""
    ponte.run("small", "second", budget=100).expect_pass()
'''


@pytest.fixture(scope="session")
def fake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An executable stand-in for QEMU that starts fast."""
    path = tmp_path_factory.mktemp("fake qemu") / "qemu"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S -E "{FAKE}" "$@"\n')
    path.chmod(0o755)
    return path


@pytest.fixture
def run_fake(fake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """run_fake(results=..., status=...) runs the stand-in once by way of the fixture's class."""
    kernel, initrd = tmp_path / "ponte.elf", tmp_path / "initrd.cpio"
    kernel.touch()
    initrd.touch()
    ponte = harness.Ponte(qemu.Machine(str(fake), kernel, initrd), tmp_path / "run", 0x1234)

    def run(seed: int | None = None, **scenario: Any) -> harness.Run:
        (tmp_path / "scenario").write_text(json.dumps({"*": scenario}))
        monkeypatch.setenv("FAKE_QEMU", str(tmp_path / "scenario"))
        return ponte.run("small", "case", seed=seed)

    run.ponte = ponte  # type: ignore[attr-defined]
    return run


def _heed_ctrl_c() -> None:
    """Who was started in a shell's background ignores SIGINT, and so would all that it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@dataclass
class Tree:
    """A copy of the graders with a small lab, in a directory with a space in its name."""

    root: Path
    fake: Path
    environment: dict[str, str] = field(default_factory=dict)

    def scenario(self, **cases: dict[str, Any]) -> None:
        """What the stand-in does for each test case; "any" for all others."""
        cases["*"] = cases.pop("any", {"results": GOOD})
        (self.root / "scenario").write_text(json.dumps(cases))

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, str(self.root / "grade" / "run.py"), *arguments]

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*arguments), env=self.environment, cwd=self.root, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True, preexec_fn=_heed_ctrl_c)

    def grade(self, *arguments: str) -> tuple[int, str]:
        """Exit status and output of grade/run.py."""
        process = self.start(*arguments)
        output, _ = process.communicate(timeout=120)
        return process.returncode, output

    def results(self) -> dict[str, Any]:
        return json.loads((self.root / "build/grade/results.json").read_text())


@pytest.fixture
def tree(tmp_path: Path, fake: Path) -> Tree:
    root = tmp_path / "my tree"
    (root / "grade" / "labs").mkdir(parents=True)
    for path in [*GRADE.glob("*.py"), GRADE / "pytest.ini"]:
        shutil.copy(path, root / "grade")
    (root / "grade" / "labs" / "test_small.py").write_text(TESTS)
    (root / "labs" / "lab1-small").mkdir(parents=True)
    (root / "labs" / "lab1-small" / "lab.toml").write_text(LAB)
    (root / "build").mkdir()
    (root / "build" / "ponte.elf").touch()
    (root / "build" / "initrd.cpio").touch()
    environment = {k: v for k, v in os.environ.items()
                   if not k.startswith(("PYTEST_", "PONTE_", "PYTHONPATH"))}
    environment.update(QEMU=str(fake), FAKE_QEMU=str(root / "scenario"))
    made = Tree(root, fake, environment)
    made.scenario()
    return made
