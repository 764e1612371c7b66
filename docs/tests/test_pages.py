# SPDX-License-Identifier: MIT
"""What the pages of docs/ name exists: files, functions, labs, tests, make's targets; and the guide map has all of it."""
from __future__ import annotations

import re

import pytest

from docs.book import links, source
from docs.book.source import ROOT
from grade.points import read_labs

PAGES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md"))
PLACE = re.compile(r"(?<![\w/])(?:kernel|ipc|user|grade|labs|docs)/[\w./*-]+")
# Only in the reference, or only in what students get.
NOT_EVERYWHERE = re.compile(r"docs/labs\.md$|labs/([^/]+/(instructor|mutants)\b|[^/]+\.py|tests/|current$)")
NAME = re.compile(r"\[`([^`]+)`\]\((\.\./[^)#]+\.[chS])\)")
KERNEL_TESTS = "grade/labs/test_kernel.py"
GUIDE = "docs/guide.md"


def code_of(text: str) -> str:
    """What stands in code: spans and blocks."""
    return "\n".join(re.findall(r"^```.*?^```|^(?: {4}[^\n]*\n)+|`[^`\n]+`", text, re.MULTILINE | re.DOTALL))


def missing_places(text: str) -> list[str]:
    """Files named in code that are not there; labN-name stands for any lab. Rust's are the guide's."""
    named = {place.rstrip(".") for place in PLACE.findall(code_of(text))
             if not place.endswith(".rs") and not NOT_EVERYWHERE.match(place)}
    return sorted(place for place in named
                  if not list(ROOT.glob(re.sub(r"labN[-_]name", "lab*", place).replace("NAME", "*").rstrip("/"))))


def missing_names(page: str, text: str) -> list[str]:
    """Functions, types and macros that a link promises and its file does not have."""
    wrong = []
    for name, link in NAME.findall(text):
        path, _ = links.target(page, link)
        try:
            source.find(path, name)
        except source.SourceError as error:
            wrong.append(str(error))
    return wrong


def ids_of(where: str) -> set[str]:
    """The tests that a lab's README, or the kernel's graders, stand for."""
    if where == KERNEL_TESTS:
        cases = re.search(r"^CASES = \{(.*?)^\}", source.read(where), re.MULTILINE | re.DOTALL)
        rows = re.findall(r'"(\w+)": \[(.*?)\]', cases[1] if cases else "", re.DOTALL)
        return {f"{program} {case}" for program, given in rows for case in re.findall(r'"(\w+)"', given)}
    return {test.id for lab in read_labs(ROOT) if f"{lab.directory}/README.md" == where for test in lab.tests}


def rows(text: str) -> list[list[str]]:
    """The guide map's rows: the cells of each."""
    found = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.split("\n") if line.startswith("| ")]
    return [row for row in found if row[0] != "the guide"]


def wrong_tests(text: str) -> list[str]:
    """What the third column names and no lab has; and rows without a test that do not say so."""
    wrong = []
    for row in rows(text):
        if len(row) != 4:
            wrong.append(f"{row[0]}: {len(row)} columns")
            continue
        groups = [re.fullmatch(r"\[(?:lab \d|kernel)\]\(\.\./([^)]+)\): (.+)", group) for group in row[2].split("; ")]
        if row[2] != "–" and not all(groups):
            wrong.append(f"{row[0]}: {row[2]}")
        wrong += [f"{row[0]}: {group[1]} has no test {test}" for group in groups if group
                  for test in group[2].split(", ") if test not in ids_of(group[1])]
    return wrong


@pytest.mark.parametrize("page", PAGES)
def test_places_and_names(page: str) -> None:
    text = source.read(page)
    assert missing_places(text) == []
    assert missing_names(page, text) == []
    links.links(page, text)  # each leads to a file


@pytest.mark.parametrize("page", PAGES)
def test_make_has_what_pages_tell_to_type(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^|[`$ ])make ((?:[a-z-]+ ?)+)", code_of(source.read(page)), re.MULTILINE))
    wrong = {word for words in named for word in words.split()[:1] if word not in targets}
    assert wrong == set()


def test_guide_map() -> None:
    assert wrong_tests(source.read(GUIDE)) == []


def test_guide_map_is_whole() -> None:
    """The guide's sections, the names in its sketches, its rules, its checklist."""
    text = source.read(GUIDE)
    sections = ["1. Purpose", "2. Structure", "3. Rules", "4.1 Message", "4.2 Port", "4.3 Channel", "Pipe",
                "4.4 Shared memory", "4.5 Futex", "5. Order", "6. Dependencies", "7. Checklist"]
    assert [title for title in re.findall(r"^## (.+)$", text, re.MULTILINE)][:-1] == sections
    left = " ".join(row[0] for row in rows(text))
    for name in ("mod.rs message.rs port.rs rights.rs channel.rs pipe.rs shm.rs futex.rs MessageHeader Message::new "
                 "with_data attach_handle PortId PortStatus Port::new try_recv recv close IpcError PortHandle Channel "
                 "ChannelPair ChannelEndpoint create_pair ShmId SharedMemory create map unmap ShmError FUTEX_TABLE wait "
                 "wake FutexError crate::sync crate::mm crate::sched crate::core::object").split():
        assert re.search(rf"\b{name}\b", left), name
    assert len(re.findall(r"^\| (?:never|always) ", text, re.MULTILINE)) == 6


def test_every_lab_has_its_defects() -> None:
    text = source.read(GUIDE)
    for lab in read_labs(ROOT):
        assert f"Section: [What the sketch forgets](../{lab.directory}/README.md" in text


def test_the_checks_can_fail() -> None:
    """Each on a page that is wrong in one way."""
    assert missing_places("see `kernel/nowhere.c` and `labs/labN-name/lab.toml`") == ["kernel/nowhere.c"]
    assert missing_names(GUIDE, "[`port_sned`](../ipc/port/port.h)") == ["ipc/port/port.h: nothing is called port_sned"]
    row = "| x | y | [lab 2](../labs/lab2-port/README.md): fifo, lifo | |"
    assert wrong_tests(row) == ["x: labs/lab2-port/README.md has no test lifo"]
    assert wrong_tests("| x | y | lab 2: fifo | |") and wrong_tests("| x | y | |")
    assert wrong_tests("| x | y | [kernel](../grade/labs/test_kernel.py): kernel_handle nothing | |")
    with pytest.raises(source.SourceError, match="which is not there"):
        links.links(GUIDE, "[x](../ipc/nowhere.h)")
