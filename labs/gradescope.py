# SPDX-License-Identifier: MIT
"""Gradescope's autograder: a zip with setup.sh, run_autograder, and the lab's starter, in which submissions are graded.

Gradescope unpacks it to /autograder/source, runs setup.sh once, and for each submission run_autograder, which finds the
files in /autograder/submission and leaves its verdict in /autograder/results/results.json
(https://gradescope-autograders.readthedocs.io/en/latest/specs/). No solution of the lab is in it.
"""
from __future__ import annotations

import io
import json
import subprocess
import time
import zipfile
from pathlib import Path

from grade.points import Lab
from labs import trees
from labs.trees import EPOCH, Tree

SETUP = """#!/bin/sh
# Runs once, as root, when the image is made.
set -e
cd "${AUTOGRADER:-/autograder}/source/ponte"
sh grade/setup.sh
"""
RUN = """#!/bin/sh
# Grades one submission. There are always results: without, a student would only see that something failed.
top=${AUTOGRADER:-/autograder}
results=$top/results/results.json
cd "$top/source/ponte" && mkdir -p "$top/results" && rm -f "$results" || exit 1
python=$(sh grade/python.sh) && "$python" grade/submission.py %d "$top/submission" --results "$results" --cpus 2
test -s "$results" || printf '%%s\\n' '{"score": 0, "output": "The autograder itself failed: tell your teacher."}' > "$results"
"""


def package(tree: Tree, labs: list[Lab], lab: Lab) -> bytes:
    """The zip; the same bytes for the same reference."""
    date = time.gmtime(EPOCH)[:6]
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        def add(name: str, data: bytes, executable: bool) -> None:
            info = zipfile.ZipInfo(name, date)
            info.external_attr = (0o100755 if executable else 0o100644) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
        add("setup.sh", SETUP.encode(), True)
        add("run_autograder", (RUN % lab.number).encode(), True)
        for path, file in trees.starter(tree, labs, lab).items():
            add(f"ponte/{path}", file.data, file.executable)
    return made.getvalue()


def unpack(data: bytes, top: Path) -> None:
    """As Gradescope does, but with `top` for /autograder."""
    source = top / "source"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            path = Path(archive.extract(info, source))
            path.chmod(info.external_attr >> 16 & 0o777)
    for name in ("submission", "results"):
        (top / name).mkdir()
    for name in ("setup.sh", "run_autograder"):  # it puts this one beside the source
        (top / name).write_bytes((source / name).read_bytes())
        (top / name).chmod(0o755)


def run(top: Path, name: str) -> subprocess.CompletedProcess[str]:
    """setup.sh or run_autograder, unpacked to `top`."""
    return subprocess.run([str(top / name)], cwd=top, text=True, capture_output=True, check=False,
                          env={"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": str(top), "AUTOGRADER": str(top)})


def results(top: Path) -> dict[str, object]:
    """What it has found."""
    found: dict[str, object] = json.loads((top / "results" / "results.json").read_text())
    return found
