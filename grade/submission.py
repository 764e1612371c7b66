#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Grades what somebody has handed in: the lab's own files, and nothing else of it, in a pristine tree.

usage: submission.py LAB FROM [--results FILE] [--build DIR] [--cpus N] [--keep DIR]

FROM is a directory, a .zip or .tar archive, or a commit of this repository ("origin/ada/lab2-port"). Of it only the
.c and .h files count that lie in the places in which the lab's student writes (`files` in lab.toml). They are put
into the lab's starter, with the tests and graders of this tree: earlier labs are solved there, and of this one
there is no solution to be found. --results gets Gradescope's results.json, also if nothing could be built.

Exit status: 0 all points, 1 points were lost, 2 there is nothing that could be graded, 3 something else failed.
"""
from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)

from grade import guard, handed_in, source_rules  # noqa: E402
from grade.handed_in import SubmissionError, Taken  # noqa: E402
from grade.points import CatalogError, Lab, read_labs  # noqa: E402

PARTS = ("Makefile", "grade", "ipc", "kernel", "labs", "user")  # what a build and a grading need
SHOWN, WIDTH = 30, 300  # lines of what make says, and characters of each
BUILD_SECONDS = 600  # for a build; a text of a few lines can keep a compiler busy for ever
BUILD_LIMITS = {resource.RLIMIT_CPU: 120, resource.RLIMIT_AS: 4 << 30, resource.RLIMIT_FSIZE: 64 << 20,
                resource.RLIMIT_CORE: 0}  # of each of its processes: seconds, bytes of memory, of a file
LOST, NOTHING, FAILED = 1, 2, 3


class Failure(Exception):
    """The submission cannot be built, or breaks a rule: no points. The text says why."""


class GraderError(Exception):
    """Not the submission's fault: the grading itself failed."""


def find_lab(root: Path, number: int) -> Lab:
    """The lab of this number. SubmissionError."""
    labs = {lab.number: lab for lab in read_labs(root)}
    if number not in labs:
        raise SubmissionError(f"there is no lab {number} (labs: {', '.join(map(str, labs))})")
    return labs[number]


