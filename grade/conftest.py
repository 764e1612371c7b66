# SPDX-License-Identifier: MIT
"""The pytest plugin: options, the fixture `ponte`, verdicts, and the reports at the end.

Where the work is done: with xdist the tests run in worker processes, each of which judges its own;
what it found travels in the report's user_properties to the controller, which writes the reports.
"""
from __future__ import annotations

import os
import re
import traceback
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from grade import harness, points, qemu, scoring, selection
from grade.explain import explain
from grade.outcome import Outcome, Verdict
from grade.report import Workplace, table

ROOT = Path(__file__).resolve().parent.parent
LABS = ROOT / "grade" / "labs"
CONTROLLER = pytest.StashKey["Controller"]()
PLACE = pytest.StashKey[selection.Place]()
SELECTION = pytest.StashKey[selection.Selection]()
LETTERS = {Outcome.PASS: ".", Outcome.NOT_ATTEMPTED: "n", Outcome.INFRASTRUCTURE: "I"}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("ponte", "the graders of Ponte")
    build = os.environ.get("PONTE_BUILD") or str(ROOT / "build")
    group.addoption("--build", default=build, help="build directory (PONTE_BUILD)")
    group.addoption("--lab", help="labs to grade: 2 or 1,2 or kernel or all")
    group.addoption("--test", help="only these tests")
    group.addoption("--cpus", type=int, default=2, help="CPUs of the machine (2)")
    group.addoption("--memory", default="128M", help="its memory (128M)")
    group.addoption("--timeout-scale", type=float, default=1.0,
                    help="stretches wall-clock limits")
    group.addoption("--qemu", default=os.environ.get("QEMU") or "qemu-system-x86_64")


def _grading(config: pytest.Config) -> bool:
    """Whether labs are graded, and not the graders' own tests run."""
    return SELECTION in config.stash


def _shown(path: Path) -> str:
    """The path as a person at this prompt would type it."""
    here = Path.cwd()
    return str(path.relative_to(here)) if here in path.parents else str(path)


def _machine(config: pytest.Config) -> qemu.Machine:
    build = Path(config.getoption("--build")).resolve()
    return qemu.Machine(config.getoption("--qemu"), build / "ponte.elf", build / "initrd.cpio",
                        config.getoption("--cpus"), config.getoption("--memory"))


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    paths = [Path(str(arg).split("::")[0]).resolve() for arg in config.args]
    if not any(path == LABS or LABS in path.parents for path in paths):
        return
    try:
        labs = points.read_labs(ROOT)
        harness.choose_seed(os.environ.get("PONTE_SEED"))
    except points.CatalogError as error:
        raise pytest.UsageError(str(error)) from None
    except ValueError:
        raise pytest.UsageError("PONTE_SEED must be a number, like 0x1234") from None
    config.stash[SELECTION] = selection.select(
        labs, config.getoption("--lab"), config.getoption("--test"))
    if hasattr(config, "workerinput"):
        qemu.die_with_parent()()
        return
    try:
        work = Workplace(Path(config.getoption("--build")).resolve())
    except OSError as error:
        raise pytest.UsageError(
            f"cannot write to the build directory: {error.strerror}: {error.filename}") from None
    config.stash[CONTROLLER] = controller = Controller(config, work)
    config.option.xmlpath = config.option.xmlpath or str(work.directory / "junit.xml")
    config.pluginmanager.register(controller, "ponte-controller")


