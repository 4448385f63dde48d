"""CPython's own tests, with and without being recorded: every test must come out the same. Run by hand; takes hours.

    python -m tests.foreign.cpython_suites [--interpreters P,Q] [--suites threading,queue]
        [--keep FOLDER] [--plain FOLDER] [--write]

Interpreters: this one and those in LANESCOPE_TEST_PYTHONS. Suites: those of SUITES, or modules by name. A test whose
outcome differs for no reason in `known_differences` is run again by itself, both ways, and counts as different when it
differs each time. How a module comes out without being recorded depends on the interpreter only: `--plain` takes that
from what an earlier `--keep` left, where there is something, and runs both ways only what it repeats. `--write` puts
what was found into `cpython_results.json` and renders docs/cpython_tests.md from all that is in there. Exit status 1
when a difference is found that has no reason.
"""

import argparse
import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil

from tests.foreign.cpython_table import Entry, read_results, render, write_results
from tests.foreign.known_differences import reason_for

ROOT = Path(__file__).resolve().parent.parent.parent
RUNNER = Path(__file__).parent / "cpython_runner.py"
TEST_S = 150.0  # a test that takes longer hangs
PIECE_S = 100.0  # then a new process takes up the rest of a module
PROCESS_S = 3600.0
RETRIES = 2
MOST_HANGS = 6  # in one module
MORE = 75  # exit status of the runner: tests are left
NEVER_ENDED = "never ended"
PR_SET_CHILD_SUBREAPER = 36
METHODS = ("fork", "spawn", "forkserver")
# What CPython's packages of multiprocessing tests consist of from 3.12 on. They are missing where a distribution leaves
# them out, but all is in one module: GENERATED makes the parts from it, with these arguments.
PARTS = {
    "processes": "only_type='processes'",
    "threads": "only_type='threads'",
    "manager": "only_type='manager'",
    "misc": "exclude_types=True",
}
# Modules by suite.
SUITES: dict[str, tuple[str, ...]] = {
    "thread": ("test.test_thread",),
    "threading": ("test.test_threading",),
    "threading_local": ("test.test_threading_local",),
    "threadsignals": ("test.test_threadsignals",),
    "threadedtempfile": ("test.test_threadedtempfile",),
    "queue": ("test.test_queue",),
    "futures": tuple(
        f"test.test_concurrent_futures.test_{part}"
        for part in (
            "as_completed", "deadlock", "future", "init", "interpreter_pool", "process_pool", "shutdown",
            "thread_pool", "wait",
        )
    ),
    **{f"multiprocessing_{method}": tuple(f"cpython_{method}_{part}" for part in PARTS) for method in METHODS},
}  # fmt: skip
GENERATED = """
import unittest
from test._test_multiprocessing import install_tests_in_module_dict
install_tests_in_module_dict(globals(), {method!r}, {arguments})
"""


@dataclass
class Ran:
    """One run of a module: the outcome of each test."""

    outcomes: dict[str, tuple[str, str]] = field(default_factory=dict)  # by test: outcome, reason
    missing: str = ""  # why the module cannot be run there
    stderr: str = ""