def pristine(root: Path, lab: Lab, target: Path) -> None:
    """Puts the lab's starter into the empty directory `target`: made of the reference, or a copy of this tree if it
    is that starter. SubmissionError if it is neither."""
    if (root / "labs" / "labs.py").is_file():
        from labs import trees
        tree = trees.read_directory(root)
        trees.write_directory(trees.starter(tree, trees.labs_of(tree), lab), target)
        return
    current = root / "labs" / "current"
    if not current.is_file() or current.read_text().strip() != str(lab.number):
        raise SubmissionError(f"this tree is neither the reference nor the starter of lab {lab.number}")
    for part in PARTS:
        if (root / part).is_dir():
            shutil.copytree(root / part, target / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(root / part, target / part)


def own_files(tree: Path, lab: Lab) -> list[str]:
    """The paths of the lab's own .c and .h files in a tree."""
    found: list[str] = []
    for own in lab.files:
        place = tree / own
        files = sorted(place.glob("*.[ch]")) if place.is_dir() else [place]
        found += [path.relative_to(tree).as_posix() for path in files]
    return found


def put_in(taken: Taken, tree: Path, lab: Lab) -> dict[str, bytes]:
    """Overwrites the lab's files; notes which of them the submission lacks, returns what those it changes were before."""
    for path in own_files(tree, lab):
        if path not in taken.files:
            taken.remarks.append(f"{path}: not in it: as it was given")
    changed = {}
    for path, data in sorted(taken.files.items()):
        given = (tree / path).read_bytes() if (tree / path).is_file() else b""
        if given != data:
            changed[path] = given
            (tree / path).write_bytes(data)
    return changed


def _limit() -> None:
    for what, value in BUILD_LIMITS.items():
        resource.setrlimit(what, (value, value))


def build(tree: Path) -> None:
    """Failure, with the beginning of what make complains of, if it does not build."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k not in ("MFLAGS", "CI")}
    jobs = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    said = tree / "build.log"
    with open(said, "wb") as log:
        make = subprocess.Popen(["make", f"-j{jobs}", "BUILD=build"], cwd=tree, env=environment, stderr=log,
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True,
                                preexec_fn=_limit)
        try:
            status = make.wait(BUILD_SECONDS)
        except subprocess.TimeoutExpired:
            raise Failure(f"it does not build within {BUILD_SECONDS} seconds") from None
        finally:
            if make.poll() is None:  # Ctrl-C too: no compiler stays behind
                os.killpg(make.pid, signal.SIGKILL)
                make.wait()
    if status:
        with open(said, encoding="utf-8", errors="replace") as log:
            lines = [line.rstrip()[:WIDTH] for _, line in zip(range(SHOWN), log)]
        raise Failure("\n".join(["it does not build:", *lines]))


def build_given(tree: Path) -> guard.Names:
    """Builds the tree as it was given, and tells what its files use. If even that fails, the submission is not to blame:
    GraderError."""
    try:
        build(tree)
        return guard.names(tree)
    except (Failure, subprocess.SubprocessError) as error:
        raise GraderError(f"without the submission: {error}") from None


def refuse(wrong: list[str]) -> None:
    """Failure, if anything is wrong."""
    if wrong:
        raise Failure("\n".join(["it goes beyond what a lab may do:", *(line[:WIDTH] for line in wrong[:SHOWN])]))


def check_and_build(tree: Path, lab: Lab, changed: dict[str, bytes], names: guard.Names) -> None:
    """Builds the tree with the submission's files in it; Failure if it does not, or if they do what a lab may not.

    changed  what put_in returned; names: what build_given did
    """
    refuse([line for path, given in changed.items() for line in source_rules.complaints(tree, path, given)])
    build(tree)
    refuse(guard.complaints(tree, own_files(tree, lab), names))


def grade(tree: Path, lab: Lab, cpus: int) -> int:
    """Grades the built tree; returns grade/run.py's status. What it prints goes to where this prints."""
    sys.stdout.flush()
    return subprocess.run([sys.executable, str(tree / "grade" / "run.py"), "--build", str(tree / "build"),
                           "--lab", str(lab.number), "--cpus", str(cpus)], cwd=tree, check=False).returncode


def no_points(lab: Lab | None, text: str) -> dict[str, object]:
    """A results.json for what was not graded."""
    return {"score": 0, "max_score": 100, "output": text, "visibility": "visible",
            "tests": [{"name": f"lab {lab.number}" if lab else "lab", "score": 0, "max_score": 100, "output": text}]}


def process(options: argparse.Namespace, tree: Path) -> int:
    """One submission, in the empty directory `tree`. SubmissionError, Failure, GraderError."""
    lab = find_lab(ROOT, options.lab)
    pristine(ROOT, lab, tree)
    taken = handed_in.take(handed_in.open_source(options.source, ROOT), lab.files, own_files(tree, lab))
    names = build_given(tree)
    changed = put_in(taken, tree, lab)
    print(f"lab {lab.number} {lab.name}, of {options.source}: {', '.join(sorted(taken.files))}")
    for remark in taken.remarks:
        print(f"  {remark}")
    print(flush=True)
    check_and_build(tree, lab, changed, names)
    status = grade(tree, lab, options.cpus)
    made = tree / "build" / "grade" / "results.json"
    if not made.exists():
        raise GraderError("the graders did not come to an end")
    if options.results:
        document = json.loads(made.read_text())
        document["output"] = "\n".join([*taken.remarks, document.get("output", "")]).strip()
        options.results.write_text(json.dumps(document, indent=2) + "\n")
    if options.keep:
        shutil.copytree(tree / "build" / "grade", options.keep, dirs_exist_ok=True,
                        ignore=shutil.ignore_patterns(".*"))
    return status


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="grade/submission.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lab", type=int, metavar="LAB")
    parser.add_argument("source", metavar="FROM")
    parser.add_argument("--results", type=Path, metavar="FILE", help="results.json for Gradescope")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="results, logs and all go there")
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="where it is built, for a while")
    parser.add_argument("--cpus", type=int, default=2)
    return parser.parse_args(arguments)


def main() -> int:
    options = parse(sys.argv[1:])
    status, text = FAILED, ""
    try:
        options.build.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="submission-", dir=options.build.resolve()) as tree:
            return process(options, Path(tree))
    except Failure as failure:
        status, text = LOST, str(failure)
        print(f"{text}\n\nlab {options.lab}: 0/100")
    except (SubmissionError, CatalogError) as error:
        status, text = NOTHING, str(error)
        print(f"submission: {text}", file=sys.stderr)
    except GraderError as error:
        text = str(error)
        print(f"submission: {text}", file=sys.stderr)
    except OSError as error:
        text = f"{error.strerror}: {error.filename}"
        print(f"submission: {text}", file=sys.stderr)
    if options.results:
        lab = next((one for one in read_labs(ROOT) if one.number == options.lab), None)
        options.results.write_text(json.dumps(no_points(lab, text), indent=2) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
