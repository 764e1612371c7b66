# SPDX-License-Identifier: MIT
"""The pages of this tree; and pages with something wrong in them, each of which must be caught."""
from __future__ import annotations

from pathlib import Path

import pytest

from labs import handouts, pages, trees
from labs.labs import ROOT
from labs.pages import Block

PAGE = "labs/lab2-port/README.md"
SOURCES = {"ipc/port/port.c": "status_t port_send(struct port *port)\n{\n    return room;\n}\n", "docs/x.md": "# A `port_send`: d-e\n\n# Twice\n\n# Twice\n",
           "labs/lab2-port/instructor/README.md": "# Answers\n"}


def wrong(text: str) -> list[str]:
    """What is found wrong in a page of lab 2 with this text."""
    files = {**SOURCES, PAGE: f"# Lab 2\n\n{text}\n"}
    tree = {path: trees.File(text.encode()) for path, text in files.items()}
    return [str(problem).partition(f"{PAGE}:3: ")[2] for problem in pages.check(tree)]


def block(kind: str, *lines: str) -> Block:
    return Block(PAGE, 1, kind, lines, (), "")


def test_this_tree() -> None:
    assert [str(problem) for problem in pages.check(trees.read_directory(ROOT))] == []


@pytest.mark.parametrize("text", [
    "[a](#lab-2) [b](../../docs/x.md#a-port_send-d-e) [c](../../docs/x.md#twice-1) [d](../../ipc/port) [e](https://x.org/#y)",
    "`port_send` `port_send()` `struct port` `ipc/port/` `a + b` `build/x.c` `RUN=1`",
    "<!-- names: try_recv user/bin/rate.c -->\n\n`try_recv` `user/bin/rate.c`",
    "```c\ntry_recv();  [a](b)\n```", "1. one\n\n   ```c\n   `try_recv`\n   ```",
    "`port.c` `room` [a](../../ipc/port/port.c#L2) [b](../../ipc#x) [two\nlines](#lab-2) `struct\nport`",
])
def test_nothing_wrong(text: str) -> None:
    assert wrong(text) == []


@pytest.mark.parametrize("text, said", [
    ("[a](../x.md)", "dead link: there is no labs/x.md"),
    ("[a](#lab-3)", f"dead link: {PAGE} has no section #lab-3"),
    ("[a](../../docs/x.md#twice-2)", "dead link: docs/x.md has no section #twice-2"),
    ("[a](instructor/README.md)", "dead link: labs/lab2-port/instructor/README.md is in no student's tree"),
    ("`port_sent`", "there is no port_sent"), ("`port_sent()`", "there is no port_sent()"),
    ("`room()`", "there is no room()"), ("`prt.c`", "there is no prt.c"),
    ("[two\nlines](../x.md)", "dead link: there is no labs/x.md"), ("```sh\nmake", "this fence is never closed"),
    ("`ipc/port/prt.c`", "there is no ipc/port/prt.c"),
    ("```gdb\n(gdb) bt\n```", "no make qemu-gdb above this session"),
])
def test_wrong(text: str, said: str) -> None:
    assert wrong(text) == [said]


@pytest.mark.parametrize("before, kind, path, tree", [
    ("", "sh", PAGE, "lab2-port-solution"), ("", "gdb", PAGE, "lab2-port"), ("", "console", PAGE, "lab2-port"),
    ("<!-- in: solution -->", "gdb", PAGE, "lab2-port-solution"), ("<!-- in: reference -->", "sh", PAGE, "main"),
    ("", "sh", "README.md", "main"), ("<!-- in: lab1-message -->", "gdb", "docs/x.md", "lab1-message"),
])
def test_which_tree(before: str, kind: str, path: str, tree: str) -> None:
    found = pages.blocks(path, f"text\n\n{before}\n```{kind}\nx\n```\n")
    assert [one.tree for one in found] == [tree]


