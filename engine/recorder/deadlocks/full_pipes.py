"""Processes that are stuck at a pipe: writing to it, for it is full, or reading from it, for it is empty (Linux only).

Only who has the pipe's other end open can let such a process go on. Where that is the process that waits for its end,
neither ever goes on: `communicate()` of `subprocess` is what both reads and waits. Whole processes are told, for the
system does not say which of their threads would have read or written. Of pipes without a name only, which have been
inherited: nobody else can open them later.
"""

import contextlib
import os
import platform
import time
from collections.abc import Iterable
from typing import NamedTuple

from engine.recorder.deadlocks.asleep import is_asleep
from engine.recorder.deadlocks.outsiders import has_timer
from engine.recorder.processes import tree

LASTS_NS = 1_000_000_000  # an answer about who has a pipe open is good for so long
# Numbers of the system calls whose first argument is the descriptor.
_WRITES, _READS = {
    "x86_64": ({1, 20, 278}, {0, 19}),  # write, writev, vmsplice; read, readv
    "aarch64": ({64, 66, 75}, {63, 65}),
}.get(platform.machine(), (set(), set()))


class StuckAtPipe(NamedTuple):
    """A process is, in its main thread. `others`: pids of those that have the pipe's other end open. `for_good`: it has
    nothing of its own that might yet end it, neither a thread nor a timer.
    """

    inode: int
    is_writing: bool
    others: frozenset[int]
    for_good: bool


class FullPipes:
    """Remembers for a while who has which pipe open."""

    def __init__(self) -> None:
        self._answers: dict[tuple[int, bool], tuple[int, frozenset[int]]] = {}  # by pipe and end

    def ask_anew(self) -> None:
        """Who has the pipe open may have changed since."""
        self._answers.clear()

    def stuck(self, pid: int, waiter: int) -> StuckAtPipe | None:
        """At what `pid` is stuck, if it is and if process `waiter` is among those that could let it go on."""
        words = _read(f"/proc/{pid}/syscall").split()
        call, descriptor = (int(word, 0) for word in words[:2]) if len(words) > 1 else (-1, -1)
        if call not in _WRITES | _READS:
            return None
        inode, is_writing = _pipe(pid, descriptor), call in _WRITES
        if not inode or not is_asleep(pid, pid) or not _has_open(waiter, inode, for_writing=not is_writing):
            return None
        others = self._who_has_open(inode, for_writing=not is_writing)
        alone = _is_alone(pid)
        return StuckAtPipe(inode, is_writing, others - {pid} if alone else others, alone and not has_timer(pid))

    def _who_has_open(self, inode: int, *, for_writing: bool) -> frozenset[int]:
        now_ns = time.perf_counter_ns()
        asked_ns, pids = self._answers.get((inode, for_writing), (0, frozenset()))
        if now_ns - asked_ns > LASTS_NS:
            everybody = map(int, filter(str.isdigit, os.listdir("/proc")))
            hidden = {pid for pid in tree.descendants() if not os.access(f"/proc/{pid}/fd", os.R_OK)}
            pids = frozenset(pid for pid in everybody if _has_open(pid, inode, for_writing=for_writing)) | hidden
            self._answers[inode, for_writing] = now_ns, pids
        return pids


def _pipe(pid: int, descriptor: int | str) -> int:
    """The inode of the pipe without a name that this descriptor is of; 0: of none."""
    with contextlib.suppress(OSError):
        kind, _, inode = os.readlink(f"/proc/{pid}/fd/{descriptor}").partition(":")
        if kind == "pipe":
            return int(inode.strip("[]"))
    return 0


def _has_open(pid: int, inode: int, *, for_writing: bool) -> bool:
    """Whether a process has that end of the pipe. Not, when it may not be looked at."""
    modes = (os.O_WRONLY, os.O_RDWR) if for_writing else (os.O_RDONLY, os.O_RDWR)
    return any(_pipe(pid, each) == inode and _mode(pid, each) in modes for each in _descriptors(pid))


def _descriptors(pid: int) -> Iterable[str]:
    with contextlib.suppress(OSError):
        return os.listdir(f"/proc/{pid}/fd")
    return ()


def _mode(pid: int, descriptor: str) -> int:
    for line in _read(f"/proc/{pid}/fdinfo/{descriptor}").splitlines():
        if line.startswith("flags:"):
            return int(line.split()[1], 8) & os.O_ACCMODE
    return os.O_RDWR


def _is_alone(pid: int) -> bool:
    """Whether it has a single thread, which is stuck and so does nothing with its own other end."""
    with contextlib.suppress(OSError):
        return len(os.listdir(f"/proc/{pid}/task")) == 1
    return False


def _read(path: str) -> str:
    """Nothing when it is gone, or not allowed to be read."""
    with contextlib.suppress(OSError), open(path, encoding="utf-8") as file:
        return file.read()
    return ""
