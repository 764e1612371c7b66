# SPDX-License-Identifier: MIT
"""What pages say that can be looked up: their links, the names in their text, their fenced blocks.

Pages are the README.md of the tree and of each lab, labs/*/instructor, and docs/. Comments in them steer what is done:

    <!-- names: create_pair user/bin/rate.c -->    names that are the guide's, or the reader's to make
    <!-- in: starter -->                           before a block: the tree in which it is run, or solution,
                                                   reference, a branch
    <!-- not run: it takes a person -->            before a block: it is not, and why
"""
from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from labs import trees
from labs.markers import Problem

PAGE = re.compile(r"README\.md|docs/[^/]+\.md|labs/[^/]+/(instructor/)?README\.md")
FENCE = re.compile(r"( *)```(\w*)$")
COMMENT = re.compile(r"<!-- (names|in|not run): (.*?) -->", re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PARAGRAPH = re.compile(r"(?:.+\n?)+")
CODE = re.compile(r"`([^`]+)`")
NAME = re.compile(r"([A-Za-z_]\w*)(\(\))?")
PATH = re.compile(r"(?:kernel|ipc|user|grade|labs|docs)/[\w./-]+")
FILE = re.compile(r"[\w-]+\.(?:c|h|S|py|sh|ld)")
# Functions and macros with arguments in C, labels in assembly, functions in Python, system calls.
FUNCTIONS = [re.compile(pattern, re.MULTILINE) for pattern in (
    r"^[A-Za-z_][\w \t*]*?\b(\w+)\(", r"^[ \t]*#[ \t]*define[ \t]+(\w+)\(", r"\.globa?l[ \t]+(\w+)",
    r"^[ \t]*def (\w+)\(")]
CALL = re.compile(r"\bSYSCALL\(\d+, (\w+),")
SOURCES = ("kernel/", "ipc/", "user/", "grade/", "labs/", "Makefile", ".gdbinit")


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    path: str
    line: int  # of its fence
    kind: str  # what stands behind the fence: sh, console, gdb, or anything
    lines: tuple[str, ...]
    comments: tuple[tuple[str, str], ...]  # that stand just before it
    machine: str  # the nearest `make qemu-gdb ...` above it, or ""

    def comment(self, key: str) -> str:
        return dict(self.comments).get(key, "")

    @property
    def tree(self) -> str:
        """The branch to run it in."""
        lab = re.match(r"labs/(lab[1-9]\d*-\w+)/README", self.path)
        usual = ("solution" if self.kind == "sh" else "starter") if lab else "reference"
        where = self.comment("in") or usual
        names = {"reference": "main"}
        if lab:
            names |= {"starter": lab[1], "solution": f"{lab[1]}-solution"}
        return names.get(where, where)


def is_page(path: str) -> bool:
    return PAGE.fullmatch(path) is not None


def blocks(path: str, text: str) -> list[Block]:
    """The page's fenced blocks, in order."""
    found: list[Block] = []
    lines = text.splitlines()
    machine, at = "", 0
    while at < len(lines):
        if not (fence := FENCE.match(lines[at])):
            at += 1
            continue
        indent, kind = fence[1], fence[2]
        end = next((n for n in range(at + 1, len(lines)) if lines[n] == f"{indent}```"), len(lines))
        inside = tuple(line.removeprefix(indent) for line in lines[at + 1:end])
        comments = tuple(COMMENT.findall("\n".join(lines[max(at - 3, 0):at]).rpartition("\n\n")[2]))
        if kind == "sh":
            machine = next((line for line in reversed(inside) if line.startswith("make qemu-gdb")), machine)
        found.append(Block(path, at + 1, kind, inside, comments, machine))
        at = end + 1
    return found


def _prose(text: str) -> Iterator[tuple[int, str]]:
    """The numbered lines that are in no fenced block."""
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip(" ").startswith("```"):
            inside = not inside
            yield number, ""
        else:
            yield number, "" if inside else line


def _paragraphs(text: str) -> Iterator[tuple[int, str]]:
    """What stands together in no fenced block, with the number of its first line: names and links may be broken."""
    prose = "\n".join(line for _, line in _prose(text))
    for found in PARAGRAPH.finditer(prose):
        yield prose.count("\n", 0, found.start()) + 1, found[0]


def _ends(text: str) -> Iterator[int]:
    """The line of a fence that is never closed."""
    fences = [number for number, line in enumerate(text.splitlines(), 1) if line.lstrip(" ").startswith("```")]
    if len(fences) % 2:
        yield fences[-1]


def anchors(text: str) -> set[str]:
    """The anchors that GitHub makes of the headings."""
    found: list[str] = []
    for _, line in _prose(text):
        if heading := re.match(r"#+ +(.*?) *$", line):
            plain = LINK.sub(lambda link: link[0][1:].split("]")[0], heading[1]).lower()
            found.append(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return {f"{a}-{found[:n].count(a)}" if a in found[:n] else a for n, a in enumerate(found)}


def _target(tree: trees.Tree, page: str, link: str) -> str:
    """What is wrong with a link in the page, or nothing."""
    file, _, anchor = link.partition("#")
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page), file)) if file else page
    if path not in tree and not any(other.startswith(f"{path}/") for other in tree):
        return f"there is no {path}"
    if trees.HIDDEN.fullmatch(path) and not trees.HIDDEN.fullmatch(page):
        return f"{path} is in no student's tree"
    if anchor and path.endswith(".md") and anchor not in anchors(trees.text_of(tree[path])):
        return f"{path} has no section #{anchor}"
    return ""