def run_module(python: str, module: str, names: tuple[str, ...], folder: Path, *, recorded: bool) -> Ran:
    """Run it in a folder of its own."""
    way = "recorded" if recorded else "plain"
    work = folder / way
    work.mkdir(parents=True, exist_ok=True)
    runner = work / RUNNER.name
    runner.write_text(RUNNER.read_text())
    for method in METHODS:
        for part, arguments in PARTS.items():
            source = GENERATED.format(method=method, arguments=arguments)
            (work / f"cpython_{method}_{part}.py").write_text(source)
    outcomes = work / "outcomes"
    outcomes.unlink(missing_ok=True)
    words = [str(runner), str(outcomes), str(TEST_S), str(PIECE_S), module, *names]
    if recorded:
        record = [sys.executable, str(ROOT / "main.py"), "record", "-o", str(work / "recording.lane")]
        command = [*record, "--interpreter", python, "--", *words]
    else:
        command = [python, *words]
    ran = Ran()
    hangs = 0
    while hangs < MOST_HANGS:  # a test that hangs, or kills its process, has others after it
        status = None
        with open(work / "stdout", "a") as stdout, open(work / "stderr", "a") as stderr:
            try:
                ended = subprocess.run(command, cwd=work, stdout=stdout, stderr=stderr, timeout=PROCESS_S, check=False)
                status = ended.returncode
            except subprocess.TimeoutExpired:
                stderr.write("the suite took too long")
        end_orphans()
        told = read_outcomes(outcomes)
        hung = any(told[test][0] == NEVER_ENDED for test in told.keys() - ran.outcomes.keys())
        ran.outcomes = told
        hangs += hung
        if not hung and status != MORE:
            break
    ran.stderr = (work / "stderr").read_text(errors="replace")
    if not ran.outcomes or any(test.startswith("unittest.loader._FailedTest") for test in ran.outcomes):
        ran.missing = "not installed" if "No module named" in ran.stderr else "could not be run"
    return ran


def adopt_orphans() -> None:
    """What a test that hung leaves running becomes a child of this process (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_orphans() -> None:
    """Some of them compute for ever. Resource trackers then end by themselves, and take away what the others left."""
    orphans = psutil.Process().children(recursive=True)
    for some in ([orphan for orphan in orphans if not is_tracker(orphan)], orphans):
        for orphan in some:
            with contextlib.suppress(psutil.NoSuchProcess):
                orphan.kill()
        psutil.wait_procs(orphans, timeout=3)


def is_tracker(process: psutil.Process) -> bool:
    """Whether it is a resource tracker of multiprocessing's."""
    try:
        return "multiprocessing.resource_tracker" in " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return False


def read_outcomes(path: Path) -> dict[str, tuple[str, str]]:
    """By test: outcome and reason."""
    found: dict[str, tuple[str, str]] = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        test, outcome, reason = json.loads(line)
        if outcome == "begun":
            found[test] = NEVER_ENDED, ""
        elif outcome == "ended":
            if found[test][0] == NEVER_ENDED:  # all its subtests were skipped or failed, and are told of
                del found[test]
        elif outcome != "passed" or found.get(test, (NEVER_ENDED,))[0] == NEVER_ENDED:  # else: a subtest failed before
            found[test] = outcome, reason.partition("\n")[0]
    return found


def read_plain(folder: Path) -> tuple[Ran, str]:
    """How a module came out without being recorded, and when, as kept in that folder; nothing when it was not."""
    kept = folder / "plain" / "outcomes"
    if not kept.exists():
        return Ran(), ""
    return Ran(read_outcomes(kept)), minute_of(datetime.fromtimestamp(kept.stat().st_mtime, UTC))


def minute_of(moment: datetime) -> str:
    """To the minute."""
    return f"{moment:%Y-%m-%d %H:%M}"


def compare(python: str, module: str, folder: Path, kept: Path | None = None) -> Entry:
    """Run a module both ways, unless how it comes out without being recorded is `kept`; whatever differs, again."""
    plain, plain_at = read_plain(kept) if kept is not None else (Ran(), "")
    if not plain.outcomes:
        plain, plain_at = run_module(python, module, (), folder, recorded=False), minute_of(datetime.now(UTC))
    if plain.missing:
        return Entry(missing=plain.missing)
    recorded = run_module(python, module, (), folder, recorded=True)
    entry = Entry(tests=len(plain.outcomes), plain_at=plain_at)
    for outcome, _reason in plain.outcomes.values():
        entry.plain[outcome] = entry.plain.get(outcome, 0) + 1
    if recorded.missing:
        entry.differences[module] = recorded.missing
        return entry
    differences = describe(plain, recorded)
    version = version_of(python)
    for attempt in range(RETRIES):
        names = tuple(test for test in differences if is_a_name(test) and reason_for(version, test) is None)
        if not names:
            break
        again = folder / f"again-{attempt}"
        found = describe(*(run_module(python, module, names, again, recorded=recorded) for recorded in (False, True)))
        entry.unsteady += [test for test in names if test not in found]
        differences = {
            test: found.get(test, words) for test, words in differences.items() if test not in entry.unsteady
        }
    entry.differences = differences
    return entry


