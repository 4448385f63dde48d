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
import json
import os
import signal
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.foreign.both_ways import (
    Ran,
    adopt_orphans,
    commit_of_tracer,
    describe,
    end_orphans,
    minute_of,
    record_command,
    version_of,
)
from tests.foreign.cpython_table import Entry, read_results, render, write_results
from tests.foreign.known_differences import reason_for

RUNNER = Path(__file__).parent / "cpython_runner.py"
TEST_S = 150.0  # a test that takes longer hangs
PIECE_S = 100.0  # then a new process takes up the rest of a module
PROCESS_S = 3600.0
RETRIES = 2
MOST_HANGS = 6  # in one module
MORE = 75  # exit status of the runner: tests are left
NEVER_ENDED = "never ended"
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
    command = [*(record_command(python, work / "recording.lane") if recorded else [python]), *words]
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
