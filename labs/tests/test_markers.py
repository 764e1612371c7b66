# SPDX-License-Identifier: MIT
"""What is a marker, what is wrong with one, and what becomes of it."""
from __future__ import annotations

import pytest

from labs import markers

HEAD = '/* SPDX-License-Identifier: MIT */\n#include "ipc/port/port.h"\n\n#include "kernel/lib/list.h"\n\n'
BEGIN, END = "    /*@ port.1 Do it. */\n", '    /*@ end => return lab_todo("port.1"); */\n'
BODY = "    int x = 0;\n\n    return x;\n"
GOOD = HEAD + "static status_t f(int a)\n{\n" + BEGIN + BODY + END + "}\n"


def problems(text: str, path: str = "ipc/port/port.c") -> list[str]:
    return [str(problem) for problem in markers.read(path, text)[1]]


def test_an_exercise() -> None:
    (exercise,), wrong = markers.read("ipc/port/port.c", GOOD)
    assert not wrong
    assert (exercise.id, exercise.family, exercise.number) == ("port.1", "port", 1)
    assert (exercise.function, exercise.sentence) == ("f", "Do it.")
    assert exercise.stub == 'return lab_todo("port.1");'
    assert GOOD.split("\n")[exercise.first - 1] + "\n" == BEGIN
    assert GOOD.split("\n")[exercise.last - 1] + "\n" == END


@pytest.mark.parametrize("head, name", [
    ("static rarely status_t wait_for_room(struct port *port, uint64_t deadline)\n    HOLDS(port->lock)",
     "wait_for_room"),
    ("static inline __attribute__((always_inline)) status_t\nend_get(uint64_t handle)", "end_get"),
    ("/* A comment (with brackets) above. */\nvoid g(void)", "g"),
    ("/*\n * Another f(x).\n */\nstruct message *h(int a,\n                  int b)", "h"),
    ("#undef X\nint i(void (*call)(int))", "i"),
])
def test_the_functions_name(head: str, name: str) -> None:
    (exercise,), wrong = markers.read("a.c", f"{HEAD}{head}\n{{\n{BEGIN}{BODY}{END}}}\n")
    assert not wrong and exercise.function == name


def test_a_sentence_of_several_lines() -> None:
    text = GOOD.replace(BEGIN, "    /*@ port.1 Do it,\n     * and then\n     * that. */\n")
    (exercise,), wrong = markers.read("a.c", text)
    assert not wrong and exercise.sentence == "Do it, and then that."
    assert "and then" not in markers.render("a.c", text, ["port.1"])


SECOND = "\nstatic status_t g(int a)\n{\n" + BEGIN.replace(".1", ".2") + BODY + END.replace(".1", ".2") + "}\n"
WRONG = {
    "unclosed": (END, "", "a.c:16: port.2 begins inside port.1, of line 8"),
    "unclosed, the last": (END + "}\n" + SECOND, "}\n", "a.c:8: port.1 has no end"),
    "unopened": (BEGIN, "", "a.c:11: an end without a beginning"),
    "nested": (BODY, BODY + BEGIN.replace(".1", ".2") + BODY, "port.2 begins inside port.1, of line 8"),
    "not at the beginning": (BEGIN, "    int y;\n" + BEGIN, "not the whole body"),
    "not to the end": (END, END + "    return 0;\n", "not the whole body"),
    "an empty line before the brace": (END, END + "\n", "not the whole body"),
    "not a function": ("static status_t f(int a)\n{\n", "enum {\n", "not the whole body"),
    "no stub": ('=> return lab_todo("port.1"); ', "", "no marker looks like this"),
    "an empty stub": ('return lab_todo("port.1");', "", "no marker looks like this"),
    "no lab_todo": ('lab_todo("port.1")', "OK", 'does not call lab_todo("port.1")'),
    "another's lab_todo": ('lab_todo("port.1")', 'lab_todo("port.2")', 'does not call lab_todo("port.1")'),
    "no semicolon": ('("port.1");', '("port.1")', "does not end with a semicolon"),
    "no sentence": (" Do it.", "", "no sentence"),
    "no number": ("port.1 Do", "port Do", "no name for an exercise"),
    "number 0": ("port.1 Do", "port.0 Do", "no name for an exercise"),
    "a capital": ("port.1 Do", "Port.1 Do", "no name for an exercise"),
    "no body": (BODY, "", "port.1 has no body"),
    "indented": (BEGIN, "    " + BEGIN, "no marker looks like this"),
    "behind code": (BEGIN, "    int z; /*@ port.1 Do it. */\n", "no marker looks like this"),
    "code behind it": ("Do it. */", "Do it. */ int z;", "something follows"),
    "a sentence without an end": (" Do it. */", " Do it.", "a.c:8: the sentence of port.1 has no end"),
}


