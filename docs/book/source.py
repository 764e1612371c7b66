# SPDX-License-Identifier: MIT
"""Finds a function, type, macro or label in the kernel's sources by its name, with the comment above it.

The book quotes sources in this way, so that what it shows is what is compiled. The house style makes it simple: what
stands in column 0 begins something, and a body ends with a brace in column 0.
"""
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

# What is marked (labs/markers.py): a task, its solution, its stub; or what is given after a lab.
MARKED = re.compile(r"^ {4}/\*@ (?!end\b)(\S+)(.*?)\*/\n(.*?)^ {4}/\*@ end => (.*?) \*/$", re.MULTILINE | re.DOTALL)
LOOKS_LIKE_A_CALL = re.compile(r"__attribute__\s*\(\(.*?\)\)|\b(?:HOLDS|_Alignas)\s*\(.*?\)|/\*.*?\*/", re.DOTALL)
TYPE = re.compile(r"^(?:typedef )?((?:struct|enum|union) \w+) \{", re.MULTILINE)
MACRO = re.compile(r"#define (\w+)")


class SourceError(Exception):
    """Something that the book names is not there; one line says what."""


@dataclass(frozen=True)
class Piece:
    """Lines that belong together: `kind` is "comment", "macro", "type", "function", "prototype" or "other"."""

    kind: str
    name: str
    text: str
    line: int  # of its first line, from 1


def _shown(marked: re.Match[str]) -> str:
    """An exercise as a starter has it: no solutions. What is given, as it is."""
    name, task, body, stub = marked.groups()
    return body.rstrip("\n") if name == "after" else f"    /* Exercise {name}:{task}*/\n    {stub}"


def read(path: str) -> str:
    """A file of the tree, named from its root, without markers."""
    where = (ROOT / path).resolve()
    if not where.is_relative_to(ROOT) or not where.is_file():
        raise SourceError(f"{path}: there is no such file")
    return MARKED.sub(_shown, where.read_text(encoding="utf-8"))


def _end(lines: list[str], start: int) -> int:
    """Where what begins at lines[start] ends: the index after its last line."""
    at = start
    if lines[start].startswith("/*"):
        while "*/" not in lines[at]:
            at += 1
    elif lines[start].startswith("#"):
        while lines[at].endswith("\\"):
            at += 1
    else:
        body = False
        while at < len(lines) - 1 and not lines[at].startswith("}"):
            code = re.sub(r"\s*/\*.*?\*/\s*$", "", lines[at])
            body = body or code.endswith("{")
            if not body and code.endswith(";") or TYPE.match(code) and code.endswith("};"):
                break
            at += 1
    return at + 1


def _piece(text: str, line: int) -> Piece:
    """What these lines are."""
    if text.startswith("/*"):
        return Piece("comment", "", text, line)
    if match := MACRO.match(text):
        return Piece("macro", match[1], text, line)
    if match := TYPE.match(text):
        return Piece("type", match[1], text, line)
    head = LOOKS_LIKE_A_CALL.sub("", text).split("{")[0]
    name = re.search(r"(\w+)\s*\(", head)
    if not name or "=" in head or text.startswith("#"):
        return Piece("other", "", text, line)
    return Piece("function" if "\n{" in text else "prototype", name[1], text, line)


def pieces(text: str) -> Iterator[Piece]:
    """All pieces of a C file, in order; blank lines lie between."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        end = _end(lines, at)
        yield _piece("\n".join(lines[at:end]), at + 1)
        at = end


def comment_above(all_pieces: list[Piece], index: int) -> Piece | None:
    """The comment that ends on the line before pieces[index]."""
    above = all_pieces[index - 1] if index > 0 else None
    if above is None or above.kind != "comment":
        return None
    return above if above.line + above.text.count("\n") + 1 == all_pieces[index].line else None


def _find_label(path: str, text: str, name: str) -> Piece:
    """In assembly: from the comment above the label, or from its .global, to the next comment in column 0."""
    blocks = re.split(r"^(?=/\*)", text, flags=re.MULTILINE)
    line = 1
    for block in blocks:
        if re.search(rf"^{re.escape(name)}:", block, re.MULTILINE):
            return Piece("function", name, block.rstrip(), line)
        line += block.count("\n")
    raise SourceError(f"{path}: nothing is called {name}")


def find(path: str, name: str) -> Piece:
    """The one thing of that name in a file: `waitq_sleep`, `struct port`, `HANDLE_INVALID`; with its comment."""
    text = read(path)
    if path.endswith(".S"):
        return _find_label(path, text, name)
    all_pieces = list(pieces(text))
    found = [i for i, piece in enumerate(all_pieces) if piece.name == name]
    if bodies := [i for i in found if all_pieces[i].kind != "prototype"]:
        found = bodies
    if len(found) != 1:
        raise SourceError(f"{path}: {'nothing' if not found else 'more than one thing'} is called {name}")
    piece, above = all_pieces[found[0]], comment_above(all_pieces, found[0])
    if above is None:
        return piece
    return Piece(piece.kind, name, f"{above.text}\n{piece.text}", above.line)


def prose(comment: str) -> str:
    """The words of a comment, without its frame; lines and indentation are kept."""
    inner = re.sub(r"\A/\*+ ?|\s*\*/\Z", "", comment.strip())
    return "\n".join(re.sub(r"^ \* ?", "", line).rstrip() for line in inner.split("\n")).strip("\n")


def as_markdown(text: str) -> str:
    """The words of a comment, set as text: paragraphs flow, and what is indented or drawn stays as it is."""
    parts: list[str] = []
    for part in re.split(r"\n{2,}", text):
        drawn = re.search(r"^ {2}", part, re.MULTILINE) is not None
        if drawn and parts and parts[-1].endswith("\n```"):
            parts[-1] = f"{parts[-1][:-4]}\n\n{part}\n```"
        elif drawn:
            parts.append(f"```text\n{part}\n```")
        else:
            parts.append(re.sub(r"^([#>+-]|\d+\.)", r"\\\1", part.replace("<", "&lt;").replace("*", r"\*"),
                                flags=re.MULTILINE))
    quoted = "\n\n".join(parts)
    return f'<div class="quoted" markdown="1">\n\n{quoted}\n\n</div>'


def head(path: str) -> str:
    """The comment at the head of a file, after the licence's line."""
    comments = [piece for piece in pieces(read(path)) if piece.kind == "comment"]
    if len(comments) < 2:
        raise SourceError(f"{path}: has no comment at its head")
    return prose(comments[1].text)
