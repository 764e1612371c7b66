# SPDX-License-Identifier: MIT
"""Exercises, as they are marked in the reference: what a marker is, and what becomes of one.

    static status_t find(const struct port *port)
    {
        /*@ port.2 Refuse when closed or full; otherwise
         * queue the message and wake one receiver. */
        ...
        /*@ end => return lab_todo("port.2"); */
    }

The body between the markers is the solution, the sentence is the task, and what follows "=>" is the stub.
Only whole bodies of functions in .c files are marked.

What is given, but stands on a later lab, is marked /*@ after futex sentence */: until all exercises of that lab are solved, what
follows "=>" does the same in another way, and the sentence says which.
"""
from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass

WIDTH = 100  # columns of a task's comment
ANY = "/*@"
BEGIN = re.compile(r"    /\*@ (?!end\b)(after )?(\S+)(?: (.*))?")
MORE = re.compile(r"     \*(?!/) ?(.*)")  # a further line of its sentence
END = re.compile(r"    /\*@ end => (.*\S) \*/")
ID = re.compile(r"([a-z][a-z0-9_]*)\.([1-9][0-9]*)")
LAB = re.compile(r"[a-z][a-z0-9_]*")
INCLUDE = re.compile(r'#include "([^"]+)"')
CONDITION = re.compile(r"(if \(.*\)) (\w.*)")
# What stands before a function's name and looks like a call.
LOOKS_LIKE_A_CALL = re.compile(r"__attribute__\s*\(\(.*?\)\)|\bHOLDS\s*\(.*?\)", re.DOTALL)


@dataclass(frozen=True)
class Problem:
    """Something wrong with a marker, or with what belongs to it."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


@dataclass(frozen=True)
class Exercise:
    """One marked function body. Lines are counted from 1."""

    id: str  # "port.2"; of what is given after a lab, that lab's name
    path: str  # from the root of the tree
    function: str
    sentence: str  # the task, on one line
    stub: str  # the statements that stand for the body, on one line
    first: int  # the line of the opening marker
    last: int  # the line of the closing one

    @property
    def family(self) -> str:
        """The lab's name, "port"."""
        return self.id.split(".")[0]

    @property
    def given(self) -> bool:
        """It is nobody's task: it depends on a lab as a whole."""
        return "." not in self.id

    @property
    def number(self) -> int:
        """Its place among the lab's exercises, from 1."""
        return int(self.id.split(".")[1])


