"""The processes a program has started, all of them: which they are, how they stand, what has become of them."""

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from engine.tracer import layout

_SET_CHILD_SUBREAPER = 36
_SET_DEATH_SIGNAL = 1
_LIBRARY = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_NEWEST = 64  # processes
_STANDS_STILL = b"TtD"  # stopped, traced, or in a sleep of the kernel's that no signal ends


class Entry(NamedTuple):
    """One line of the system's process table."""

    parent: int
    group: int
    session: int
    stands_still: bool


_aside: set[int] = set()  # processes of ours that are no part of the program
Table = Mapping[int, Entry]
Find = Callable[[Table], Collection[int]]  # which processes of a table are meant


def become_subreaper() -> bool:
    """Orphans of the program become children of this process (Linux), so that none gets out of sight. Whether so."""
    return _LIBRARY is not None and _LIBRARY.prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0


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


def set_aside(pid: int) -> None:
    """A process of our own below this one, or this one: it is no part of what is started, and starts nothing."""
    _aside.add(pid)


def own(table: Table) -> list[int]:
    """Everything below this process; a `Find`."""
    return _below({os.getpid()}, table)


def below(pid: int) -> Find:
    """Everything below that process."""
    return lambda table: _below({pid}, table)


def descendants() -> list[int]:
    """Everything below this process that still runs."""
    return own(read_table())


def started_under(folder: Path, leader: int | None = None) -> Find:
    """Finds processes of this run, by what is written in their environment, and everything below them.

    `leader`: whose session they belong to, if the run has one of its own; it finds those with another environment.
    For whoever is not above them in the tree: their recorder is dead.
    """
    mark = os.fsencode(f"{layout.RUN_FOLDER_VARIABLE}={folder}")

    def find(table: Table) -> list[int]:
        marked = {
            pid
            for pid, entry in table.items()
            if pid != os.getpid() and (entry.session == leader or mark in _environment(pid))
        }
        return sorted(marked | set(_below(marked, table)))

    return find


def is_resource_tracker(pid: int) -> bool:
    """It removes the named semaphores of the others once they are gone, and then ends by itself."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            return b"multiprocessing.resource_tracker" in Path(f"/proc/{pid}/cmdline").read_bytes()
        return False
    import psutil  # late, here and below: Linux does without it, and it takes a while to load

    with contextlib.suppress(psutil.Error, OSError):
        return any("multiprocessing.resource_tracker" in word for word in psutil.Process(pid).cmdline())
    return False


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """Sends a signal to each that is still there."""
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, number)


def read_table() -> dict[int, Entry]:
    """Every process that runs (zombies do not). By hand on Linux: psutil takes ten times as long."""
    if sys.platform != "linux":
        return _portable_table()
    return _read_entries(filter(str.isdigit, os.listdir("/proc")))


def read_newest() -> dict[int, Entry]:
    """Those of the last few that were started which run (Linux; elsewhere none).

    Of this instant, where a table is of some milliseconds: who lives for less than that may be in no table.
    """
    last = int(_system_load()[4])
    return _read_entries(str(pid) for pid in range(last, max(0, last - _NEWEST), -1) if pid not in _aside)


def runnable() -> int:
    """How many threads of the whole system run or want to (Linux; elsewhere 0)."""
    return int(_system_load()[3].partition("/")[0])


def _system_load() -> list[str]:
    with contextlib.suppress(OSError):
        return Path("/proc/loadavg").read_text("utf-8").split()
    return ["0"] * 5


def _read_entries(names: Iterable[str]) -> dict[int, Entry]:
    table = {}
    for name in names:
        with contextlib.suppress(OSError):
            descriptor = os.open(f"/proc/{name}/stat", os.O_RDONLY)
            try:
                state, parent, group, session = os.read(descriptor, 512).rpartition(b")")[2].split(None, 4)[:4]
            finally:
                os.close(descriptor)
            if state not in b"ZX":
                table[int(name)] = Entry(int(parent), int(group), int(session), state in _STANDS_STILL)
    return table


def _portable_table() -> dict[int, Entry]:
    import psutil

    table = {}
    for each in psutil.process_iter(["ppid", "status"]):
        if each.info["status"] != psutil.STATUS_ZOMBIE:
            with contextlib.suppress(OSError):
                still = each.info["status"] == psutil.STATUS_STOPPED
                table[each.pid] = Entry(each.info["ppid"], os.getpgid(each.pid), os.getsid(each.pid), still)
    return table


def _below(roots: set[int], table: Table) -> list[int]:
    children: dict[int, list[int]] = {}
    for pid, entry in table.items():
        if pid not in _aside:
            children.setdefault(entry.parent, []).append(pid)
    found: list[int] = []
    waiting = list(roots)
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def _environment(pid: int) -> list[bytes]:
    """`NAME=value` strings that the process was started with; none when they cannot be read."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        return []
    import psutil

    with contextlib.suppress(psutil.Error, OSError):
        return [os.fsencode(f"{name}={value}") for name, value in psutil.Process(pid).environ().items()]
    return []
