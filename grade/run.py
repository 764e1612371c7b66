#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Grades labs, or tests the graders.

usage: run.py [options]             grade; see --help
       run.py selftest [pytest's]   the graders' own tests

Exit status: 0 every selected test passed, 1 points were lost, 2 interrupted or wrong usage,
3 something could not be run or judged.
"""
from __future__ import annotations

import argparse
import os
import re
import sys
from importlib.util import find_spec
from pathlib import Path

sys.dont_write_bytecode = True  # nothing is written outside the build directory
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

EXIT_USAGE, EXIT_INCOMPLETE = 2, 3
PYTEST_MINIMUM = 7


def fail(text: str, status: int = EXIT_INCOMPLETE) -> int:
    """Says what is wrong, in one line."""
    print(f"grade: {text}", file=sys.stderr)
    return status


def python_trouble() -> str | None:
    """What this Python lacks, or None."""
    if sys.version_info < (3, 9):
        return f"Python {sys.version.split()[0]} is too old: 3.9 or newer is needed"
    if find_spec("pytest") is None:
        return f"{sys.executable} has no pytest: run `make setup`, or set PYTHON to one that has"
    import pytest
    if int(pytest.__version__.split(".")[0]) < PYTEST_MINIMUM:
        return f"pytest {pytest.__version__} is too old: {PYTEST_MINIMUM}.0 or newer is needed"
    return None


def labs_to_do() -> str | None:
    """In a starter or solution of lab N, whose labs/current says so: the labs up to N; else None, all."""
    current = ROOT / "labs" / "current"
    found = re.match(r"(\d+)\s*$", current.read_text()) if current.is_file() else None
    if not found:
        return None
    numbers = (re.match(r"lab(\d+)-", path.parent.name) for path in ROOT.glob("labs/*/lab.toml"))
    there = sorted(int(n[1]) for n in numbers if n and int(n[1]) <= int(found[1]))
    return ",".join(map(str, there)) or None


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="grade/run.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.environ.get("PONTE_BUILD") or str(ROOT / "build"),
                        help="build directory with ponte.elf and initrd.cpio")
    parser.add_argument("--lab", help="2, or 1,2, or kernel, or all; default: this tree's labs")
    parser.add_argument("--everything", dest="lab", action="store_const", const="all",
                        help="all labs and the kernel's own tests: --lab all")
    parser.add_argument("--test", help="only these tests: fifo, or fifo,close_wakes")
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--memory", default="128M", help="as QEMU takes it: 64M, 1G")
    parser.add_argument("--timeout-scale", type=float, default=1.0,
                        help="stretches wall-clock limits, for slow hosts")
    parser.add_argument("--jobs", type=int, default=0, help="tests at once; default: one per CPU")
    parser.add_argument("--qemu", default=os.environ.get("QEMU") or "qemu-system-x86_64")
    parser.add_argument("-v", "--verbose", action="store_true", help="one line per test")
    options = parser.parse_args(arguments)
    if options.cpus < 1 or options.jobs < 0 or options.timeout_scale <= 0:
        parser.error("--cpus and --timeout-scale must be positive, --jobs not negative")
    if re.fullmatch(r"\d+", options.memory):
        options.memory += "M"
    return options


def run_pytest(arguments: list[str]) -> int:
    """Becomes pytest, with nothing of the user's own pytest set-up mixed in."""
    environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        environment.pop(name, None)
    paths = [str(ROOT), *filter(None, [environment.get("PYTHONPATH")])]
    environment["PYTHONPATH"] = os.pathsep.join(paths)
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "grade" / "pytest.ini"), *arguments]
    sys.stdout.flush()
    os.execve(sys.executable, command, environment)


def parallel(jobs: int, selected_few: bool) -> list[str]:
    """pytest's arguments for `jobs` tests at once (0: as many as this process has CPUs)."""
    if hasattr(os, "sched_getaffinity"):
        jobs = jobs or len(os.sched_getaffinity(0))
    jobs = jobs or os.cpu_count() or 1
    if jobs == 1 or selected_few:
        return []
    if find_spec("xdist") is None:
        print("grade: no pytest-xdist, so one test at a time (`make setup` installs it)")
        return []
    return ["-p", "xdist", "-n", str(jobs)]


def grade(options: argparse.Namespace) -> int:
    """Looks for what would make every test fail alike, then grades."""
    from grade.points import CatalogError, read_labs
    from grade.qemu import Machine

    build = Path(options.build).resolve()
    machine = Machine(options.qemu, build / "ponte.elf", build / "initrd.cpio")
    if trouble := machine.trouble():
        return fail(trouble)
    try:
        if not read_labs(ROOT) and options.lab not in ("kernel", "all"):
            return fail("there are no labs in labs/")
    except CatalogError as error:
        return fail(str(error))
    try:
        (build / "grade").mkdir(parents=True, exist_ok=True)
        (build / "grade" / ".lock").touch()
    except OSError as error:
        return fail(f"cannot write to the build directory: {error.strerror}: {error.filename}")
    lab = options.lab or labs_to_do()
    few = options.test is not None and "," not in options.test
    return run_pytest([
        str(ROOT / "grade" / "labs"), "--tb=no", "-rN", "--no-header",
        "-v" if options.verbose else "-q", *parallel(options.jobs, few),
        "--build", str(build), "--cpus", str(options.cpus), "--memory", options.memory,
        "--timeout-scale", str(options.timeout_scale), "--qemu", options.qemu,
        *(["--lab", lab] if lab else []), *(["--test", options.test] if options.test else []),
    ])


def main() -> int:
    arguments = sys.argv[1:]
    if trouble := python_trouble():
        return fail(trouble)
    if arguments[:1] == ["selftest"]:
        rest = arguments[1:]
        if rest[:1] == ["--build"]:  # make passes it to all; these tests make their own
            del rest[:2]
        places = [str(place) for place in (ROOT / "grade/tests", ROOT / "labs/tests", ROOT / "docs/tests")
                  if place.is_dir()]
        return run_pytest([*places, "-q", *parallel(0, bool(rest)), *rest])
    return grade(parse(arguments))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(EXIT_USAGE)
