"""Tests of well-known libraries, with and without being recorded: every test must come out the same. Run by hand.

    python -m tests.foreign.library_suites [--interpreters P,Q] [--libraries joblib,trio] [--keep FOLDER] [--write]

Gets a library's source distribution, which has its tests in it, installs the library and what its tests need in an
environment of its own, and runs the files of tests that `libraries` names, with pytest: plain, and by `main.py record
-- -m pytest`. Tests that come out differently make both run again, at most REPEATS times: what differs each time
counts as different, the rest as unsteady. `--keep` leaves sources, environments and recordings, and uses what is
there. `--write` puts what was found into `library_results.json` and renders docs/library_tests.md from all that is in
there. Exit status 1 when a difference is found that has no reason in `known_differences`.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

from tests.foreign.both_ways import (
    ROOT,
    Ran,
    adopt_orphans,
    commit_of_tracer,
    describe,
    end_orphans,
    minute_of,
    record_command,
    version_of,
)
from tests.foreign.known_differences import reason_for
from tests.foreign.libraries import LIBRARIES, RUNNER, Library
from tests.foreign.library_table import LibraryEntry, read_results, render, write_results

SUITE_S = 240.0  # a suite that takes longer hangs
REPEATS = 3
RUN_TO_THE_END = (0, 1)  # exit statuses: all tests have passed, or some have not
EXIT_STATUS = "exit status"  # compared as if it were a test
ADDRESS = re.compile(r"0x[0-9a-f]{6,}")  # in the names of some tests


class Unobtainable(Exception):
    """What cannot be had: a source distribution, or an environment for it."""


def obtain(library: Library, folder: Path) -> Path:
    """The unpacked source distribution. Unobtainable when there is none."""
    unpacked = folder / f"{library.name}-{library.version}"
    if not unpacked.exists():
        with tempfile.TemporaryDirectory(dir=folder) as downloads:
            wanted = f"{library.name}=={library.version}"
            pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", library.name]
            must(*pip, "-d", downloads, wanted)
            (archive,) = Path(downloads).iterdir()
            with tarfile.open(archive) as tar:
                tar.extractall(Path(downloads) / "all", filter="data")
            (source,) = (Path(downloads) / "all").iterdir()
            source.rename(unpacked)
    return unpacked


def make_environment(python: str, library: Library, folder: Path) -> str:
    """A virtual environment with the library in it, and what its tests need: its interpreter."""
    inside = folder / "bin" / "python"
    done = folder / "done"
    if not done.exists():
        must(python, "-m", "venv", "--clear", str(folder))
        wanted = [f"{library.name}=={library.version}", RUNNER, *library.needs]
        must(str(inside), "-m", "pip", "install", "-q", *wanted)
        done.touch()
    return str(inside)


def must(*command: str) -> None:
    """Run it; Unobtainable, with its last words, when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        words = [line for line in done.stderr.splitlines() if line.lower().startswith("error")]
        raise Unobtainable(words[-1] if words else done.stderr.strip().rpartition("\n")[2])


def run_tests(python: str, library: Library, source: Path, folder: Path, *, recorded: bool) -> tuple[Ran, float]:
    """Run them in a fresh copy of the source, at the same place each time; the seconds it took."""
    way = "recorded" if recorded else "plain"
    work = folder / "source"
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(source, work, symlinks=True)
    told = folder / f"{way}.xml"
    told.unlink(missing_ok=True)
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "addopts=", "--junitxml", str(told), *library.tests]
    command = [*(record_command(python, folder / "recording.lane") if recorded else [python]), *words]
    ran = Ran()
    before = time.monotonic()
    with open(folder / f"{way}.txt", "w") as output:
        try:
            status = subprocess.run(
                command, cwd=work, stdin=subprocess.DEVNULL, stdout=output, stderr=output, timeout=SUITE_S, check=False
            ).returncode
            ran.outcomes = read_outcomes(told)
            ran.outcomes[EXIT_STATUS] = str(status), ""
        except subprocess.TimeoutExpired:
            ran.missing = f"did not end within {SUITE_S:.0f} s"
    seconds = time.monotonic() - before
    end_orphans()
    if not ran.missing and status not in RUN_TO_THE_END:
        ran.missing = f"pytest did not run it to the end (exit status {status})"
    return ran, seconds


def read_outcomes(path: Path) -> dict[str, tuple[str, str]]:
    """By test, as pytest has told them: outcome and reason."""
    found: dict[str, tuple[str, str]] = {}
    for case in ElementTree.parse(path).iter("testcase") if path.exists() else ():
        test = ADDRESS.sub("0x…", f"{case.get('classname')}::{case.get('name')}")
        outcome, reason = "passed", ""
        for tag, word in (("skipped", "skipped"), ("failure", "failed"), ("error", "error")):
            told = case.find(tag)
            if told is not None:
                outcome = "expected failure" if told.get("type") == "pytest.xfail" else word
                reason = (told.get("message") or "").partition("\n")[0]
        found[test] = outcome, reason
    return found


