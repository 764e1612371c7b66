# SPDX-License-Identifier: MIT
"""What the text of a lab's file may say, and that nothing hides from who looks at it."""
from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from grade import source_rules

PATH = "ipc/port/port.c"
HONEST = '''\ufeff/* port.c: don't #include "/etc/passwd", nor asm("hlt") */
#include "ipc/port/port.h"
#include "own.h"
#include <stdint.h>
 # include <kernel/lib/list.h> // a comment
#pragma once
#pragma GCC diagnostic ignored "-Wunused-function"
#define TEXT "asm(\\"#include\\") \\
    /* not a comment"
#define CHARS { '"', '\\'', '\\\\', '#' }
#if defined TEXT && 1 /* of two
 lines */
#error it may say what it wants
#elif 0
#else
#endif
#undef TEXT
int asmara, section_of;
'''


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for path in ("ipc/port/port.h", "ipc/port/own.h", "kernel/lib/list.h", "ipc/pipe/pipe.c"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("")
    return tmp_path


def complaints(root: Path, text: str) -> list[str]:
    (root / PATH).write_bytes(text.encode())
    return list(source_rules.complaints(root, PATH))


def test_honest_texts(root: Path) -> None:
    assert complaints(root, HONEST) == []
    assert complaints(root, HONEST.replace("\n", "\r\n")) == []


@pytest.mark.parametrize("line, said", [
    # Assembly and what amounts to it, however it is written.
    ('void f(void) { __asm__("hlt"); }', "__asm__"),
    ('void f(void) { asm("hlt"); }', "asm"),
    ('void f(void) { __as\\\nm__("hlt"); }', "__asm__"),
    ('void f(void) { __as\\ \t\nm__("hlt"); }', "__asm__"),
    ("#define P(a, b) a##b", "##"),
    ("#define P(a, b) a%:%:b", "%:%:"),
    ('const char code[] __attribute__((section(".text"))) = "x";', "section"),
    ('const char code[] __attribute__((__section__(".text"))) = "x";', "__section__"),
    ('static void f(void) __attribute__((weakref("uart_write")));', "weakref"),
    ('_Pragma("GCC system_header")', "_Pragma"),
    # Files that are not Ponte's.
    ('#include "/etc/passwd"', "not Ponte's"), ('#include </etc/passwd>', "not Ponte's"),
    ('#include "../../../outside.h"', "not Ponte's"), ('#include "kernel/../../outside.h"', "not Ponte's"),
    ('#include "ipc/pipe/pipe.c"', "not Ponte's"), ("#include <stdio.h>", "not Ponte's"), ('#include "stdio.h"', "not Ponte's"),
    ('#include "/dev/zero"', "not Ponte's"), ("#include __FILE__", "directive"), ("#include NAME", "directive"),
    ('#include_next "own.h"', "directive"), ('#import "own.h"', "directive"), ('#embed "/etc/passwd"', "directive"),
    ('%:include "/etc/passwd"', "not Ponte's"), ('/* */ # /**/ include "/etc/passwd"', "not Ponte's"),
    ('#\\\ninclude "/etc/passwd"', "not Ponte's"), ('#inc\\  \nlude "/etc/passwd"', "not Ponte's"),
    ('# /*\n*/ include "/etc/passwd"', "directive"), ('#include /*\n*/ "/etc/passwd"', "directive"),
    ("#if __has_include(\"/etc/passwd\")", "__has_include"),
    # What makes the compiler keep quiet about what it reads, or gives names to others' functions.
    ("#pragma GCC system_header", "directive"), ('# 1 "port.c" 3', "directive"), ('#line 1 "port.c"', "directive"),
    ("#pragma redefine_extname f uart_write", "directive"), ("#pragma weak f = uart_write", "directive"),
    # What hides the rest from a reader who takes the text apart in another way than the compiler.
    ("#if 0\n' /*\n#endif\nasm(\"hlt\"); /* */", "': not closed"), ('const char *s = R"(" /*)"; asm("hlt"); /* */', 'R": no raw'),
    ("// \r /*\nasm(\"hlt\"); /* */", r"'\r'"), ("int a;\x1a", r"'\x1a'"), ("/* for ever", "/*: not closed"),
    ('#include "own.h\\" /* "\nasm("hlt"); /* */', "directive"),
])
def test_going_beyond(root: Path, line: str, said: str) -> None:
    found = complaints(root, HONEST + line + "\n")
    first = HONEST.count("\n") + 1
    assert found and said in found[0], found
    assert found[0].startswith((f"{PATH}:{first}: ", f"{PATH}:{first + 1}: ")), found


def test_what_was_given_may_stay(root: Path) -> None:
    """As it is, and only that."""
    given = "#define RIGHT(x) \\\n    RIGHT_##x\n"
    (root / PATH).write_text("int more;\n" + given)
    assert list(source_rules.complaints(root, PATH, given.encode())) == []
    (root / PATH).write_text("int more;\n" + given.replace("RIGHT_##x", "__as##x"))
    assert "##" in list(source_rules.complaints(root, PATH, given.encode()))[0]


def test_a_directive_behind_a_mark(root: Path) -> None:
    """A byte order mark is nothing to the compiler."""
    assert "not Ponte's" in complaints(root, '\ufeff#include "/etc/passwd"\n')[0]


@pytest.mark.parametrize("text", ['#pragma GCC system_header\n#include "/etc/hostname"\n', '# 1 "port.c" 3\n#include "/etc/hostname"\n'])
def test_why_the_compilers_notes_are_not_enough(root: Path, text: str) -> None:
    """It notes nothing of a file that it takes to be the system's."""
    (root / "ipc/port/own.h").write_text(text)
    (root / PATH).write_text('#include "own.h"\n')
    noted = subprocess.run(["gcc", "-E", "-MMD", "-MF", "/dev/stdout", "-o", "/dev/null", PATH], cwd=root, text=True,
                           capture_output=True, check=True).stdout
    assert "own.h" in noted and "hostname" not in noted
    assert "directive" in list(source_rules.complaints(root, "ipc/port/own.h"))[0]
