# SPDX-License-Identifier: MIT
"""What a lab's files may not do, on small trees that are built as Ponte is."""
from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from grade import guard

HONEST = '#include "kernel/lib/list.h"\n#include <stdint.h>\nvoid list_do(void);\nint port(int a);\nint port(int a)\n{\n    list_do();\n    return a;\n}\n'
LOCK = "int sys_futex_wait(int *word);\nint mutex_lock(int *word);\nint mutex_lock(int *word)\n{\n    return sys_futex_wait(word);\n}\n"
PORT, GIVEN_HEADER, MUTEX = "ipc/port/port.c", "ipc/port/port.h", "user/lib/mutex.c"
GIVEN = {"kernel/lib/list.h": "", "kernel/lib/list.c": "void list_do(void) {}\n",
         "kernel/drivers/uart.h": "", "kernel/drivers/uart.c": "void uart_put(int c) { (void)c; }\n",
         "kernel/object/console.c": "void console_write(void) {}\n",
         "kernel/arch/io.h": "static inline void outb(void) {}\n",
         GIVEN_HEADER: "", PORT: HONEST,
         "ipc/pipe/pipe.c": '#define PIPE\n#include "ipc/port/port.h"\nint pipe_is;\n',
         "kernel/main.c": 'void uart_put(int c);\nvoid kernel_main(void) { uart_put(1); }\n',
         "user/lib/test.c": "void test_check(int ok) { (void)ok; }\n", "user/lib/string.c": "void *memset(void *p) { return p; }\n",
         "user/lib/syscalls.c": "int sys_futex_wait(int *w) { return *w; }\nint sys_console_write(void) { return 0; }\n", MUTEX: LOCK}
CALL = "void {0}(int c);\nvoid f(void);\nvoid f(void) {{ {0}(1); }}\n"


def build(root: Path, files: dict[str, str]) -> guard.Names:
    for path, said in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(said)
    for path in filter(lambda path: path.endswith(".c"), files):
        made = root / "build" / f"{path}.o"
        made.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["gcc", "-std=gnu11", "-ffreestanding", "-I.", "-MMD", "-c", path, "-o", str(made)], cwd=root, check=True,
                       capture_output=True)
    return guard.names(root)


def complaints(root: Path, changes: dict[str, str]) -> list[str]:
    root = root / "a tree"
    before = build(root, GIVEN)
    build(root, {**GIVEN, **changes})
    return guard.complaints(root, [PORT, GIVEN_HEADER, MUTEX], before)


def test_honest_files(tmp_path: Path) -> None:
    """What given files use that a lab may not is theirs to use."""
    assert complaints(tmp_path, {}) == []
    assert complaints(tmp_path, {MUTEX: LOCK + CALL.format("memset")}) == []


@pytest.mark.parametrize("header", ["kernel/drivers/uart.h", "kernel/arch/io.h"])
def test_ports(tmp_path: Path, header: str) -> None:
    """Also through the lab's own header, and when only a file of another lab includes it."""
    said = f"includes {header}: ports are not a lab's business"
    assert complaints(tmp_path / "1", {PORT: f'#include "{header}"\n{HONEST}'}) == [f"{PORT}: {said}"]
    only = f'#ifdef PIPE\n#include "{header}"\n#endif\n'
    assert complaints(tmp_path / "2", {GIVEN_HEADER: only}) == [f"ipc/pipe/pipe.c: {said}"]


def test_a_file_from_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "outside.h").write_text("")
    (found,) = complaints(tmp_path, {PORT: '#include "../../../outside.h"\n' + HONEST})
    assert "not Ponte's" in found


@pytest.mark.parametrize("name", ["uart_put", "console_write"])
def test_calls(tmp_path: Path, name: str) -> None:
    """No header is needed for a call; and a header of the lab's may call from another's file."""
    said = f"uses {name}, which is not what a lab stands on"
    assert complaints(tmp_path / "1", {PORT: HONEST + CALL.format(name)}) == [f"{PORT}: {said}"]
    only = f"#ifdef PIPE\n{CALL.format(name)}#endif\n"
    assert complaints(tmp_path / "2", {GIVEN_HEADER: only}) == [f"ipc/pipe/pipe.c: {said}"]


def test_the_library(tmp_path: Path) -> None:
    """A lock that says itself that the test has passed, or is linked instead of what says it."""
    for name in ("sys_console_write", "test_check"):
        assert complaints(tmp_path / name, {MUTEX: LOCK + CALL.format(name)}) == [
            f"{MUTEX}: uses {name}, which a lock does not need"]
    assert complaints(tmp_path / "3", {MUTEX: LOCK + "void test_check(int ok) { (void)ok; }\n"}) == [
        f"{MUTEX}: defines test_check, which is user/lib/test.c's"]
