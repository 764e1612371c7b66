# SPDX-License-Identifier: MIT
"""setup.sh, doctor.py and python.sh on machines that lack things: PATH holds only what a test puts there."""
from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grade import doctor

GRADE = Path(__file__).resolve().parent.parent
ALWAYS = ["sh", "dirname", "grep", "env", "cat", "chmod", "touch", "ln"]
TOOLS = ["gcc", "ld", "objdump", "make", "gdb", "cpio", "patch", "git", "cppcheck", "mkdocs"]


class Host:
    """A machine: `bin` is its PATH. apt-get and sudo note what they are asked for in `log`."""

    def __init__(self, root: Path) -> None:
        self.bin, self.log, self.share = root / "bin", root / "log", root / "share"
        self.bin.mkdir()
        self.share.mkdir()
        self.log.touch()
        (self.share / "qboot.rom").touch()
        for name in ALWAYS:
            (self.bin / name).symlink_to(shutil.which(name) or f"/bin/{name}")
        self.script("uname", "echo x86_64")
        self.script("id", "echo 0")

    def script(self, name: str, body: str) -> None:
        (self.bin / name).write_text(f"#!/bin/sh\n{body}\n")
        (self.bin / name).chmod(0o755)

    def tools(self) -> None:
        """Everything that is needed."""
        for name in TOOLS:
            self.script(name, "exit 0")
        self.script("qemu-system-x86_64", f'[ "$1" = -L ] && echo "{self.share}"; exit 0')
        self.script("python3", f'exec "{sys.executable}" "$@"')

    def apt(self, gives: str) -> None:
        """An apt-get that installs the tool `gives`."""
        self.script("apt-get", f'echo "apt-get $*" >> "{self.log}"\n[ "$1" = update ] || '
                    f'{{ printf "#!/bin/sh\\n" > "{self.bin}/{gives}"; chmod 755 "{self.bin}/{gives}"; }}')

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([str(self.bin / "sh"), *command], text=True, capture_output=True,
                              env={"PATH": str(self.bin)}, check=False)

    def setup(self) -> subprocess.CompletedProcess[str]:
        return self.run(str(GRADE / "setup.sh"))


@pytest.fixture
def host(tmp_path: Path) -> Host:
    made = Host(tmp_path)
    made.tools()
    return made


def test_setup_with_nothing_to_do(host: Host) -> None:
    host.apt("nothing")
    done = host.setup()
    if any(name in done.stdout for name in ("xdist", "toml", "pygments")):
        pytest.skip("this Python lacks a package, so there is something to do")
    assert done.returncode == 0 and "nothing to do" in done.stdout, done.stdout
    assert host.log.read_text() == ""


def test_setup_installs_only_what_is_missing(host: Host) -> None:
    (host.bin / "cpio").unlink()
    host.apt("cpio")
    done = host.setup()
    assert done.returncode == 0 and "missing: cpio" in done.stdout, done.stdout + done.stderr
    update, install = host.log.read_text().splitlines()
    assert update.startswith("apt-get update") and install.endswith("--no-install-recommends cpio")
    assert "nothing to do" in host.setup().stdout


def test_setup_installs_what_the_book_needs(host: Host) -> None:
    (host.bin / "mkdocs").unlink()
    host.apt("mkdocs")
    done = host.setup()
    assert done.returncode == 0 and "missing: mkdocs" in done.stdout, done.stdout + done.stderr
    assert host.log.read_text().splitlines()[1].split()[-1] == "mkdocs"


def test_setup_needs_a_way_to_become_root(host: Host) -> None:
    (host.bin / "cpio").unlink()
    host.apt("cpio")
    host.script("id", "echo 1000")
    done = host.setup()
    assert done.returncode == 1 and "no sudo" in done.stderr and host.log.read_text() == ""
    host.script("sudo", f'echo sudo >> "{host.log}"; exec "$@"')
    assert host.setup().returncode == 0 and "sudo" in host.log.read_text()


def test_setup_that_does_not_help(host: Host) -> None:
    (host.bin / "cpio").unlink()
    host.apt("something-else")
    done = host.setup()
    assert done.returncode == 1 and "still missing: cpio" in done.stderr
    host.script("apt-get", "exit 100")
    assert "could not install" in host.setup().stderr
    (host.bin / "apt-get").unlink()
    done = host.setup()
    assert done.returncode == 1 and "no package manager" in done.stderr