def _work(config: pytest.Config) -> Path:
    """The directory for the runs, which the controller chose."""
    if hasattr(config, "workerinput"):
        return Path(config.workerinput["ponte_runs"])
    return config.stash[CONTROLLER].work.runs


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not _grading(config):
        return
    chosen = config.stash[SELECTION]
    try:
        for item in items:
            item.stash[PLACE] = selection.place(item)
        whole = [Path(arg).resolve() for arg in config.args] == [LABS]
        trouble = selection.disagreement(
            points.read_labs(ROOT), [(item.nodeid, item.stash[PLACE]) for item in items], whole)
    except pytest.UsageError as error:
        trouble = str(error)
    if trouble and hasattr(config, "workerinput"):
        config.workeroutput["ponte_trouble"] = trouble  # the controller says it
        items.clear()
    elif trouble:
        raise pytest.UsageError(trouble)
    wanted = [item for item in items if _wanted(chosen, item.stash[PLACE])]
    config.hook.pytest_deselected(items=[item for item in items if item not in wanted])
    items[:] = wanted


def _wanted(chosen: selection.Selection, where: selection.Place) -> bool:
    if chosen.tests is not None and where.id not in chosen.tests:
        return False
    if where.lab is None:
        return chosen.kernel
    return where.lab in {lab.number for lab in chosen.labs}


@pytest.fixture
def ponte(request: pytest.FixtureRequest) -> Iterator[harness.Ponte]:
    """Boots machines for this test; see grade/harness.py."""
    config, where = request.config, request.node.stash[PLACE]
    name = f"lab{where.lab}-{where.id}" if where.lab is not None else f"kernel-{where.id}"
    yield harness.Ponte(
        _machine(config), _work(config) / re.sub(r"[^A-Za-z0-9_.-]", "-", name),
        harness.choose_seed(os.environ.get("PONTE_SEED")), config.getoption("--timeout-scale"))


