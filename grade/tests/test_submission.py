# SPDX-License-Identifier: MIT
"""submission.py as make calls it: with a build directory that is named from where one stands."""
from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grade import submission
from grade.tests.conftest import Tree


@pytest.fixture
def starter(tree: Tree) -> Tree:
    """A student's tree, which its own make builds."""
    for part in ("ipc/small", "kernel", "user", "handed in"):
        (tree.root / part).mkdir(parents=True)
    (tree.root / "labs/current").write_text("1\n")
    (tree.root / "ipc/small/small.c").write_text("int small;\n")
    (tree.root / "handed in/small.c").write_text("int large;\n")
    (tree.root / "Makefile").write_text("all:\n\tmkdir -p build/ipc/small && ! grep -q wrong ipc/small/small.c\n"
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


@pytest.mark.parametrize("what, status, said", [
    ("graders", 3, "the graders did not come to an end"), ("given", 3, "without the submission: it does not build"),
    ("text", 1, "includes /etc/hostname, which is not Ponte's"), ("source", 1, "it does not build"), ("nothing", 2, "nothing of this lab")])
def test_what_fails(starter: Tree, what: str, status: int, said: str) -> None:
    """Whose fault it is shows in the status; there are results in any case."""
    if what == "graders":
        (starter.root / "grade/run.py").write_text("raise SystemExit(1)\n")
    if what == "given":
        (starter.root / "ipc/small/small.c").write_text("int wrong;\n")
    handed_in = starter.root / "handed in/small.c"
    if what in ("source", "text"):
        handed_in.write_text("int wrong;\n" if what == "source" else '#include "/etc/hostname"\nint wrong;\n')
    elif what == "nothing":
        handed_in.unlink()
    results = starter.root / "r.json"
    done = subprocess.run([sys.executable, "grade/submission.py", "1", "handed in", "--results", str(results)],
                          cwd=starter.root, env=starter.environment, text=True, capture_output=True, check=False)
    assert done.returncode == status and said in done.stdout + done.stderr, done.stdout + done.stderr
    document = json.loads(results.read_text())
    assert document["score"] == 0 and said in document["output"]


ENDLESS = {"for ever": "sleep 60", "in words": "yes >&2", "in bytes": "yes > large", "in memory": "tail /dev/zero",
           "in work": "while :; do :; done"}


@pytest.mark.parametrize("how", ENDLESS)
def test_builds_that_do_not_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """A few lines can make a compiler do all of this. Each has its own limit; that of time leaves nobody behind."""
    (tmp_path / "Makefile").write_text(f"all:\n\t{ENDLESS[how]}\n")
    monkeypatch.setattr(submission, "BUILD_SECONDS", 1 if how == "for ever" else 30)
    monkeypatch.setattr(submission, "BUILD_LIMITS", {resource.RLIMIT_CPU: 1, resource.RLIMIT_AS: 64 << 20,
                                                     resource.RLIMIT_FSIZE: 1 << 20})
    begin = time.monotonic()
    with pytest.raises(submission.Failure, match="within 1 seconds" if how == "for ever" else "it does not build") as failure:
        submission.build(tmp_path)
    assert time.monotonic() - begin < 25
    assert len(str(failure.value)) < 40 * submission.WIDTH
    while any(_leads_to(path, tmp_path) for path in Path("/proc").glob("[0-9]*/cwd")):
        assert time.monotonic() - begin < 25, "somebody stays behind"  # who has been killed takes a moment to go
        time.sleep(0.01)


def _leads_to(link: Path, place: Path) -> bool:
    try:
        return link.resolve() == place.resolve()
    except OSError:
        return False
