# SPDX-License-Identifier: MIT
"""docs/book/abi.py: the reference says what the sources say, and refuses what does not agree."""
from __future__ import annotations

import re

import pytest

from docs.book import abi, source
from docs.book.source import ROOT, SourceError

TEXTS = {path: (ROOT / path).read_text() for path in (abi.SYSCALLS, abi.ERRORS, abi.PROGRAMS)}


@pytest.fixture
def change(monkeypatch: pytest.MonkeyPatch):
    """change(path, old, new): the tree as if the file said so."""
    texts = dict(TEXTS)
    original = source.read

    def to(path: str, old: str, new: str) -> None:
        assert texts[path].count(old) == 1, old
        texts[path] = texts[path].replace(old, new)

    monkeypatch.setattr(source, "read", lambda path: texts.get(path) or original(path))
    return to


def test_every_call_is_described() -> None:
    listed = re.findall(r"SYSCALL\((\d+), (\w+), (\d)\)", TEXTS[abi.SYSCALLS])
    page = abi.calls_markdown()
    assert len(listed) == int(re.search(r"SYSCALL_COUNT (\d+)", TEXTS[abi.SYSCALLS])[1])  # type: ignore[index]
    for number, name, count in listed:
        assert f"| {number} | [`sys_{name}`](#{name}) | {count} |" in page
        described = page.split(f"#### sys_{name} {{")[1].split("####")[0]
        assert re.search(rf"\bsys_{name}\(", described) and len(described.split("```")[2].split()) >= 3, name


def test_every_error_is_listed() -> None:
    page = abi.header(abi.ERRORS)
    listed = re.findall(r'ERROR\((ERR_\w+), (-\d+), "(.*?)"\)', TEXTS[abi.ERRORS])
    assert len(listed) > 20 and abi.errors() == [name for name, _, _ in listed]
    for name, value, text in listed:
        assert f'| <span id="{name}">`{name}`</span> | {value} | {text} |' in page


def test_a_call_without_a_prototype(change) -> None:
    change(abi.SYSCALLS, "SYSCALL(46, futex_requeue, 5)", "SYSCALL(46, futex_requeue, 5) \\\n    SYSCALL(47, futex_new, 1)")
    with pytest.raises(SourceError, match="no prototype of system call 47, sys_futex_new"):
        abi.calls()


def test_a_prototype_without_a_call(change) -> None:
    change(abi.SYSCALLS, "    SYSCALL(45, futex_wake, 2)       \\\n", "")
    with pytest.raises(SourceError, match="does not list futex_wake"):
        abi.calls()


def test_another_number_of_arguments(change) -> None:
    change(abi.SYSCALLS, "SYSCALL(45, futex_wake, 2)", "SYSCALL(45, futex_wake, 3)")
    with pytest.raises(SourceError, match="sys_futex_wake has 2 arguments.* says 3"):
        abi.calls()


def test_a_call_without_a_contract(change) -> None:
    change(abi.PROGRAMS, "/* Sleeps until the deadline. */\n", "")
    with pytest.raises(SourceError, match="sys_thread_sleep has no contract"):
        abi.calls()


def test_an_error_that_is_none(change) -> None:
    change(abi.ERRORS, "ERROR(ERR_CYCLE, ", "ERROR(ERR_RING, ")
    with pytest.raises(SourceError, match="ERR_CYCLE is not in"):
        abi.calls()


def test_a_row_too_short(change) -> None:
    change(abi.ERRORS, 'ERROR(ERR_EMPTY, -12, "the queue is empty and the call may not wait")', "ERROR(ERR_EMPTY, -12)")
    with pytest.raises(SourceError, match="ERR_EMPTY"):
        abi.errors()


def test_constants_lists_and_types(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "ROOT", tmp_path)
    (tmp_path / "x.h").write_text("""\
/* SPDX-License-Identifier: MIT */
/* x.h: an example. */
#define FIRST 1

/* About both. */
#define SECOND 2 /* its own | meaning */
#define THIRD  (3 + 1)

/* ROW(name, text): all of them. */
#define ROW_LIST(ROW) \\
    ROW(A, "one (1), or so") \\
    ROW(B, "two")
#define ROW_ENUM(name, text) X_##name,
enum x { ROW_LIST(ROW_ENUM) };

/* A pair. */
struct pair {
    int a, b;
};
""")
    page = abi.header("x.h")
    assert "| `FIRST` | `1` |  |" in page
    assert r"| `SECOND` | `2` | its own \| meaning |" in page and "| `THIRD` | `(3 + 1)` | About both. |" in page
    assert "| name | text |" in page and "| `X_A` | one (1), or so |" in page and "| `X_B` | two |" in page
    assert "/* A pair. */\nstruct pair {" in page and "ROW_ENUM" not in page


def test_the_page_has_every_header() -> None:
    page = (ROOT / "docs/abi.md").read_text()
    for path in sorted((ROOT / "kernel/abi").glob("*.h")):
        assert f"](../kernel/abi/{path.name})" in page, path.name
