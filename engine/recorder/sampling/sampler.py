"""What the system says about threads: CPU time, time in the run queue, and what they sleep in. Linux's /proc.

`schedstat` is brought up to date when a thread leaves its core and at every scheduler tick, so the CPU time of a thread
that is running may be up to a tick (`TICK_NS`) old; its time in the run queue counts once it has left the queue.
"""

import contextlib
import os
import platform
from enum import IntEnum
from typing import NamedTuple, Protocol

from engine.recorder.processes import descriptors
from engine.recorder.sampling.shared_memory import SharedMemory

TICK_NS = 4_000_000
_MAX_KEPT = 256  # threads whose descriptors are kept open; others are opened anew each time


class Where(IntEnum):
    """What a thread was in when it was looked at."""

    UNKNOWN = 0
    ON_CPU = 1  # running, or ready to run
    FUTEX = 2  # asleep on a lock of some kind; what it is cannot be told
    IO = 3
    CHILD = 4  # waits for a process
    SLEEP = 5
    OTHER = 6
    GIL = 7
    LOCK = 8  # a lock that is no GIL
    INSIDE = 9  # runs in another interpreter of its process, where it has a lane too
    OUTSIDE = 10  # a lane in an interpreter that its thread is not in
    SHARED = 11  # a lock between processes


class Method(IntEnum):
    """What is known of a process's threads, from nothing to everything. Names go into recordings in lower case."""

    NONE = 0
    CPU_TIME = 1  # CPU time only: GIL wait and core wait are one
    ACCOUNTS = 2  # CPU time and run queue: what a thread sleeps in is inferred
    SYSTEM_CALLS = 3  # that too is seen


class Accounts(NamedTuple):
    """Cumulative ns of one thread."""

    cpu_ns: int
    queue_ns: int


Spans = list[tuple[int, int]]  # of addresses


class Sampler(Protocol):
    """Asks the system about threads by (pid, native id)."""

    method: Method  # the most that can be had here
    tick_ns: int  # how old CPU times may be

    def accounts(self, pid: int, native_id: int) -> Accounts | None:
        """None when the thread is gone or nothing can be read."""

    def where(self, pid: int, native_id: int, gils: Spans | None) -> Where:
        """What it is in now; `gils`: addresses where a wait is one for a GIL, None: not known."""

    def forget(self, pid: int, native_id: int) -> None:
        """Lets go of a thread that has ended."""

    def close(self) -> None:
        """Lets go of all."""


_X86_64 = {
    Where.FUTEX: {202, 449},
    Where.IO: {
        0, 1, 7, 17,
        18, 19, 20, 22, 23, 40, 42, 43, 44, 45, 46, 47, 74, 75, 232, 270, 271, 281, 288, 299, 307, 326, 441,
    },
    Where.CHILD: {61, 247},
    Where.SLEEP: {35, 230},
}  # fmt: skip
_ARM64 = {
    Where.FUTEX: {98, 449},
    Where.IO: {
        22, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 82, 83, 202, 203, 206, 207, 211, 212, 242, 243, 269, 285, 441,
    },
    Where.CHILD: {95, 260},
    Where.SLEEP: {101, 115},
}  # fmt: skip
_CALLS = {
    str(call).encode(): where
    for where, calls in {"x86_64": _X86_64, "aarch64": _ARM64}.get(platform.machine(), {}).items()
    for call in calls
}


class ThreadSampler:
    """Reads /proc. `method` falls when the right to see system calls is withheld (Yama, containers)."""

    tick_ns = TICK_NS

    def __init__(self) -> None:
        self._kept: dict[tuple[int, int], tuple[int, int]] = {}
        self._shared = SharedMemory()
        self._most_kept = min(_MAX_KEPT, descriptors.share(16))
        self.method = _probe()

    def accounts(self, pid: int, native_id: int) -> Accounts | None:
        """CPU time and time in the run queue; None when the thread is gone or nothing can be read."""
        key = pid, native_id
        files = self._files(key)
        if files is None:
            return None
        try:
            cpu, queue, _ = os.pread(files[0], 64, 0).split()
            return Accounts(int(cpu), int(queue))
        except (OSError, ValueError):
            self._drop(key)
            return None
        finally:
            if key not in self._kept:
                _close(files)

    def where(self, pid: int, native_id: int, gils: Spans | None) -> Where:
        """By the system call it is in and, where that is a wait for a futex, by the futex's address."""
        key = pid, native_id
        files = self._kept.get(key)
        if files is not None:
            return self._where(pid, files[1], gils)
        files = self._files(key)
        if files is None:
            return Where.UNKNOWN
        try:
            return self._where(pid, files[1], gils)
        finally:
            if key not in self._kept:
                _close(files)

    def forget(self, pid: int, native_id: int) -> None:
        """Lets go of a thread that has ended."""
        if pid == native_id:
            self._shared.forget(pid)
        files = self._drop((pid, native_id))
        if files is not None:
            _close(files)

    def close(self) -> None:
        """Lets go of all."""
        for key in list(self._kept):
            self.forget(*key)

    def _where(self, pid: int, descriptor: int, gils: Spans | None) -> Where:
        if descriptor < 0:
            return Where.UNKNOWN
        try:
            words = os.pread(descriptor, 48, 0).split(None, 2)
        except OSError:  # reading it needs the right to trace, which Yama or a container may withhold
            return Where.UNKNOWN
        where = of_system_call(words, gils)
        if where in (Where.LOCK, Where.FUTEX) and len(words) > 1 and self._shared.holds(pid, int(words[1], 16)):
            return Where.SHARED
        return where

    def _files(self, key: tuple[int, int]) -> tuple[int, int] | None:
        """Descriptors, kept while there is room; who gets others closes them."""
        files = self._kept.get(key)
        if files is None and self.method is not Method.NONE:
            try:
                files = _open(*key)
            except OSError:
                return None
            if len(self._kept) < self._most_kept:
                self._kept[key] = files
        return files

    def _drop(self, key: tuple[int, int]) -> tuple[int, int] | None:
        return self._kept.pop(key, None)


def _probe() -> Method:
    """What may be read of this process's own threads, and so of its children's."""
    folder = f"/proc/self/task/{os.getpid()}/"
    if not os.path.exists(folder + "schedstat"):
        return Method.NONE
    if not _CALLS or not os.access(folder + "syscall", os.R_OK):
        return Method.ACCOUNTS
    return Method.SYSTEM_CALLS


def _open(pid: int, native_id: int) -> tuple[int, int]:
    folder = f"/proc/{pid}/task/{native_id}/"
    statistics = os.open(folder + "schedstat", os.O_RDONLY)
    try:
        return statistics, os.open(folder + "syscall", os.O_RDONLY)
    except OSError:
        return statistics, -1


def _close(files: tuple[int, int]) -> None:
    for descriptor in files:
        if descriptor >= 0:
            with contextlib.suppress(OSError):
                os.close(descriptor)


def of_system_call(words: list[bytes], gils: Spans | None) -> Where:
    """What the first two words of /proc/PID/task/TID/syscall say."""
    if not words:
        return Where.UNKNOWN
    if words[0] == b"running":
        return Where.ON_CPU
    where = _CALLS.get(words[0], Where.OTHER)
    if where is not Where.FUTEX or gils is None or len(words) < 2:
        return where
    address = int(words[1], 16)
    for start, end in gils:
        if start <= address < end:
            return Where.GIL
    return Where.LOCK