def _verdict(item: pytest.Item, call: pytest.CallInfo[None]) -> tuple[Verdict, str]:
    """What came of a test, and a traceback if it is the grader that is broken."""
    machine = getattr(item, "funcargs", {}).get("ponte")
    if call.excinfo is None:
        runs = machine.runs if machine else []
        if (machine or item.stash[PLACE].lab is not None) and (
                not runs or not all(run.judged for run in runs)):
            return Verdict(Outcome.INFRASTRUCTURE, "the test never says what it expects"), ""
        return Verdict(Outcome.PASS, ""), ""
    error = call.excinfo.value
    if isinstance(error, harness.GradeFailure):
        return error.verdict, ""
    if isinstance(error, (AssertionError, pytest.fail.Exception)):
        return Verdict(Outcome.FAIL, str(error) or "an assertion failed"), ""
    if isinstance(error, pytest.skip.Exception):
        return Verdict(Outcome.INFRASTRUCTURE, f"skipped: {error}"), ""
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno})"
    return (Verdict(Outcome.INFRASTRUCTURE, f"the grader itself failed: {where}"),
            str(call.excinfo.getrepr(style="short")))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(
        item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
    if not _grading(item.config) or call.when == "teardown" or (
            call.when == "setup" and call.excinfo is None) or (
            call.excinfo is not None and not isinstance(call.excinfo.value, Exception)
            and not isinstance(call.excinfo.value, (pytest.fail.Exception, pytest.skip.Exception))):
        yield
        return
    verdict, trace = _verdict(item, call)
    where = item.stash[PLACE]
    item.user_properties += [("lab", "kernel" if where.lab is None else where.lab),
                             ("test", where.id), ("outcome", verdict.outcome.value),
                             ("title", _title(item))]
    report = (yield).get_result()
    if verdict.outcome is Outcome.PASS:
        return
    report.outcome = "failed"
    report.longrepr = _explain(item, verdict) + (f"\n{trace}\n" if trace else "")


def _title(item: pytest.Item) -> str:
    """The first sentence of the docstring: for tests that stand in no lab.toml."""
    doc = (getattr(item.obj, "__doc__", None) or item.name).strip()  # type: ignore[attr-defined]
    return doc.split("\n")[0].rstrip(".")


def _explain(item: pytest.Item, verdict: Verdict) -> str:
    machine: harness.Ponte | None = getattr(item, "funcargs", {}).get("ponte")
    where = item.stash[PLACE]
    lab = next((lab for lab in item.config.stash[SELECTION].labs if lab.number == where.lab), None)
    run = machine.runs[-1] if machine and machine.runs else None
    logs = ""
    if run is not None:
        kept = Path(item.config.getoption("--build")).resolve() / "grade" / "runs"
        logs = _shown(kept / run.directory.name) + "/"
    return explain(
        verdict, getattr(item.obj, "__doc__", None), run,  # type: ignore[attr-defined]
        id=where.id, base_seed=machine.seed if machine else 0, lab=lab,
        test=lab.test(where.id) if lab else None, logs=logs)


class Controller:
    """Gathers what came of the tests, and at the end writes it down. Not in xdist's workers."""

    def __init__(self, config: pytest.Config, work: Workplace) -> None:
        self.config = config
        self.work = work
        self.chosen: selection.Selection = config.stash[SELECTION]
        self.found: dict[tuple[int, str], scoring.Result] = {}
        self.kernel: dict[str, scoring.Result] = {}
        self.lost: list[str] = []  # reports of tests that came without a verdict
        self.trouble: str | None = None
        self.grade = scoring.Grade(())

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput["ponte_runs"] = str(self.work.runs)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: Any) -> None:
        self.trouble = self.trouble or getattr(node, "workeroutput", {}).get("ponte_trouble")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        facts = dict(report.user_properties)
        if "outcome" not in facts:
            if report.failed:
                self.lost.append(f"{report.nodeid}: {report.longrepr}")
            return
        outcome = Outcome(facts["outcome"])
        text = str(report.longrepr) if report.failed else ""
        if report.when == "teardown":
            if not report.failed:
                return
            outcome = Outcome.INFRASTRUCTURE  # it judged well, then the grader broke
        id = str(facts["test"])
        if facts["lab"] == "kernel":
            self.kernel[id] = scoring.Result(
                None, id, str(facts["title"]), outcome, text, report.duration)
            return
        number = int(facts["lab"])
        test = next(lab for lab in self.chosen.labs if lab.number == number).test(id)
        self.found[number, id] = scoring.Result(
            number, id, test.title if test else "", outcome, text, report.duration, test)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> Any:
        outcome = dict(report.user_properties).get("outcome")
        if report.when == "teardown" or outcome is None:
            return None
        said = Outcome(outcome)
        return ("passed" if said is Outcome.PASS else "failed",
                LETTERS.get(said, "F"), said.value.upper())

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, Any, None]:
        """The grade first, for the terminal's summary; the files after junit.xml is whole."""
        self.grade = scoring.tally(self.chosen.labs, self.chosen.tests, self.found,
                                   self.kernel.values())
        interrupted = session.exitstatus in (
            pytest.ExitCode.INTERRUPTED, pytest.ExitCode.USAGE_ERROR,
            pytest.ExitCode.INTERNAL_ERROR)
        if self.trouble:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR
        elif not interrupted:
            session.exitstatus = self.grade.exit_status
            if self.lost:
                session.exitstatus = scoring.EXIT_INCOMPLETE
        yield
        if not self.config.option.collectonly:
            self.work.publish(self.grade)

    @pytest.hookimpl(tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for plugin in self.config.pluginmanager.get_plugins():
            if type(plugin).__name__ == "LogXML":  # it would name the file before publishing
                plugin.logfile = _shown(self.work.home / "junit.xml")
        write = terminalreporter.write_line
        write("")
        if self.trouble:
            write(f"ERROR: {self.trouble}")
            return
        if self.config.option.collectonly:
            return
        for result in self.grade.results:
            if result.text and result.outcome is not Outcome.PASS:
                terminalreporter.write_sep("-")
                write(result.text)
        for text in self.lost:
            write(f"ERROR: {text}")
        for line in table(self.grade):
            write(line)
        write(f"Reports: {_shown(self.work.home)}/ (results.json, junit.xml, runs/)")
