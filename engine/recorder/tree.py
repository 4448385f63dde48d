"""The processes a program has started, all of them, and how to end them."""

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

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


def descendants(pid: int | None = None) -> list[int]:
    """Everything below this process (default: the calling one) that still runs."""
    return _below({os.getpid() if pid is None else pid}, _parents())


def started_under(folder: Path, leader: int | None = None) -> list[int]:
    """Processes of this run, by what is written in their environment, and everything below them.

    `leader`: whose session they belong to, if the run has one of its own; it finds those with another environment.
    For whoever is not above them in the tree: their recorder is dead.
    """
    mark = f"{layout.RUN_FOLDER_VARIABLE}={folder}"
    parents = _parents()
    own = {pid for pid in parents if pid != os.getpid() and (_is_led_by(leader, pid) or mark in _environment(pid))}
    return sorted(own | set(_below(own, parents)))


def _is_led_by(leader: int | None, pid: int) -> bool:
    with contextlib.suppress(OSError):
        return leader is not None and os.getsid(pid) == leader
    return False


def is_resource_tracker(pid: int) -> bool:
    """It removes the named semaphores of the others once they are gone, and then ends by itself."""
    with contextlib.suppress(psutil.Error, OSError):
        if sys.platform == "linux":
            return b"multiprocessing.resource_tracker" in Path(f"/proc/{pid}/cmdline").read_bytes()
        return any("multiprocessing.resource_tracker" in word for word in psutil.Process(pid).cmdline())
    return False


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """Sends a signal to each that is still there."""
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, number)


def kill(find: Callable[[], list[int]], within_s: float = 0.9, *, reap_children: bool = True) -> dict[int, int]:
    """Kills all that `find` finds, however fast they start new ones; resource trackers last. Returns as `reap`.

    All of them are made to stand still first, until nobody is new: so nobody can replace the killed.
    """
    ended: dict[int, int] = {}
    stopped: set[int] = set()
    deadline = time.monotonic() + within_s
    while (alive := find()) and time.monotonic() < deadline:
        new = [pid for pid in alive if pid not in stopped]
        send(new, signal.SIGSTOP)
        stopped.update(new)
        if new and deadline - time.monotonic() > within_s / 2:
            continue
        trackers = [pid for pid in alive if is_resource_tracker(pid)]
        send([pid for pid in alive if pid not in trackers], signal.SIGKILL)
        waited_enough = deadline - time.monotonic() < within_s / 2
        send(trackers, signal.SIGKILL if waited_enough and len(trackers) == len(alive) else signal.SIGCONT)
        if reap_children:
            ended.update(reap())
        time.sleep(0.005)
    if reap_children:
        ended.update(reap())
    return ended


def kill_started_under(folder: Path, leader: int | None = None) -> None:
    """Ends all of a run whose recorder is dead."""
    kill(lambda: started_under(folder, leader), within_s=3.0, reap_children=False)


def _below(roots: set[int], parents: dict[int, int]) -> list[int]:
    children: dict[int, list[int]] = {}
    for pid, parent in parents.items():
        children.setdefault(parent, []).append(pid)
    found: list[int] = []
    waiting = list(roots)
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def _parents() -> dict[int, int]:
    """The parent of every process that runs (zombies do not). By hand on Linux: psutil takes ten times as long."""
    if sys.platform != "linux":
        table = psutil.process_iter(["ppid", "status"])
        return {each.pid: each.info["ppid"] for each in table if each.info["status"] != psutil.STATUS_ZOMBIE}
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                descriptor = os.open(f"/proc/{name}/stat", os.O_RDONLY)
                try:
                    state, parent = os.read(descriptor, 512).rpartition(b")")[2].split()[:2]
                finally:
                    os.close(descriptor)
                if state not in {b"Z", b"X"}:
                    parents[int(name)] = int(parent)
    return parents


def _environment(pid: int) -> list[str]:
    """`NAME=value` strings that the process was started with; none when they cannot be read."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            return os.fsdecode(Path(f"/proc/{pid}/environ").read_bytes()).split("\0")
        return []
    with contextlib.suppress(psutil.Error, OSError):
        return [f"{name}={value}" for name, value in psutil.Process(pid).environ().items()]
    return []
