# SPDX-License-Identifier: MIT
"""Linux beside Ponte: fetched once, and one clear line when it cannot be. apt is a stand-in here."""
from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from grade import bench_peer, qemu
from grade.outcome import Ending
from grade.tests.conftest import Tree
from grade.tests.test_bench import LINES, run_bench

NAME = "linux-image-6.1.0-99-cloud-amd64"
LINUX = f"system Linux 6.1.0-99\n{LINES}bench sysv_round_trip_64 10000 ns\n"


class Apt:
    """apt-cache, apt-get and dpkg-deb as scripts; apt-get notes each download in `log`."""

    def __init__(self, directory: Path) -> None:
        self.bin, self.log = directory / "bin", directory / "log"
        self.bin.mkdir()
        self.log.touch()
        with tarfile.open(directory / "content.tar", "w") as archive:
            for name, content in (("./boot/config-6.1.0-99", b"#"), ("./boot/vmlinuz-6.1.0-99", b"a kernel")):
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        self.script("apt-cache", f"echo {bench_peer.METAPACKAGE}; echo '  Depends: {NAME}'")
        self.script("apt-get", f'echo "$*" >> "{self.log}"; echo x > {NAME}_1_amd64.deb')
        self.script("dpkg-deb", f'cat "{directory}/content.tar"')

    def script(self, name: str, body: str) -> None:
        (self.bin / name).write_text(f"#!/bin/sh\n{body}\n")
        (self.bin / name).chmod(0o755)


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Apt:
    made = Apt(tmp_path)
    monkeypatch.setenv("PATH", f"{made.bin}:{os.environ['PATH']}")
    return made


def test_the_kernel_is_fetched_once(apt: Apt, tmp_path: Path) -> None:
    for _ in range(2):
        image = bench_peer.kernel(tmp_path / "peer")
        assert image.read_bytes() == b"a kernel" and NAME in image.name
    assert apt.log.read_text() == f"download -q {NAME}\n"
    assert [path.name for path in (tmp_path / "peer").iterdir()] == [image.name]


@pytest.mark.parametrize("script, body, said", [
    ("apt-cache", "echo 'E: No packages found' >&2; exit 100", "No packages found"),
    ("apt-cache", "echo nothing", "apt-get update"),
    ("apt-get", "echo 'E: Failed to fetch it' >&2; exit 100", "Failed to fetch it"),
    ("dpkg-deb", "exit 2", "holds no kernel"),
    ("dpkg-deb", "exit 0", "holds no kernel")])
def test_no_kernel_is_one_line(apt: Apt, tmp_path: Path, script: str, body: str, said: str) -> None:
    apt.script(script, body)
    with pytest.raises(bench_peer.PeerError) as caught:
        bench_peer.kernel(tmp_path / "peer")
    assert said in str(caught.value) and "\n" not in str(caught.value)
    assert not list(tmp_path.glob("peer/*")), "something half done was left"


def test_no_apt_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(bench_peer.PeerError, match="Debian"):
        bench_peer.kernel(tmp_path / "peer")


def test_the_machine_is_ponte_s(tmp_path: Path) -> None:
    """But for the CPU model and the clock's start."""
    mine = qemu.Machine("qemu", tmp_path / "k", tmp_path / "i", cpus=1).command(
        bench_peer.APPEND, "console.log", "results.log")
    linux = bench_peer.command("qemu", tmp_path / "k", tmp_path / "i", "128M")
    assert [(a, b) for a, b in zip(mine, linux) if a != b] == [("max", "qemu64")]
    assert linux[len(mine):] == ["-rtc", "base=2024-01-01,clock=vm"]


def prepare(tree: Tree) -> None:
    """As if make had built the program and the kernel had been fetched."""
    peer = tree.root / "build/peer"
    peer.mkdir()
    (peer / "initrd.cpio").touch()
    (peer / f"{NAME}.vmlinuz").touch()


@pytest.fixture
def linux_tree(tree: Tree) -> Tree:
    prepare(tree)
    return tree


def test_whole_run(linux_tree: Tree) -> None:
    linux_tree.scenario(any={"results": LINES}, linux={"results": LINUX})
    done = run_bench(linux_tree, "--no-wall", "--peer", "linux")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Beside Linux 6.1.0-99" in done.stdout and bench_peer.OPTIONS in done.stdout
    assert '"sysv_round_trip_64": 10000' in (linux_tree.root / "build/bench.json").read_text()


def test_a_linux_that_panics(linux_tree: Tree) -> None:
    linux_tree.scenario(any={"results": LINES}, linux={"status": 0, "console": "Kernel panic - oh\n"})
    done = run_bench(linux_tree, "--no-wall", "--peer", "linux")
    assert done.returncode == 3 and "it panicked" in done.stderr and "Kernel panic - oh" in done.stderr
    assert "Traceback" not in done.stderr


def test_reasons() -> None:
    assert "600 s" in bench_peer.reason(Ending(watchdog=600.0))
    assert "call" in bench_peer.reason(Ending(status=35))
    assert "signal 9" in bench_peer.reason(Ending(signal=9))


def test_program_not_built(tree: Tree) -> None:
    done = run_bench(tree, "--no-wall", "--peer", "linux")
    assert done.returncode == 3 and "make bench PEER=linux" in done.stderr