class _Reader:
    """Reads one file's markers; finds what is wrong with them on the way."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.lines = text.split("\n")
        self.exercises: list[Exercise] = []
        self.problems: list[Problem] = []

    def complain(self, line: int, text: str) -> None:
        self.problems.append(Problem(self.path, line, text))

    def read(self) -> None:
        begun: tuple[int, str, str, int] | None = None  # line, id, sentence, line after it
        number = 1
        while number <= len(self.lines):
            line = self.lines[number - 1]
            if ANY not in line:
                number += 1
                continue
            if match := END.fullmatch(line):
                if begun is None:
                    self.complain(number, "an end without a beginning")
                else:
                    self.finish(begun, number, match[1])
                begun = None
            elif match := BEGIN.fullmatch(line):
                if begun is not None:
                    self.complain(number, f"{match[2]} begins inside {begun[1]}, of line {begun[0]}")
                begun = self.begin(number, match)
                number = begun[3] - 1
            else:
                self.complain(number, "no marker looks like this: /*@ lab.n sentence */ or "
                              "/*@ end => stub; */, four columns in, alone on the line")
            number += 1
        if begun is not None:
            self.complain(begun[0], f"{begun[1]} has no end")

    def begin(self, number: int, match: re.Match[str]) -> tuple[int, str, str, int]:
        """The sentence may go on over several lines, to the end of the comment."""
        words = [match[3] or ""]
        after = number + 1
        while "*/" not in words[-1] and after <= len(self.lines) and (
                more := MORE.fullmatch(self.lines[after - 1])):
            words.append(more[1])
            after += 1
        if "*/" not in words[-1]:
            self.complain(number, f"the sentence of {match[2]} has no end")
        text, _, rest = " ".join(" ".join(words).split()).partition("*/")
        if rest.strip():
            self.complain(number, f"something follows the marker of {match[2]}")
        if not text.strip():
            self.complain(number, f"{match[2]} has no sentence that says what to do")
        if not (LAB if match[1] else ID).fullmatch(match[2]):
            self.complain(number, f"{match[2]} is no name for " + ("a lab (port)" if match[1] else "an exercise (port.2)"))
        return number, match[2], text.strip(), after

    def finish(self, begun: tuple[int, str, str, int], number: int, stub: str) -> None:
        first, id, sentence, after = begun
        function = self.function_before(first)
        if function is None or self.lines[number:number + 1] != ["}"]:
            self.complain(first, f"{id} is not the whole body of a function")
        if "." in id and f'lab_todo("{id}")' not in stub:
            self.complain(number, f'the stub of {id} does not call lab_todo("{id}")')
        if not stub.endswith(";"):
            self.complain(number, f"the stub of {id} does not end with a semicolon")
        if number == after:
            self.complain(first, f"{id} has no body")
        self.exercises.append(
            Exercise(id, self.path, function or "?", sentence, stub, first, number))

    def function_before(self, first: int) -> str | None:
        """The name of the function whose opening brace stands just before this line."""
        if first < 3 or self.lines[first - 2] != "{":
            return None
        start = first - 2
        while start > 0 and re.match(r"\w| +\w", self.lines[start - 1]):
            start -= 1
        head = LOOKS_LIKE_A_CALL.sub("", "\n".join(self.lines[start:first - 2]))
        name = re.search(r"(\w+)\s*\(", head)
        return name[1] if name else None


def read(path: str, text: str) -> tuple[list[Exercise], list[Problem]]:
    """The exercises of one file, in the order of its lines, and what is wrong with their markers."""
    if ANY not in text:
        return [], []
    reader = _Reader(path, text)
    if not path.endswith(".c"):
        number = next(i for i, line in enumerate(reader.lines, 1) if ANY in line)
        return [], [Problem(path, number, "only .c files have exercises")]
    reader.read()
    return reader.exercises, reader.problems


def _task(exercise: Exercise) -> list[str]:
    """The sentence as a comment."""
    text = exercise.sentence if exercise.given else f"Exercise {exercise.id}: {exercise.sentence}"
    if len(text) + 10 <= WIDTH:
        return [f"    /* {text} */"]
    lines = textwrap.wrap(text, WIDTH - 7, break_long_words=False, break_on_hyphens=False)
    return ["    /*", *(f"     * {line}" for line in lines), "     */"]


def _stub(exercise: Exercise) -> list[str]:
    """The stub, one statement a line, what an if is about a line of its own."""
    lines = []
    for part in filter(None, map(str.strip, exercise.stub.split(";"))):
        condition = CONDITION.fullmatch(part)
        lines += [f"    {condition[1]}", f"        {condition[2]};"] if condition else [f"    {part};"]
    return lines


def _with_todo_header(lines: list[str], header: str) -> list[str]:
    """Includes `header` where its name belongs: among the last block of includes."""
    at = [i for i, line in enumerate(lines) if INCLUDE.match(line)]
    if not at or any(INCLUDE.match(lines[i])[1] == header for i in at):  # type: ignore[index]
        return lines
    block = [at[-1]]
    while block[0] - 1 in at:
        block.insert(0, block[0] - 1)
    here = next((i for i in block if INCLUDE.match(lines[i])[1] > header), block[-1] + 1)  # type: ignore[index]
    return [*lines[:here], f'#include "{header}"', *lines[here:]]


def render(path: str, text: str, solved: Iterable[str]) -> str:
    """The file without markers: bodies of the `solved` exercises stay, the others become stubs.

    solved  names of exercises, and of labs all of which is solved
    The markers must be in order (read() finds nothing wrong).
    """
    done = frozenset(solved)
    exercises, problems = read(path, text)
    if problems:
        raise ValueError(str(problems[0]))
    lines = text.split("\n")
    for exercise in reversed(exercises):
        between = lines[exercise.first - 1:exercise.last]
        if exercise.id in done:
            opening = next(i for i, line in enumerate(between) if "*/" in line)
            between = between[opening + 1:-1]
        else:
            between = _task(exercise) + _stub(exercise)
        lines[exercise.first - 1:exercise.last] = between
    if any(not exercise.given and exercise.id not in done for exercise in exercises):
        where = "user/lib" if path.startswith("user/") else "kernel/lib"
        lines = _with_todo_header(lines, f"{where}/todo.h")
    return "\n".join(lines)
