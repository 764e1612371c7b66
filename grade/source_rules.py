# SPDX-License-Identifier: MIT
"""What a lab's file may say to the compiler: looked at before the compiler sees it.

A compiler reads whatever file it is told to, and shows lines of it when it complains. What it notes of that (-MMD) helps
little: a text can make it take a file for a system header, of which it notes nothing. So each directive must be one
that a lab needs, and each included file one of Ponte's.

The text is taken apart as the compiler does it. Where that could be understood in two ways (raw strings, quotes that nobody
closes, a carriage return in the middle of a line), it is refused: what hides from this reader must not reach the compiler.
"""
from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from grade.lint import FREESTANDING

SPLICE = re.compile(r"\\[ \t\f\v]*$")  # gcc allows blanks behind the backslash
PIECE = re.compile(r"""(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<raw>\b(?:u8|[uUL])?R")"""
                   r"""|(?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|(?P<open>/\*|["'])""", re.DOTALL)
ODD = re.compile(r"[\0-\x08\x0e-\x1f\x7f\r]")
DIRECTIVE = re.compile(r"^[ \t\f\v]*(?:#|%:)([^\n]*)", re.MULTILINE)
NAME = re.compile(r"[\w+-][\w.+-]*(/[\w+-][\w.+-]*)*\.h")  # neither absolute nor with ".."
HARMLESS = re.compile(r"[ \t]*((define|undef|if|ifdef|ifndef|elif|else|endif|error|warning)\b.*"
                      r"|pragma[ \t]+(once|GCC[ \t]+diagnostic\b.*))[ \t]*")
INCLUDE = re.compile(r'[ \t]*include[ \t]*(?:<(?P<angled>[^>]*)>|"(?P<quoted>[^"]*)")[ \t]*')
# Assembly, bytes that are code, names for others' functions, names put together so that nobody finds them.
WORDS = re.compile(r"\b(__asm__|__asm|asm|(__)?(section|alias|weakref|ifunc)(__)?|_Pragma)\b|##|%:%:")
QUESTIONS = re.compile(r"\b(__has_include(_next)?|__has_embed)\b")  # is there a file of this name?


def _logical_lines(text: str) -> str:
    """With continued lines joined; empty ones follow, so that what comes later keeps its number."""
    joined: list[str] = []
    owed = 0
    for line in text.split("\n"):
        if found := SPLICE.search(line):
            joined.append(line[:found.start()])
            owed += 1
        else:
            joined.append(line + "\n" * (owed + 1))
            owed = 0
    return "".join(joined)


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def _is_ours(tree: Path, path: str, found: re.Match[str]) -> bool:
    """Whether what is included is Ponte's, or the compiler's own."""
    name = found["angled"] or found["quoted"] or ""
    if not NAME.fullmatch(name):
        return False
    return (tree / name).is_file() or (name in FREESTANDING if found["angled"] else (tree / path).with_name(name).is_file())


def _words(text: str, code: str, given: bytes) -> Iterator[tuple[int, str]]:
    """Words that are not allowed, but for lines that stand there as they were given: (where, what is wrong)."""
    excused = set(_logical_lines(given.decode("utf-8", "replace")).split("\n"))
    for found in WORDS.finditer(code):
        end = text.find("\n", found.start())
        if text[text.rfind("\n", 0, found.start()) + 1:end if end >= 0 else None] not in excused:
            yield found.start(), f"{found[0]}: a lab needs neither assembly nor anything like it"
    for found in QUESTIONS.finditer(code):
        yield found.start(), f"{found[0]}: a lab does not ask what files there are"


def complaints(tree: Path, path: str, given: bytes = b"") -> Iterator[str]:
    """What is wrong with the file `path` of a tree, one line each. `given`: what it was before."""
    text = (tree / path).read_bytes().decode("utf-8-sig", "replace").replace("\r\n", "\n")
    if odd := ODD.search(text):
        line = text.count("\n", 0, odd.start()) + 1
        yield f"{path}:{line}: a character that no C file has ({odd[0]!r})"
        return
    text = _logical_lines(text)

    def place(offset: int) -> str:
        return f"{path}:{text.count(chr(10), 0, offset) + 1}"

    for piece in PIECE.finditer(text):
        if piece["raw"] or piece["open"]:
            yield f"{place(piece.start())}: {piece[0]}: " + ("no raw strings here" if piece["raw"] else "not closed")
            return
    directives = PIECE.sub(lambda piece: _blank(piece[0]) if piece["comment"] else piece[0], text)
    for found in DIRECTIVE.finditer(directives):
        included = INCLUDE.fullmatch(found[1])
        if included and not _is_ours(tree, path, included):
            yield f"{place(found.start())}: includes {included['angled'] or included['quoted']}, which is not Ponte's"
        elif not included and not HARMLESS.fullmatch(found[1]):
            yield f"{place(found.start())}: #{found[1].strip()[:80]}: a lab does not need this directive"
    code = PIECE.sub(lambda piece: _blank(piece[0]), text)
    for offset, wrong in _words(text, code, given):
        yield f"{place(offset)}: {wrong}"
