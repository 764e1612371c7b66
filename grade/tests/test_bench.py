# SPDX-License-Identifier: MIT
"""The benchmark's table, and that a slow figure is no failure."""
from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from grade import bench, qemu
from grade.tests.conftest import Tree

LINES = "bench boot_time 5 ns\nnoise\nbench null_syscall 61 ns\nbench novelty 7 ns\n"


def test_parse() -> None:
    assert bench.parse(LINES + "bench broken x ns\n") == {
        "boot_time": (5, "ns"), "null_syscall": (61, "ns"), "novelty": (7, "ns")}


def test_table_says_what_is_above_its_target() -> None:
    text = "\n".join(bench.table(bench.parse(LINES), {"qemu_alone": 0.1, "first_user": 0.15,
                                                      "power_off": 0.2}))
    assert "61        60  above" in text and "0.150 s    0.20 s  ok" in text
    assert "novelty" in text and "boot_time" not in text


def test_whole_run(tree: Tree) -> None:
    tree.scenario(any={"results": LINES})
    done = subprocess.run([*tree.command()[:1], str(tree.root / "grade/bench.py"), "--runs", "3"],
                          env=tree.environment, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    written = json.loads((tree.root / "build/bench.json").read_text())
    assert written["instructions"] == {"null_syscall": 61, "novelty": 7}
    assert set(written["seconds"]) == {"qemu_alone", "first_user", "power_off"}


def test_nothing_to_measure(tree: Tree) -> None:
    tree.scenario(any={"results": "", "status": 37, "console": "PANIC: no\n"})
    done = subprocess.run([*tree.command()[:1], str(tree.root / "grade/bench.py")],
                          env=tree.environment, text=True, capture_output=True, check=False)
    assert done.returncode == 3 and "PANIC: no" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(shutil.which("qemu-system-x86_64") is None, reason="no QEMU")
def test_the_empty_image_is_one(tmp_path: Path) -> None:
    """The real QEMU takes it and ends as for a pass; it also knows all our options."""
    (tmp_path / "empty.elf").write_bytes(bench.empty_image())
    (tmp_path / "initrd.cpio").write_bytes(b"x")
    machine = qemu.Machine("qemu-system-x86_64", tmp_path / "empty.elf", tmp_path / "initrd.cpio")
    ending = qemu.execute(machine.command("-- x", "console.log", "results.log"), tmp_path, 60)
    assert ending.status == 33, ending
