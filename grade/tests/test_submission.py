# SPDX-License-Identifier: MIT
"""submission.py as make calls it: with a build directory that is named from where one stands."""
from __future__ import annotations

import json
import subprocess
import sys

import pytest

from grade.tests.conftest import Tree


@pytest.fixture
def starter(tree: Tree) -> Tree:
    """A student's tree, which its own make builds."""
    for part in ("ipc/small", "kernel", "user", "handed in"):
        (tree.root / part).mkdir(parents=True)
    (tree.root / "labs/current").write_text("1\n")
    (tree.root / "ipc/small/small.c").write_text("int small;\n")
    (tree.root / "handed in/small.c").write_text("int large;\n")
    (tree.root / "Makefile").write_text("all:\n\tmkdir -p build/ipc/small && grep -q large ipc/small/small.c\n"
                                        "\techo 'x.o: ipc/small/small.c' > build/ipc/small/small.c.d\n"
                                        "\ttouch build/ponte.elf build/initrd.cpio\n")
    return tree


@pytest.mark.parametrize("build", ["build", "a new/one"])
def test_a_build_directory_named_from_here(starter: Tree, build: str) -> None:
    done = subprocess.run(
        [sys.executable, "grade/submission.py", "1", "handed in", "--build", build, "--keep", f"{build}/submission"],
        cwd=starter.root, env=starter.environment, text=True, capture_output=True, check=False)
    assert done.returncode == 0 and "lab 1 small: 100/100" in done.stdout, done.stdout + done.stderr
    kept = starter.root / build / "submission"
    assert json.loads((kept / "results.json").read_text())["score"] == 100
    assert [path.name for path in kept.parent.iterdir() if path.name.startswith("submission-")] == []
