"""The suite's rules: nothing stray is left behind, and the user's own settings and recordings are never touched.

After every test: no new child process, thread or active Qt timer, and nothing left in the folders for runs and
temporary files. What is found fails the test that left it, by name.
"""

import contextlib
import gc
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from engine import interpreters
from engine.backends import registry

# Files of many seconds come first: where ./test has two halves, neither then waits long for the other's last file.
LONG = (
    "test_quality.py", "test_prediction.py", "test_recorded_scenarios.py", "test_session.py", "test_runs.py",
    "test_check.py", "test_codes.py", "test_commands.py", "test_processes.py", "test_told_to_tests.py",
    "test_pytest_runs.py", "test_observed.py", "test_long_waits.py", "test_comparison.py", "test_run.py",
    "test_effects.py", "test_deadlocks.py",
)  # fmt: skip
PATIENCE_S = 5.0  # what ends by itself may take this long on a loaded machine


def pytest_configure() -> None:
    """A shell lets what it runs in the background ignore Ctrl-C; the programs of the tests are to hear it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="also run whole matrices, soak, fuzzing, other interpreters")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    place = {name: number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: place.get(item.path.name, len(LONG)))
    if config.getoption("--full"):
        return
    skip = pytest.mark.skip(reason="only with --full")
    for item in items:
        if "full" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def other_pythons() -> list[str]:
    """Interpreters named in LANESCOPE_TEST_PYTHONS, separated as PATH is; skips the test when there are none."""
    pythons = [path for path in os.environ.get("LANESCOPE_TEST_PYTHONS", "").split(os.pathsep) if path]
    if not pythons:
        pytest.skip("LANESCOPE_TEST_PYTHONS names no other interpreters")
    return pythons


@pytest.fixture
def python_with() -> Callable[[str], str]:
    """Gives an interpreter that has a backend: this one, else another at hand; skips the test when there is none."""

    def find(backend: str) -> str:
        others = [path for path in os.environ.get("LANESCOPE_TEST_PYTHONS", "").split(os.pathsep) if path]
        for python in (sys.executable, *others):
            if not registry.get(backend).missing_in(interpreters.probe(python).version_info):
                return python
        pytest.skip(f"no interpreter at hand has {backend}; name one in LANESCOPE_TEST_PYTHONS")

    return find


@pytest.fixture(scope="session")
def common_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where each test finds the folders clean that the one before has left clean: making them for each takes long."""
    return tmp_path_factory.mktemp("own")


@pytest.fixture(autouse=True)
def own_folders(common_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Settings, recordings, run folders and temporary files of this test, in a place that ends clean."""
    home, runs, temporary = (common_folder / name for name in ("home", "runs", "temporary"))
    for folder in (runs, temporary):
        folder.mkdir(exist_ok=True)
    monkeypatch.setenv("LANESCOPE_HOME", str(home))
    monkeypatch.setenv("LANESCOPE_RUNS", str(runs))
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield
    monkeypatch.setattr(tempfile, "tempdir", None)
    try:
        for folder in (runs, temporary):
            wait_until_empty(
                lambda folder=folder: sorted(entry.name for entry in folder.iterdir()), "files left in " + folder.name
            )
    except pytest.fail.Exception:
        shutil.rmtree(common_folder)
        common_folder.mkdir()
        raise
    if home.exists():
        shutil.rmtree(home)


@pytest.fixture(autouse=True)
def nothing_stray(request: pytest.FixtureRequest, own_folders: None) -> Iterator[None]:
    """Fails a test that leaves a child process, a thread or an active timer."""
    processes = {process.pid for process in own_children()}
    threads = set(threading.enumerate())
    yield
    wait_until_empty(
        lambda: [describe_process(process) for process in own_children() if process.pid not in processes],
        "child processes left running",
    )
    wait_until_empty(
        lambda: [thread.name for thread in threading.enumerate() if thread not in threads and thread.is_alive()],
        "threads left running",
    )
    if "qtbot" in request.fixturenames or "qapp" in request.fixturenames:
        wait_until_empty(active_timers, "timers left active")


def own_children() -> list[psutil.Process]:
    if sys.platform.startswith("linux"):
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:  # there are none: no need to look through all processes
            return []
    return [
        process
        for process in psutil.Process().children(recursive=True)
        if not any("resource_tracker" in word for word in command_line(process))
    ]


def command_line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def describe_process(process: psutil.Process) -> str:
    try:
        return f"{process.pid} ({process.status()}): {' '.join(process.cmdline())[:120]}"
    except psutil.Error:
        return f"{process.pid}"


def active_timers() -> list[str]:
    from PySide6.QtCore import QCoreApplication, QEvent, QTimer
    from shiboken6 import isValid

    application = QCoreApplication.instance()
    if application is None:
        return []
    application.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    application.processEvents()
    return [
        f"{timer.objectName() or 'timer'} of {type(timer.parent()).__name__ if timer.parent() else 'nobody'}"
        for timer in gc.get_objects()
        if isinstance(timer, QTimer) and isValid(timer) and timer.isActive()
    ]


def wait_until_empty(found: Callable[[], list[str]], what: str) -> None:
    """Waits for what is about to go by itself; fails, naming what stays."""
    deadline = time.monotonic() + PATIENCE_S
    while left := found():
        if time.monotonic() > deadline:
            pytest.fail(f"{what}: {'; '.join(left[:10])}", pytrace=False)
        gc.collect()
        time.sleep(0.02)


def is_in_use(file: Path) -> bool:
    """Whether a process has this file of shared memory mapped. The C library links what it has made under another
    name: its number tells."""
    number = re.compile(rf" {file.stat().st_ino} +/dev/shm/")
    for maps in Path("/proc").glob("[0-9]*/maps"):
        with contextlib.suppress(OSError):  # it has ended, or is somebody else's
            if number.search(maps.read_text(errors="replace")):
                return True
    return False


@pytest.fixture(scope="session", autouse=True)
def no_named_semaphores() -> Iterator[None]:
    """Named semaphores and shared memory of multiprocessing do not outlive the suite, unless they are in use: what was
    ours is over by now, and others on this machine may have theirs."""
    if not sys.platform.startswith("linux"):
        yield
        return
    pattern = "*mp-*"
    before = {entry.name for entry in Path("/dev/shm").glob(pattern)}
    yield
    own = os.getuid()
    wait_until_empty(
        lambda: [
            entry.name
            for entry in Path("/dev/shm").glob(pattern)
            if entry.name not in before and entry.exists() and entry.stat().st_uid == own and not is_in_use(entry)
        ],
        "named semaphores left",
    )