def test_setup_wants_the_firmware_too(host: Host) -> None:
    (host.share / "qboot.rom").unlink()
    host.apt("x")
    assert "missing: qemu" in host.setup().stdout


def doctor_on(host: Host, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(GRADE / "doctor.py")], text=True, check=False,
                          capture_output=True, env={"PATH": str(host.bin), **more})


def test_doctor_names_each_problem(host: Host) -> None:
    host.script("gcc", """case $1 in -print-file-name=*) echo libc.a ;;
                *) echo 'gcc (Debian 12.2.0-14) 12.2.0' ;; esac""")
    host.script("ld", "echo 'GNU ld (GNU Binutils for Debian) 2.40'")
    host.script("objdump", "echo 'GNU objdump (GNU Binutils for Debian) 2.40'")
    host.script("make", "echo 'GNU Make 4.2.1'")
    host.script("git", "echo 'git version 2.39.5'")
    host.script("patch", "echo 'GNU patch 2.7.6'")
    host.script("qemu-system-x86_64", "echo 'QEMU emulator version 6.2.0 (Debian 1:6.2)'")
    (host.bin / "cpio").unlink()
    done = doctor_on(host)
    assert done.returncode == 1, done.stdout
    words = {line.split()[1]: line.split()[0] for line in done.stdout.splitlines()[:-1]}
    assert words["gcc"] == words["ld"] == words["git"] == "ok"
    assert words["make"] == words["qemu-system-x86_64"] == "OLD"
    assert words["cpio"] == words["qboot.rom"] == "MISSING"
    assert words["gdb"] == words["mkdocs"] == words["libc.a"] == "optional"
    assert "4 problems" in done.stdout.splitlines()[-1]
    assert "Traceback" not in done.stdout + done.stderr


def test_doctor_knows_which_mkdocs_will_do(host: Host) -> None:
    host.script("mkdocs", "echo 'mkdocs, version 1.4.2 from /usr/lib/python3/dist-packages/mkdocs (Python 3.11)'")
    assert "ok       mkdocs               1.4.2" in doctor_on(host).stdout
    host.script("mkdocs", "echo 'mkdocs, version 1.1.2 from /usr/lib (Python 3.8)'")
    assert "make docs needs it; 1.1.2 is too old" in doctor_on(host).stdout


def test_doctor_on_an_empty_machine(tmp_path: Path) -> None:
    done = doctor_on(Host(tmp_path))
    assert done.returncode == 1 and "Traceback" not in done.stdout + done.stderr
    assert "MISSING  gcc" in done.stdout and "make setup" in done.stdout


def test_doctor_reads_versions() -> None:
    assert doctor.gcc_version("gcc (Ubuntu 13.2.0-23ubuntu4) 13.2.0\n") == (13, 2, 0)
    assert doctor.gcc_version("Debian clang version 14.0.6\n") == (14, 0, 6)
    assert doctor.version_in("no number") is None
    assert doctor.judge("x", (15, 1), (12,), (14,)).word == "newer"
    assert doctor.judge("x", (14, 9), (12,), (14,)).word == "ok"
    assert doctor.judge("x", (11,), (12,)).word == "OLD"


def test_python_finder(tmp_path: Path) -> None:
    """The first python3 in PATH has no pytest, PYTHON has."""
    finder = str(GRADE / "python.sh")
    host = Host(tmp_path)
    host.script("python3", "exit 1")
    environment = {"PATH": str(host.bin), "PYTHON": sys.executable}
    found = subprocess.run([str(host.bin / "sh"), finder], text=True, capture_output=True,
                           check=False, env=environment)
    assert found.returncode == 0 and os.path.samefile(found.stdout.strip(), sys.executable)
    environment.update(PYTHON=str(host.bin / "python3"), PONTE_NO_SYSTEM_PYTHON="1")
    lost = subprocess.run([str(host.bin / "sh"), finder], text=True, capture_output=True,
                          check=False, env=environment)
    assert lost.returncode == 1 and not lost.stdout and lost.stderr.count("\n") == 1
