#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes starters and solutions of the reference, in which the exercises are marked (labs/markers.py).

usage: labs.py list                the exercises, lab by lab
       labs.py check               whether markers, lab.toml and handouts agree
       labs.py starter N DIR       lab N's starter: earlier labs solved, N and later ones to do
       labs.py solution N DIR      the same with lab N solved
       labs.py handout N FILE      the starter as a .tar.xz, of what is committed
       labs.py gradescope N FILE   Gradescope's autograder for lab N as a .zip, of what is committed
       labs.py branches [--force]  branches labN-name and labN-name-solution, of what is committed

list, check, starter and solution look at the files as they lie there, committed or not.
Exit status: 0; 1 something is wrong with the labs, or could not be done; 2 wrong usage.
"""
from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # so that "labs" is the directory and not this file

from grade.points import CatalogError, Lab  # noqa: E402
from labs import gradescope, trees  # noqa: E402
from labs.branches import make_branches, uncommitted  # noqa: E402
from labs.check import check  # noqa: E402


def lab_number(labs: list[Lab], number: int) -> Lab:
    """The lab of this number. TreeError if there is none."""
    for lab in labs:
        if lab.number == number:
            return lab
    raise trees.TreeError(f"there is no lab {number} (labs: {', '.join(str(lab.number) for lab in labs)})")


def sound(tree: trees.Tree, labs: list[Lab]) -> trees.Tree:
    """The tree, if nothing is wrong with its markers. TreeError says what is."""
    if problems := check(tree, labs):
        raise trees.TreeError("\n".join(map(str, problems)))
    return tree


def show_list(tree: trees.Tree, labs: list[Lab]) -> None:
    """One line for each exercise: name, points, place, function, task."""
    exercises = sorted(trees.exercises_of(tree)[0], key=lambda e: e.number)
    for lab in labs:
        print(f"lab {lab.number} {lab.name}: {lab.title}")
        for exercise in (e for e in exercises if e.family == lab.name):
            points = sum(test.points for test in lab.tests if test.exercise == exercise.id)
            print(f"  {exercise.id:<12}{points:>3}  {exercise.path}:{exercise.first} {exercise.function}\n"
                  f"                   {exercise.sentence}")


def show_branches(tree: trees.Tree, labs: list[Lab], force: bool) -> None:
    """Makes the branches and says which."""
    made = make_branches(ROOT, labs, sound(tree, labs), force)
    for branch in made:
        state = "as it was" if branch.before == branch.commit else "moved" if branch.before else "new"
        print(f"{branch.commit[:12]}  {branch.name:<24}  {state}")
    if uncommitted(ROOT):
        print("labs: what is not committed is not in them")


def write(tree: trees.Tree, directory: Path) -> None:
    """Writes a tree to a directory that is not there or empty."""
    if directory.exists() and any(directory.iterdir()):
        raise trees.TreeError(f"{directory} is not empty")
    trees.write_directory(tree, directory)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="labs/labs.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list")
    commands.add_parser("check")
    for name, target in (("starter", "directory"), ("solution", "directory"), ("handout", "file"),
                         ("gradescope", "file")):
        command = commands.add_parser(name)
        command.add_argument("lab", type=int)
        command.add_argument("to", type=Path, metavar=target)
    commands.add_parser("branches").add_argument("--force", action="store_true")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> None:
    """Does what was asked for. TreeError, CatalogError or OSError if that cannot be done."""
    committed = options.command in ("branches", "handout", "gradescope")
    tree = trees.read_commit(ROOT) if committed else trees.read_directory(ROOT)
    labs = trees.labs_of(tree)
    if options.command == "branches":
        show_branches(tree, labs, options.force)
    elif options.command == "handout":
        lab = lab_number(labs, options.lab)
        tree = trees.starter(sound(tree, labs), labs, lab)
        options.to.parent.mkdir(parents=True, exist_ok=True)
        options.to.write_bytes(trees.tarball(tree, f"lab{lab.number}-{lab.name}"))
        print(f"{options.to}: lab {lab.number}, {len(tree)} files")
    elif options.command == "gradescope":
        lab = lab_number(labs, options.lab)
        options.to.parent.mkdir(parents=True, exist_ok=True)
        options.to.write_bytes(gradescope.package(sound(tree, labs), labs, lab))
        print(f"{options.to}: grades lab {lab.number}, {lab.name}")
    elif options.command == "list":
        show_list(tree, labs)
    elif options.command == "check":
        sound(tree, labs)
        print(f"labs: {len(trees.exercises_of(tree)[0])} exercises in {len(labs)} labs, all in order")
    else:
        make = trees.starter if options.command == "starter" else trees.solution
        write(make(sound(tree, labs), labs, lab_number(labs, options.lab)), options.to)


def main() -> int:
    try:
        run(parse(sys.argv[1:]))
    except (trees.TreeError, CatalogError) as error:
        print("\n".join(f"labs: {line}" for line in str(error).splitlines()), file=sys.stderr)
        return 1
    except OSError as error:
        print(f"labs: {error.strerror}: {error.filename}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