def is_a_name(test: str) -> bool:
    """Whether the test can be run by itself: a subtest or a module's set-up cannot."""
    return " " not in test and "(" not in test


def describe(plain: Ran, recorded: Ran) -> dict[str, str]:
    """The tests whose outcome is not the same, and how they differ."""
    found = {}
    for test in sorted(plain.outcomes.keys() | recorded.outcomes.keys()):
        before, after = (ran.outcomes.get(test, ("not run", "")) for ran in (plain, recorded))
        if before[0] != after[0]:
            reason = after[1] or before[1]
            found[test] = f"{before[0]}, recorded: {after[0]}" + (f" ({reason})" if reason else "")
    return found


def version_of(python: str) -> str:
    """Version, with a t when it runs without a GIL."""
    source = (
        "import sys; free = not getattr(sys, '_is_gil_enabled', lambda: True)();"
        "print('.'.join(map(str, sys.version_info[:3])) + 't' * free)"
    )
    return subprocess.run([python, "-c", source], capture_output=True, text=True, check=True).stdout.strip()


def commit_of_tracer() -> str:
    """The last commit that changed it, with a + when it has been changed since."""
    commit, changes = (
        subprocess.run(["git", *words, "engine/tracer"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for words in (("log", "-1", "--format=%h", "--"), ("status", "--porcelain", "--"))
    )
    return commit.strip() + "+" * bool(changes)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    others = [path for path in os.environ.get("LANESCOPE_TEST_PYTHONS", "").split(os.pathsep) if path]
    parser.add_argument("--interpreters", default=",".join([sys.executable, *others]))
    parser.add_argument("--suites", default=",".join(SUITES))
    parser.add_argument("--keep", type=Path, help="folder for output and recordings; otherwise they are thrown away")
    parser.add_argument("--plain", type=Path, help="a former --keep: what was run without recording is not run again")
    parser.add_argument("--write", action="store_true", help="keep the results, and render the table in docs")
    arguments = parser.parse_args()
    unexplained = 0
    adopt_orphans()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it, its children too
    with tempfile.TemporaryDirectory() as temporary:
        for python in arguments.interpreters.split(","):
            version = version_of(python)
            for suite in arguments.suites.split(","):
                for module in SUITES.get(suite, (suite,)):
                    tracer = commit_of_tracer()
                    folder = (arguments.keep or Path(temporary)).resolve() / version / module
                    kept = arguments.plain and arguments.plain / version / module
                    entry = compare(python, module, folder, kept)
                    entry.run_at = minute_of(datetime.now(UTC))
                    entry.tracer = tracer
                    unexplained += tell(version, module, entry)
                    if arguments.write:
                        write_results(read_results() | {f"{version} {module}": entry})
                        render([module for modules in SUITES.values() for module in modules])
    return 1 if unexplained else 0


def tell(version: str, module: str, entry: Entry) -> int:
    """Say what was found. How many differences have no reason."""
    unexplained = 0
    print(f"{version} {module}: {entry.missing or entry.summary()}", flush=True)
    for test, difference in entry.differences.items():
        reason = reason_for(version, test)
        unexplained += reason is None
        print(f"    {test}: {difference}" + (f" [{reason}]" if reason else ""), flush=True)
    for test in entry.unsteady:
        print(f"    {test}: differed once, not again", flush=True)
    return unexplained


if __name__ == "__main__":
    sys.exit(main())
