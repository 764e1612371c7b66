# SPDX-License-Identifier: MIT
"""What a lab's files may not do, on small trees that are built as Ponte is."""
from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from grade import guard

HONEST = '#include "kernel/lib/list.h"\n\nvoid list_do(void);\nint port(int a)\n{\n    list_do(); /* no asm here */\n    return a;\n}\n'
GIVEN = {"kernel/lib/list.h": "", "kernel/lib/list.c": "void list_do(void) {}\n",
         "kernel/drivers/uart.h": "", "kernel/drivers/uart.c": "void uart_put(int c) { (void)c; }\n",
         "kernel/arch/io.h": "static inline void outb(void) {}\n"}
PORT = "ipc/port/port.c"


def complaints(root: Path, text: str, **more: str) -> list[str]:
    files = {**GIVEN, PORT: text, **{f"ipc/port/{name}.h": said for name, said in more.items()}}
    for path, said in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(said)
    for path in filter(lambda path: path.endswith(".c"), files):
        made = root / "build" / f"{path}.o"
        made.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["gcc", "-std=gnu11", "-I.", "-MMD", "-c", path, "-o", str(made)], cwd=root, check=True,
                       capture_output=True)
    own = [PORT, *(f"ipc/port/{name}.h" for name in more)]
    return guard.complaints(root, own, own)


def test_honest_files(tmp_path: Path) -> None:
    assert complaints(tmp_path, HONEST) == []
    assert complaints(tmp_path, "#include <stdint.h>\n" + HONEST) == []


@pytest.mark.parametrize("line, said", [
    ('void f(void) { __asm__("hlt"); }', "port.c:10: __asm__"),
    ('void f(void) { asm("hlt"); }', "port.c:10: asm"),
    ('void f(void) { __as\\\nm__("hlt"); }', "port.c:10: __asm__"),
    ("#define P(a, b) a##b", "##"),
    ("#define P(a, b) a%:%:b", "%:%:"),
    ('const char code[] __attribute__((section(".text"))) = "x";', "section"),
    ('const char code[] __attribute__((__section__(".text"))) = "x";', "section"),
    ('#include "kernel/drivers/uart.h"', "ports are not a lab's business"),
    ('#include "kernel/arch/io.h"', "ports are not a lab's business"),
    ('#include "../../outside.h"', "not Ponte's"),
    ("void uart_put(int c);\nvoid f(void) { uart_put(1); }", "uses uart_put"),
])
def test_going_beyond(tmp_path: Path, line: str, said: str) -> None:
    root = tmp_path / "tree"
    root.mkdir()
    (tmp_path / "outside.h").write_text("")
    (root / "ipc/port").mkdir(parents=True)
    found = complaints(root, HONEST + "\n" + line.replace("../../", "../../../") + "\n")
    assert len(found) == 1 and said in found[0], found


def test_through_a_header(tmp_path: Path) -> None:
    found = complaints(tmp_path, '#include "ipc/port/own.h"\n' + HONEST, own='#include "kernel/arch/io.h"\n')
    assert found == [f"{PORT}: includes kernel/arch/io.h: ports are not a lab's business"]
    assert "own.h:1: asm" in complaints(tmp_path, HONEST, own='asm("hlt");\n')[0]


def test_what_was_given_is_not_looked_at(tmp_path: Path) -> None:
    complaints(tmp_path, HONEST, rights="#define RIGHT(x) RIGHT_##x\n")
    assert guard.complaints(tmp_path, [PORT, "ipc/port/rights.h"], [PORT]) == []