def test_blocks() -> None:
    text = ('```sh\nmake qemu-gdb RUN="a"\nmake gdb\n```\n\n<!-- not run: it is\nlong -->\n```gdb\n(gdb) bt\n#0  x\n```\n'
            '\n```console\nponte$ ls\n```\n')
    text += "\n1. one\n\n   ```sh\n   false\n     or so\n   ```\n"
    first, second, third, fourth = pages.blocks(PAGE, text)
    assert (fourth.kind, fourth.lines) == ("sh", ("false", "  or so"))
    assert (first.machine, second.machine) == ('make qemu-gdb RUN="a"',) * 2
    assert second.comment("not run") == "it is\nlong" and not third.comment("not run")
    assert handouts.exchanges(second) == [("(gdb) ", "bt", "#0  x\n")]
    assert handouts.exchanges(third) == [("ponte$ ", "ls", "")]


@pytest.mark.parametrize("page, machine, debugger", [
    ("one\ntwo", "one\r\ntwo\r\n", False), ("one  two", "one\ntwo", False), ("", "", False),
    ("a ... c\n...\nz", "a b c\nd\ne\nz", False), ("...\nz", "z", False), ("from=...,", "from=...,", True),
    ("at 0xffffffff80116900: file a.c, line 302.\n302\tx", "at 0xffffffff80116904: file a.c, line 3.\n3\tx", True),
    ("<f+52> (2 locations) a.c:1", "<f+54> (3 locations) a.c:2", True),
])
def test_the_same(page: str, machine: str, debugger: bool) -> None:
    handouts.compare("x", page, machine, debugger)


@pytest.mark.parametrize("page, machine, debugger", [
    ("one", "two", False), ("one", "one\ntwo", False), ("one\n...", "zero\none", False), ("", "x", False),
    ("a.c:1", "a.c:2", False), ("$1 = 3", "$1 = 4", True), ("a.c:1", "b.c:1", True), ("1\tx();", "1\ty();", True),
])
def test_not_the_same(page: str, machine: str, debugger: bool) -> None:
    with pytest.raises(handouts.Differs):
        handouts.compare("x", page, machine, debugger)


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What hangs here does so for a few seconds only."""
    monkeypatch.setattr(handouts, "SECONDS", 10)


class Yard(handouts.Yard):
    """A directory in which the machine is a script that reads lines."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.environment = {"PATH": "/usr/bin:/bin", "TERM": "dumb"}
        (directory / "Makefile").write_text("qemu:\n\t@sh machine.sh\n")
        (directory / "machine.sh").write_text(
            "while printf 'ponte$ ' && read -r line; do\n"
            '  case $line in shutdown) echo "The machine goes off."; exit 0 ;; *) echo "did $line" ;; esac\ndone\n')


@pytest.mark.parametrize("good, lines", [
    (True, ("true", "test -f Makefile  # here")), (False, ("false", "true")), (False, ("no_such_command",)),
    (True, ("make qemu",)), (False, ("make qemu && false",)), (True, ("make gdb",)), (False, ("make nothing",)),
])
def test_a_script(tmp_path: Path, good: bool, lines: tuple[str, ...]) -> None:
    yard = Yard(tmp_path)
    if good:
        yard.run(block("sh", *lines))
    else:
        with pytest.raises(handouts.Differs):
            yard.run(block("sh", *lines))


@pytest.mark.parametrize("good, lines", [
    (True, ("ponte$ ls", "did ls", "ponte$ ps", "did ps")), (True, ("$ echo a", "a", "ponte$ ls", "...")),
    (False, ("ponte$ ls", "did ps")), (False, ("$ echo a", "b")), (False, ("$ false", "")),
    (False, ("ponte$ ls", "", "ponte$ ps", "did ps")),
])
def test_a_conversation(tmp_path: Path, good: bool, lines: tuple[str, ...]) -> None:
    pytest.importorskip("pexpect")
    yard = Yard(tmp_path)
    if good:
        yard.run(block("console", *lines))
    else:
        with pytest.raises(handouts.Differs):
            yard.run(block("console", *lines))


@pytest.mark.parametrize("version, same", [
    ("gcc (Debian 12.2.0-14) 12.2.0", True), ("gcc (Ubuntu 13.2.0-23ubuntu4) 13.2.0", False),
    ("Debian clang version 14.0.6", False), ("gcc (Debian 14.2.0-12) 14.2.0", False)])
def test_whose_code_gdb_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, same: bool) -> None:
    compiler = tmp_path / "cc"
    compiler.write_text(f"#!/bin/sh\necho '{version}'\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("CC", str(compiler))
    assert handouts.same_compiler() is same
