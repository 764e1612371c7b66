# SPDX-License-Identifier: MIT
"""The tool that grades the graders: its files, and what counts as caught."""
from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from grade import mutants
from grade.points import read_labs

HEAD = "Id: P1\nTest: fifo\nWhat: forgets\n\n"
PATCH = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"


@pytest.fixture
def patch(tmp_path: Path) -> Path:
    path = tmp_path / "labs" / "lab2-port" / "mutants" / "forgets.patch"
    path.parent.mkdir(parents=True)
    path.write_text(HEAD + PATCH)
    return path


def test_reading(patch: Path) -> None:
    found = mutants.read_mutant(patch)
    assert (found.lab, found.name, found.id, found.test, found.what) == (
        2, "forgets", "P1", "fifo", "forgets")


@pytest.mark.parametrize("missing", ["Id", "Test", "What"])
def test_a_line_is_missing(patch: Path, missing: str) -> None:
    patch.write_text("".join(line for line in HEAD.splitlines(True)
                             if not line.startswith(missing)) + PATCH)
    with pytest.raises(mutants.MutantError, match=missing):
        mutants.read_mutant(patch)


def test_choosing(patch: Path) -> None:
    root = patch.parents[3]
    assert [m.name for m in mutants.find_mutants(root, 2, None)] == ["forgets"]
    assert mutants.find_mutants(root, 1, None) == []
    assert mutants.find_mutants(root, None, "other") == []


@pytest.mark.parametrize("outcomes, trouble, caught", [
    (["fail", "dead-lock", "panic"], "", True),
    (["fail", "pass"], "", False),
    (["fail", "time-out"], "", False),
    (["not attempted"], "", False),
    (["infrastructure"], "", False),
    (["fail"], "it cannot be built", False),
])
def test_what_is_caught(patch: Path, outcomes: list[str], trouble: str, caught: bool) -> None:
    result = mutants.Result(mutants.read_mutant(patch), outcomes, trouble)
    assert result.caught is caught
    assert ("NOT CAUGHT" in mutants.row(result)) is not caught


def test_every_mutant_names_a_test_that_there_is() -> None:
    tests = {(lab.number, test.id) for lab in read_labs(mutants.ROOT) for test in lab.tests}
    found = mutants.find_mutants(mutants.ROOT, None, None)
    assert found or (mutants.ROOT / "labs" / "current").exists()  # a student's tree has none
    assert all((m.lab, m.test) in tests for m in found)


def test_every_patch_applies() -> None:
    """As `patch` does it, without doing it."""
    for mutant in mutants.find_mutants(mutants.ROOT, None, None):
        done = subprocess.run(["patch", "-p1", "--dry-run", "-f", "-i", str(mutant.patch)],
                              cwd=mutants.ROOT, text=True, capture_output=True, check=False)
        assert done.returncode == 0 and "fuzz" not in done.stdout, f"{mutant.name}: {done.stdout}"
