# SPDX-License-Identifier: MIT
"""Paragraphs that stand for something of the sources, and what takes their place in the site.

    Code: [waitq_sleep](../kernel/sched/waitq.c)       a function, type, macro or label, with its comment
    Head: [topology.h](../ipc/port/topology.h)         the comment at a file's head
    List: [RANK_LIST](../kernel/sync/spinlock.h)       a list of the X-macro kind, as a table
    Header: [layout.h](../kernel/abi/layout.h)         a whole header: head, constants, lists, types
    Calls: [ponte.h](../user/lib/ponte.h)              the system calls, with their contracts
    Section: [Moving](../labs/lab6-futex/README.md)    a section of another page, without its heading

Where nothing replaces them, on GitHub or in an editor, they are links to what they stand for.
"""
from __future__ import annotations

import re
from pathlib import PurePosixPath

from docs.book import abi, links, source
from docs.book.source import SourceError

QUOTE = re.compile(r"^(Code|Head|List|Header|Calls|Section): \[`?([^\]`]+)`?\]\(([^)#\s]+)(?:#\S*)?\)$", re.MULTILINE)
ALMOST = re.compile(r"^(Code|Head|List|Header|Calls|Section): *\[.*", re.MULTILINE)
LANGUAGES = {".c": "c", ".h": "c", ".S": "gas", ".py": "python", ".sh": "sh", ".ld": "text", ".toml": "toml"}


def language(path: str) -> str:
    """What a fenced block of this file's text is."""
    name = PurePosixPath(path)
    return "make" if name.name == "Makefile" else LANGUAGES.get(name.suffix, "text")


def fenced(text: str, kind: str) -> str:
    """Text as a block, whatever stands in it."""
    ticks = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, ticks + 1)
    return f"{fence}{kind}\n{text}\n{fence}"


def code(path: str, name: str, link: str) -> str:
    """One thing, under a line that says where it stands."""
    piece = source.find(path, name)
    return f"`{name}` in [{path}]({link}):\n\n{fenced(piece.text, language(path))}"


def section(path: str, title: str, page: str) -> str:
    """What stands under a heading of a page, up to the next of the same or a higher level."""
    text = source.read(path)
    heading = re.search(rf"^(#+) {re.escape(title)}\s*$", text, re.MULTILINE)
    if not heading:
        raise SourceError(f"{path}: has no section called {title}")
    rest = text[heading.end():]
    after = re.search(rf"^#{{1,{len(heading[1])}}} ", rest, re.MULTILINE)
    return links.rebase(path, rest[:after.start()] if after else rest, page).strip()


def replacement(page: str, kind: str, name: str, link: str) -> str:
    """What takes the place of one paragraph."""
    path, _ = links.target(page, link)
    if kind == "Code":
        return code(path, name, link)
    if kind == "Head":
        return f"The head of [{path}]({link}):\n\n{source.as_markdown(source.head(path))}"
    if kind == "List":
        return f"From [{path}]({link}):\n\n{abi.list_table(path, name)}"
    if kind == "Header":
        return f"From [{path}]({link}):\n\n{abi.header(path)}"
    if kind == "Calls":
        return abi.calls_markdown()
    return section(path, name, page)


def expand(page: str, text: str) -> str:
    """A page of docs/ with everything that it quotes."""
    def change(part: str) -> str:
        for match in ALMOST.finditer(part):
            if not QUOTE.fullmatch(match[0]):
                raise SourceError(f"{page}: not understood: {match[0]}")
        return QUOTE.sub(lambda match: replacement(page, *match.groups()), part)

    return links.outside_fences(text, change)
