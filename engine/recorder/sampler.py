"""What the system says about threads: CPU time, time in the run queue, and what they sleep in. Linux's /proc.

`schedstat` is brought up to date when a thread leaves its core and at every scheduler tick, so the CPU time of a thread
that is running may be up to a tick (`TICK_NS`) old.
"""

import contextlib
import os
import platform
from dataclasses import dataclass
from enum import IntEnum

from engine.recorder import descriptors

TICK_NS = 4_000_000
_MAX_KEPT = 256  # threads whose descriptors are kept open; others are opened anew each time


class Where(IntEnum):
    """What a thread was in when it was looked at."""

    UNKNOWN = 0
    ON_CPU = 1  # running, or ready to run
    FUTEX = 2
    IO = 3
    CHILD = 4  # waits for a process
    SLEEP = 5
    OTHER = 6


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
    call: where
    for where, calls in {"x86_64": _X86_64, "aarch64": _ARM64}.get(platform.machine(), {}).items()
    for call in calls
}


@dataclass(frozen=True)
class Sample:
    """Cumulative ns of one thread."""

    cpu_ns: int
    queue_ns: int
    where: Where


class ThreadSampler:
    """Samples threads by (pid, native id). `available` tells whether this system says anything at all."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, int], tuple[int, int]] = {}
        self._most_kept = min(_MAX_KEPT, descriptors.share(16))
        self.available = os.path.exists(f"/proc/self/task/{os.getpid()}/schedstat")

    @property
    def name(self) -> str:
        """Where the figures come from, for the recording."""
        return "schedstat" if self.available else "none"

    def sample(self, pid: int, native_id: int) -> Sample | None:
        """None when the thread is gone or nothing can be read."""
        if not self.available:
            return None
        key = pid, native_id
        try:
            files = self._kept.get(key) or _open(pid, native_id)
        except OSError:
            return None
        if len(self._kept) < self._most_kept:
            self._kept[key] = files
        try:
            cpu, queue, _ = os.pread(files[0], 64, 0).split()
            return Sample(int(cpu), int(queue), _where(files[1]))
        except (OSError, ValueError):
            self._kept.pop(key, None)
            return None
        finally:
            if key not in self._kept:
                _close(files)

    def forget(self, pid: int, native_id: int) -> None:
        """Lets go of a thread that has ended."""
        files = self._kept.pop((pid, native_id), None)
        if files is not None:
            _close(files)

    def close(self) -> None:
        for key in list(self._kept):
            self.forget(*key)


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


def _where(descriptor: int) -> Where:
    if descriptor < 0:
        return Where.UNKNOWN
    try:
        call, _, _ = os.pread(descriptor, 32, 0).partition(b" ")
    except OSError:  # reading it needs the right to trace, which Yama or a container may withhold
        return Where.UNKNOWN
    if call.startswith(b"running"):
        return Where.ON_CPU
    return _CALLS.get(int(call), Where.OTHER) if call.isdigit() else Where.OTHER
