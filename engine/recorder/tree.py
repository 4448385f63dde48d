"""The processes a program has started, all of them, and how to end them."""

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil  # type: ignore[import-untyped, unused-ignore]

from engine.tracer import layout

_SET_CHILD_SUBREAPER = 36
_SET_DEATH_SIGNAL = 1
_LIBRARY = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def become_subreaper() -> None:
    """Orphans of the program become children of this process (Linux), so that none gets out of sight."""
    if _LIBRARY is not None:
        _LIBRARY.prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent() -> None:
    """For the child between fork and exec: it is killed when this process dies (Linux)."""
    if _LIBRARY is not None:
        _LIBRARY.prctl(_SET_DEATH_SIGNAL, int(signal.SIGKILL), 0, 0, 0)


def reap() -> dict[int, int]:
    """Exit statuses (negative: minus the signal) of children that have ended, by pid."""
    ended: dict[int, int] = {}
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended[pid] = os.waitstatus_to_exitcode(status)


def descendants(pid: int | None = None) -> list[psutil.Process]:
    """Everything below this process (default: the calling one) that still runs."""
    try:
        found = psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []
    return [process for process in found if not _is_zombie(process)]


def started_under(folder: Path) -> list[psutil.Process]:
    """Processes of this run, by what is written in their environment, and everything below them.

    For whoever is not above them in the tree: their recorder is dead.
    """
    mark = str(folder)
    found: dict[int, psutil.Process] = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(layout.RUN_FOLDER_VARIABLE) == mark:
                found[process.pid] = process
                found.update((child.pid, child) for child in process.children(recursive=True))
    return [process for process in found.values() if not _is_zombie(process)]


def kill_started_under(folder: Path) -> None:
    """Ends all of a run whose recorder is dead."""
    kill(lambda: started_under(folder), reap_children=False)


def is_resource_tracker(process: psutil.Process) -> bool:
    """It removes the named semaphores of the others once they are gone, and then ends by itself."""
    with contextlib.suppress(psutil.Error, OSError):
        return any("multiprocessing.resource_tracker" in word for word in process.cmdline())
    return False


def send(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    """Sends a signal to each that is still there."""
    for process in processes:
        with contextlib.suppress(psutil.Error, OSError):
            process.send_signal(number)


def kill(
    find: Callable[[], list[psutil.Process]], within_s: float = 0.9, *, reap_children: bool = True
) -> dict[int, int]:
    """Kills all that `find` finds, however fast they start new ones; resource trackers last. Returns as `reap`."""
    ended: dict[int, int] = {}
    deadline = time.monotonic() + within_s
    while (alive := find()) and time.monotonic() < deadline:
        trackers = [process for process in alive if is_resource_tracker(process)]
        others = [process for process in alive if process not in trackers]
        send(others, signal.SIGSTOP)  # whoever starts processes stands still before any of them is killed
        send(others, signal.SIGKILL)
        if not others and deadline - time.monotonic() < within_s / 2:
            send(trackers, signal.SIGKILL)
        if reap_children:
            ended.update(reap())
        time.sleep(0.01)
    if reap_children:
        ended.update(reap())
    return ended


def _is_zombie(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return True