def compare(entry: LibraryEntry, python: str, library: Library, source: Path, folder: Path) -> None:
    """Run it both ways; again when something differs. What is found is noted in `entry`."""
    plain, entry.plain_s = run_tests(python, library, source, folder, recorded=False)
    if plain.missing:
        entry.missing = plain.missing
        return
    recorded, entry.recorded_s = run_tests(python, library, source, folder, recorded=True)
    entry.tests = len(plain.outcomes) - 1
    entry.plain = dict(Counter(outcome for test, (outcome, _) in plain.outcomes.items() if test != EXIT_STATUS))
    look_into(folder / "recording.lane", entry)
    entry.differences = described(plain, recorded)
    for _ in range(REPEATS):
        if all(reason_for(entry.place, test) is not None for test in entry.differences):
            break
        again = [run_tests(python, library, source, folder, recorded=way)[0] for way in (False, True)]
        found = described(*again)
        entry.unsteady += [test for test in entry.differences if test not in found]
        entry.differences = {test: found[test] for test in entry.differences if test in found}


def described(plain: Ran, recorded: Ran) -> dict[str, str]:
    """As `describe`; the whole suite when it did not come to an end. The exit status only if nothing else differs."""
    if recorded.missing:
        return {"all": recorded.missing}
    found = describe(plain, recorded)
    if len(found) > 1:
        found.pop(EXIT_STATUS, None)
    return found


def look_into(recording: Path, entry: LibraryEntry) -> None:
    """What the recording holds, and what is found in it."""
    command = [sys.executable, str(ROOT / "main.py"), "report", "--json", str(recording)]
    report = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    told = report["recording"]
    entry.events, entry.lanes, entry.processes = told["events"], told["lanes"], told["processes"]
    entry.dropped = told["dropped"]
    entry.findings = dict(Counter(f"{found['severity']}: {found['kind']}" for found in report["findings"]))
    entry.errors = [found["explanation"] for found in report["findings"] if found["severity"] == "error"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    others = [path for path in os.environ.get("LANESCOPE_TEST_PYTHONS", "").split(os.pathsep) if path]
    parser.add_argument("--interpreters", default=",".join([sys.executable, *others]))
    parser.add_argument("--libraries", default=",".join(library.name for library in LIBRARIES))
    parser.add_argument("--keep", type=Path, help="folder for sources, environments and recordings")
    parser.add_argument("--write", action="store_true", help="keep the results, and render the table in docs")
    arguments = parser.parse_args()
    wanted = arguments.libraries.lower().split(",")
    unexplained = 0
    adopt_orphans()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it, its children too
    with tempfile.TemporaryDirectory() as temporary:
        for python in arguments.interpreters.split(","):
            version = version_of(python)
            for library in LIBRARIES:
                if library.name.lower() not in wanted:
                    continue
                tracer = commit_of_tracer()
                kept = (arguments.keep or Path(temporary)).resolve()
                entry = look_at(python, version, library, kept)
                entry.run_at, entry.tracer = minute_of(datetime.now(UTC)), tracer
                unexplained += tell(entry)
                if arguments.write:
                    write_results(read_results() | {entry.place: entry})
                    render()
    return 1 if unexplained else 0


def look_at(python: str, version: str, library: Library, kept: Path) -> LibraryEntry:
    """One library on one interpreter."""
    folder = kept / version / library.title
    folder.mkdir(parents=True, exist_ok=True)
    entry = LibraryEntry(place=f"{version} {library.title}", release=library.version, words=" ".join(library.tests))
    try:
        source = obtain(library, kept)
        inside = make_environment(python, library, folder / "environment")
        compare(entry, inside, library, source, folder)
    except Unobtainable as error:
        entry.missing = str(error)
    return entry


def tell(entry: LibraryEntry) -> int:
    """Say what was found. How many differences have no reason."""
    unexplained = 0
    print(f"{entry.place} {entry.release}: {entry.missing or entry.summary()}", flush=True)
    for test, difference in entry.differences.items():
        reason = reason_for(entry.place, test)
        unexplained += reason is None
        print(f"    {test}: {difference}" + (f" [{reason}]" if reason else ""), flush=True)
    for test in entry.unsteady:
        print(f"    {test}: differed once, not again", flush=True)
    for error in entry.errors:
        print(f"    error: {error}", flush=True)
    return unexplained


if __name__ == "__main__":
    sys.exit(main())
