# SPDX-License-Identifier: MIT
"""The reference of what kernel and programs share, generated: lists, headers, system calls, as Markdown.

Everything comes from the sources. What is not documented there is an error here, and so is what does not agree:
a call without a prototype, a number of arguments that differs, an error that is not in the list.
"""
from __future__ import annotations

import re
from dataclasses import dataclass

from docs.book import source
from docs.book.source import Piece, SourceError

SYSCALLS, ERRORS, PROGRAMS = "kernel/abi/syscalls.h", "kernel/abi/status.h", "user/lib/ponte.h"
LIST = re.compile(r"#define (\w+_LIST)\((\w+)\)((?:\\\n|.)*)")
DEFINE = re.compile(r"#define (\w+)[ \t]+(.+?)[ \t]*(?:/\*(.*?)\*/)?", re.DOTALL)
PROTOTYPE = re.compile(r"sys_(\w+)\((.*)\);", re.DOTALL)
SECTION = re.compile(r"/\* (.+?) -{5,} \*/")
ERROR_NAME = re.compile(r"\bERR_[A-Z_]+\b")


@dataclass(frozen=True)
class Table:
    """An X-macro list: the columns that its comment names, and its rows."""

    columns: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class Call:
    """A system call; `contract` is the comment above its prototype."""

    number: int
    name: str
    arguments: int
    section: str
    prototype: str
    contract: str


def arguments(text: str) -> list[str]:
    """Cuts "A, 1, "x, y"" at the commas outside strings and brackets."""
    parts, depth, quoted, start = [], 0, False, 0
    for at, c in enumerate(text):
        if c == '"':
            quoted = not quoted
        elif not quoted:
            depth += (c == "(") - (c == ")")
            if c == "," and depth == 0:
                parts.append(text[start:at])
                start = at + 1
    return [part.strip() for part in [*parts, text[start:]] if part.strip()]


def read_list(path: str, name: str) -> Table:
    """`#define NAME(ROW) ROW(...) ...`, with a comment `ROW(column, ...): ...` above."""
    piece = source.find(path, name)
    found = LIST.search(piece.text)
    columns = re.search(rf"{found[2]}\((.*?)\):", piece.text.split("#define")[0]) if found else None
    if not found or not columns:
        raise SourceError(f"{path}: {name} is no list with a comment that names its columns")
    body = found[3].replace("\\\n", "\n")
    rows = [[cell.strip('"') for cell in arguments(match[1])]
            for match in re.finditer(rf'\b{found[2]}\(((?:[^()"]|"[^"]*"|\([^()]*\))*)\)', body)]
    names = arguments(columns[1])
    for row in rows:
        if len(row) != len(names):
            raise SourceError(f"{path}: {name} has a row ({', '.join(row)}) that is not {', '.join(names)}")
    return Table(names, rows)


def cell(text: str) -> str:
    """Text in a table: no bar ends it."""
    return " ".join(text.split()).replace("|", r"\|")