@dataclass(frozen=True)
class _Names:
    """What there is in the tree to be named."""

    words: set[str]
    functions: set[str]
    files: set[str]  # without their directories


def _names(tree: trees.Tree) -> _Names:
    """All that is a name somewhere in the sources."""
    texts = [trees.text_of(file) for path, file in tree.items() if path.startswith(SOURCES) and not is_page(path)]
    words = {word for text in texts for word in re.findall(r"\w+", text)}
    functions = {name for text in texts for pattern in FUNCTIONS for name in pattern.findall(text)}
    functions |= {f"sys_{name}" for text in texts for name in CALL.findall(text)}
    return _Names(words | {part for path in tree for part in re.split(r"\W+", path)}, functions,
                  {posixpath.basename(path) for path in tree})


def _unknown(code: str, tree: trees.Tree, names: _Names) -> bool:
    """Whether it is the name of something, and there is nothing of that name."""
    if PATH.fullmatch(code):
        path = code.rstrip("/")
        return path not in tree and not any(other.startswith(f"{path}/") for other in tree)
    if FILE.fullmatch(code):
        return code not in names.files
    name = NAME.fullmatch(code)
    return name is not None and name[1] not in (names.functions if name[2] else names.words)


def _said(tree: trees.Tree, page: str, text: str, names: _Names) -> Iterator[Problem]:
    """Dead links and names of nothing in one page."""
    allowed = {name for key, told in COMMENT.findall(text) if key == "names" for name in told.split()}
    for first, paragraph in _paragraphs(text):
        def at(match: re.Match[str]) -> int:
            return first + paragraph.count("\n", 0, match.start())
        for link in LINK.finditer(CODE.sub(lambda code: re.sub(r"[^\n]", " ", code[0]), paragraph)):
            if "://" not in link[1] and (wrong := _target(tree, page, link[1])):
                yield Problem(page, at(link), f"dead link: {wrong}")
        for code in CODE.finditer(paragraph):
            name = " ".join(code[1].split())
            if name not in allowed and _unknown(name, tree, names):
                yield Problem(page, at(code), f"there is no {name}")


def check(tree: trees.Tree) -> list[Problem]:
    """Dead links, names of nothing, blocks that cannot be understood; nothing if the list is empty."""
    names = _names(tree)
    problems = []
    for path in filter(is_page, tree):
        text = trees.text_of(tree[path])
        problems += _said(tree, path, text, names)
        problems += [Problem(path, line, "this fence is never closed") for line in _ends(text)]
        for block in blocks(path, text):
            problems += [Problem(path, block.line, wrong) for wrong in _senseless(block)]
    return problems


def _senseless(block: Block) -> Iterator[str]:
    if not re.fullmatch(r"main|lab\d+-\w+(-solution)?", block.tree):
        yield f"there is no tree {block.tree}: starter, solution, reference, or a branch"
    if block.kind == "gdb" and not block.machine and not block.comment("not run"):
        yield "no make qemu-gdb above this session"
