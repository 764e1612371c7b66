# SPDX-License-Identifier: MIT
"""The benchmark's tables, and that a slow figure is no failure."""
from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from grade import bench, bench_table, qemu
from grade.tests.conftest import Tree

LINES = ("bench boot_time 5 ns\nnoise\nbench null_syscall 61 ns\nbench pipe_bulk_512 3250 ps\n"
         "bench novelty 7 ns\n")


def run_bench(tree: Tree, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*tree.command()[:1], str(tree.root / "grade/bench.py"), *arguments],
                          env=tree.environment, text=True, capture_output=True, check=False)


def test_parse() -> None:
    assert bench_table.parse(LINES + "bench broken x ns\nbench short 1\n") == {
        "boot_time": 5, "null_syscall": 61, "pipe_bulk_512": 3.25, "novelty": 7}


def test_table_says_what_is_above_its_target() -> None:
    text = "\n".join(bench_table.table(bench_table.parse(LINES), {
        "qemu_alone": 0.1, "first_user": 0.15, "power_off": 0.2}))
    assert "61        60  above" in text and "0.150 s    0.20 s  ok" in text
    assert "3.250         4  ok" in text
    assert "novelty" in text and "boot_time" not in text


def test_comparison_has_a_row_for_each_way() -> None:
    ponte = {"port_round_trip_64": 2000, "pipe_bulk_512": 2.0}
    linux = {"sysv_round_trip_64": 10_000, "mq_round_trip_64": 11_000, "pipe_bulk_512": 6.5}
    lines = bench_table.beside(ponte, linux, "Linux 6.1", "mitigations=off")
    assert "Linux 6.1" in lines[0] and "mitigations=off" in lines[1]
    sysv = next(i for i, line in enumerate(lines) if "10,000" in line)
    assert lines[sysv].endswith("2,000    10,000    5.0  System V queues")
    assert lines[sysv + 1].split() == ["11,000", "5.5", "POSIX", "queues"]
    assert any("2.000     6.500    3.2" in line for line in lines)


def test_every_comparison_names_a_figure() -> None:
    known = [figure.name for figure in bench_table.COUNTED]
    assert len(known) == len(set(known)) and set(bench_table.LINUX) <= set(known)


def test_several_cpus() -> None:
    lines = bench_table.side_by_side({"null_syscall": 60}, {"null_syscall": 70}, 2)
    assert any(line.split() == ["null", "system", "call", "60", "70"] for line in lines)
    times = {kind: (900.0, 1200.0, 1000.0) for kind in bench_table.PAIRS}
    assert bench_table.together(times["pipe"], 2) == pytest.approx(1.8)
    text = "\n".join(bench_table.pairs_table(times, 2, 1))
    assert "1 processor\n" in text and "900     1,200     1,000   together 1.80" in text


def test_whole_run(tree: Tree) -> None:
    tree.scenario(any={"results": LINES})
    done = run_bench(tree, "--runs", "3")
    assert done.returncode == 0, done.stdout + done.stderr
    written = json.loads((tree.root / "build/bench.json").read_text())
    assert written["instructions"] == {"null_syscall": 61, "pipe_bulk_512": 3.25, "novelty": 7}
    assert set(written["seconds"]) == {"qemu_alone", "first_user", "power_off"}
    assert written["at_most"]["pipe_bulk_512"] == 4


def test_run_on_several_cpus(tree: Tree) -> None:
    tree.scenario(pairs={"results": "bench pairs 800 ns\n"}, any={"results": LINES})
    done = run_bench(tree, "--cpus", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "together 2.00" in done.stdout and not (tree.root / "build/bench.json").exists()
    written = json.loads((tree.root / "build/bench-2cpus.json").read_text())
    assert written["pairs_together"] == {"port": 2, "pipe": 2, "futex": 2}
    assert written["nanoseconds"]["null_syscall"] == 61


def test_pairs_without_a_figure(tree: Tree) -> None:
    tree.scenario(pairs={"results": ""}, any={"results": LINES})
    done = run_bench(tree, "--cpus", "2")
    assert done.returncode == 3 and "no figure" in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments, said", [
    (["--cpus", "0"], "CPUS=0"), (["--cpus", "9"], "CPUS=9"),
    (["--cpus", "2", "--peer", "linux"], "takes CPUS=1")])
def test_what_makes_no_sense(tree: Tree, arguments: list[str], said: str) -> None:
    done = run_bench(tree, *arguments)
    assert done.returncode == 3 and said in done.stderr and done.stderr.count("\n") == 1


def test_nothing_to_measure(tree: Tree) -> None:
    tree.scenario(any={"results": "", "status": 37, "console": "PANIC: no\n"})
    done = run_bench(tree)
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
