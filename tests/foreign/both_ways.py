"""A suite of tests, run without and with being recorded: what is common to CPython's own and those of libraries."""

import contextlib
import ctypes
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent.parent
PR_SET_CHILD_SUBREAPER = 36


@dataclass
class Ran:
    """One run of a suite: the outcome of each test."""

    outcomes: dict[str, tuple[str, str]] = field(default_factory=dict)  # by test: outcome, reason
    missing: str = ""  # why the module cannot be run there
    stderr: str = ""


def record_command(python: str, recording: Path) -> list[str]:
    """What stands before a program's words to have it recorded by this Lanescope."""
    return [sys.executable, str(ROOT / "main.py"), "record", "-o", str(recording), "--interpreter", python, "--"]


def describe(plain: Ran, recorded: Ran) -> dict[str, str]:
    """The tests whose outcome is not the same, and how they differ."""
    found = {}
    for test in sorted(plain.outcomes.keys() | recorded.outcomes.keys()):
        before, after = (ran.outcomes.get(test, ("not run", "")) for ran in (plain, recorded))
        if before[0] != after[0]:
            reason = after[1] or before[1]
            found[test] = f"{before[0]}, recorded: {after[0]}" + (f" ({reason})" if reason else "")
    return found


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


def minute_of(moment: datetime) -> str:
    """To the minute."""
    return f"{moment:%Y-%m-%d %H:%M}"
