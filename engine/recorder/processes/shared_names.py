"""Semaphores and shared memory of multiprocessing by their names: who is killed cannot take them away.

The tracer tells each name before anything is made under it: eight random characters, so that it is the program's own.
"""

import contextlib
import re

from engine.recorder.processes.run_folder import SHARED_MEMORY

_NAME = re.compile(r"/(mp-[a-z0-9_]{8}|psm_[0-9a-f]{8})")
_UNSEEN = 1024  # of the latest names: they may not have been used yet
_LIMIT = 8192  # names


class SharedNames:
    """Those that a run may have left."""

    def __init__(self) -> None:
        self._names: dict[str, None] = {}

    def add(self, name: str) -> None:
        """As the tracer tells it, with its slash."""
        if not _NAME.fullmatch(name):
            return
        self._names[name.replace("/mp-", "sem.mp-").removeprefix("/")] = None
        if len(self._names) > _LIMIT:
            names = list(self._names)
            there = (each for each in names[:-_UNSEEN] if (SHARED_MEMORY / each).exists())
            self._names = dict.fromkeys([*there, *names[-_UNSEEN:]])

    def remove(self) -> None:
        """Call once all processes of the run are dead."""
        for name in self._names:
            with contextlib.suppress(OSError):
                (SHARED_MEMORY / name).unlink()
        self._names.clear()