def table(columns: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; the first column is a name, as code."""
    lines = [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    for first, *rest in rows:
        lines.append(f"| {' | '.join([f'`{first}`', *map(cell, rest)])} |")
    return "\n".join(lines)


def list_table(path: str, name: str) -> str:
    """An X-macro list as a table, with names as the program has them (RIGHT_READ); errors can be linked to."""
    found = read_list(path, name)
    prefix = re.search(r"\b(\w+)##name\b", source.read(path))
    rows = [[(prefix[1] if prefix else "") + first, *rest] for first, *rest in found.rows]
    text = table(found.columns, rows)
    return re.sub(r"^\| `(ERR_\w+)`", r'| <span id="\1">`\1`</span>', text, flags=re.MULTILINE)


def _constant(piece: Piece, remark: str) -> list[str] | None:
    """Name, value and meaning of a macro that is a constant, else None."""
    match = DEFINE.fullmatch(piece.text)
    if not match or LIST.match(piece.text):
        return None
    return [match[1], f"`{match[2]}`", " ".join((match[3] or remark).split())]


def header(path: str) -> str:
    """One header: its head, lists and constants as tables, types as code."""
    every = list(source.pieces(source.read(path)))
    parts: list[str] = [source.as_markdown(source.head(path))]
    constants: list[list[str]] = []
    remark, remark_line = "", 0
    for index, piece in enumerate(every):
        if piece.kind == "comment" and index > 1:  # licence and head are about the file
            remark, remark_line = source.prose(piece.text), piece.line + piece.text.count("\n")
        elif piece.kind == "macro":
            near = piece.line == remark_line + 1
            row = _constant(piece, remark if near else "")
            if piece.name.endswith("_LIST"):
                parts.append(list_table(path, piece.name))
            elif row:
                constants.append(row)
                remark_line += near  # a remark above several is about each that has none
        elif piece.kind == "type" and "_LIST(" not in piece.text:
            above = source.comment_above(every, index)
            code = f"{above.text}\n{piece.text}" if above else piece.text
            parts.append(f"```c\n{code}\n```")
    if constants:
        parts.insert(1, table(["name", "value", "meaning"], constants))
    return "\n\n".join(parts)


def errors() -> list[str]:
    """The names of all errors."""
    return [row[0] for row in read_list(ERRORS, "STATUS_LIST").rows]


def _prototypes() -> dict[str, tuple[str, str, str]]:
    """By name: section, prototype, contract."""
    every = list(source.pieces(source.read(PROGRAMS)))
    section, found = "", {}
    for index, piece in enumerate(every):
        if match := SECTION.fullmatch(piece.text):
            section = match[1]
        if piece.kind != "prototype" or not (match := PROTOTYPE.search(piece.text)):
            continue
        above = source.comment_above(every, index)
        if above is None:
            raise SourceError(f"{PROGRAMS}:{piece.line}: sys_{match[1]} has no contract above it")
        found[match[1]] = (section or "Measuring", piece.text, source.prose(above.text))
    return found


def calls() -> list[Call]:
    """All system calls, by number. SourceError if list, prototypes and errors do not agree."""
    prototypes = _prototypes()
    rows = read_list(SYSCALLS, "SYSCALL_LIST").rows
    known = set(errors())
    result = []
    for number, name, count in rows:
        if name not in prototypes:
            raise SourceError(f"{PROGRAMS}: no prototype of system call {number}, sys_{name}")
        section, prototype, contract = prototypes.pop(name)
        given = [a for a in arguments(PROTOTYPE.search(prototype)[2]) if a != "void"]  # type: ignore[index]
        if len(given) != int(count):
            raise SourceError(f"{PROGRAMS}: sys_{name} has {len(given)} arguments, {SYSCALLS} says {count}")
        if unknown := set(ERROR_NAME.findall(contract)) - known:
            raise SourceError(f"{PROGRAMS}: sys_{name}: {', '.join(sorted(unknown))} is not in {ERRORS}")
        result.append(Call(int(number), name, int(count), section, prototype, contract))
    if prototypes:
        raise SourceError(f"{SYSCALLS}: does not list {', '.join(sorted(prototypes))}")
    return result


def _linked(text: str, names: set[str]) -> str:
    """A contract as Markdown: errors and calls lead to where they are explained."""
    text = text.replace("<", "&lt;").replace("*", r"\*")
    text = re.sub(r"(?<!`)\b(?:sys_)?(\w+)\b(?!`)",
                  lambda m: f"[`{m[0]}`](#{m[1]})" if m[1] in names else m[0], text)
    return ERROR_NAME.sub(lambda m: f"[`{m[0]}`](#{m[0]})", text)


def calls_markdown() -> str:
    """A table of all calls, then each with its prototype and contract."""
    all_calls = calls()
    names = {call.name for call in all_calls if "_" in call.name}  # not `null`
    lines = ["| number | call | arguments |", "|---|---|---|"]
    lines += [f"| {call.number} | [`sys_{call.name}`](#{call.name}) | {call.arguments} |" for call in all_calls]
    section = ""
    for call in all_calls:
        if call.section != section:
            section = call.section
            lines += ["", f"### {section}"]
        lines += ["", f"#### sys_{call.name} {{ #{call.name} }}", "", f"Number {call.number}.", "",
                  f"```c\n{call.prototype}\n```", "", _linked(call.contract, names - {call.name})]
    return "\n".join(lines)