@pytest.mark.parametrize("old, new, said", WRONG.values(), ids=WRONG.keys())
def test_wrong_markers(old: str, new: str, said: str) -> None:
    text = GOOD + SECOND
    assert old in text
    found = problems(text.replace(old, new, 1), "a.c")
    assert any(said in text for text in found), found
    assert all(text.startswith("a.c:") for text in found)


def test_only_c_files() -> None:
    assert problems(GOOD, "ipc/port/port.h") == ["ipc/port/port.h:8: only .c files have exercises"]
    assert problems(GOOD.replace("@", ""), "ipc/port/port.h") == []


def test_a_solution_has_no_markers() -> None:
    assert markers.render("a.c", GOOD, ["port.1"]) == GOOD.replace(BEGIN, "").replace(END, "")


def test_a_starter_has_task_and_stub() -> None:
    made = markers.render("ipc/port/port.c", GOOD, [])
    assert "int x" not in made and markers.ANY not in made
    assert '{\n    /* Exercise port.1: Do it. */\n    return lab_todo("port.1");\n}\n' in made
    assert '#include "kernel/lib/list.h"\n#include "kernel/lib/todo.h"\n\n' in made


def test_each_statement_of_a_stub_gets_a_line() -> None:
    text = GOOD.replace('return lab_todo("port.1");', 'lab_todo("port.1"); return NULL;')
    assert '    lab_todo("port.1");\n    return NULL;\n}' in markers.render("a.c", text, [])


def test_a_stub_with_a_condition() -> None:
    text = GOOD.replace('return lab_todo("port.1");', 'if (f(a) && b) lab_todo("port.1"); x = (y) + 1;')
    assert '    if (f(a) && b)\n        lab_todo("port.1");\n    x = (y) + 1;\n}' in markers.render("a.c", text, [])


def test_a_long_task_is_wrapped() -> None:
    text = GOOD.replace("Do it.", "Do it " + "very " * 40 + "well.")
    made = markers.render("a.c", text, [])
    assert max(map(len, made.split("\n"))) <= markers.WIDTH
    assert "    /*\n     * Exercise port.1: Do it very" in made


def test_some_done_some_to_do() -> None:
    made = markers.render("a.c", GOOD + SECOND, ["port.2"])
    assert made.count("int x = 0;") == 1 and 'lab_todo("port.1")' in made and "port.2" not in made


@pytest.mark.parametrize("includes, place", [
    (["ipc/port/port.h"], 1),
    (["ipc/port/port.h", "", "kernel/lib/panic.h", "kernel/mm/kmalloc.h"], 3),
    (["ipc/port/port.h", "", "kernel/mm/kmalloc.h"], 2),
    (["ipc/port/port.h", "", "kernel/lib/panic.h"], 3),
])
def test_where_the_header_goes(includes: list[str], place: int) -> None:
    lines = [f'#include "{name}"' if name else "" for name in includes]
    made = markers.render("a.c", "\n".join(lines) + "\n\n" + GOOD[len(HEAD):], []).split("\n")
    assert made.index('#include "kernel/lib/todo.h"') == place


def test_a_programs_header() -> None:
    assert '#include "user/lib/todo.h"' in markers.render("user/lib/mutex.c", GOOD, [])


GIVEN = GOOD.replace(BEGIN, "    /*@ after futex The kernel does it. */\n").replace(
    'lab_todo("port.1")', "sys_thread_join(a)")


def test_given_after_a_lab() -> None:
    (one,), wrong = markers.read("a.c", GIVEN)
    assert not wrong and one.given and (one.id, one.function) == ("futex", "f")
    assert markers.render("a.c", GIVEN, ["futex"]) == GOOD.replace(BEGIN, "").replace(END, "")
    before = markers.render("a.c", GIVEN, ["futex.1"])
    assert "{\n    /* The kernel does it. */\n    return sys_thread_join(a);\n}\n" in before
    assert "todo" not in before and "Exercise" not in before


def test_after_an_exercise_is_nothing() -> None:
    assert "no name for a lab" in problems(GIVEN.replace("after futex", "after futex.1"))[0]


def test_wrong_markers_are_not_rendered() -> None:
    with pytest.raises(ValueError, match="has no end"):
        markers.render("a.c", GOOD.replace(END, ""), [])
