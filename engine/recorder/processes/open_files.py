"""Who has which pipe or socket open, of all processes of the machine (Linux)."""

import contextlib
import os
from collections.abc import Iterator
from typing import NamedTuple

from engine.recorder.processes import tree


class Holder(NamedTuple):
    """A process, and by which descriptor it has a file open."""

    pid: int
    descriptor: str


class OpenFiles:
    """Looks through everybody when it is asked, which takes milliseconds: once for all files, until it is to forget."""

    def __init__(self) -> None:
        self._holders: dict[str, list[Holder]] | None = None
        self._hidden: frozenset[int] | None = None
        self._of_run: list[int] | None = None

    def forget(self) -> None:
        """Files may have been opened, closed and inherited since."""
        self._holders = self._hidden = self._of_run = None

    def holders(self, file: str) -> list[Holder]:
        """Of what the system calls so (`pipe:[4711]`), as far as that may be known; see `hidden`."""
        if self._holders is None:
            self._holders = {}
            for pid in filter(str.isdigit, os.listdir("/proc")):
                for descriptor, name in named(int(pid)):
                    if name.endswith("]"):
                        self._holders.setdefault(name, []).append(Holder(int(pid), descriptor))
        return self._holders.get(file, [])

    @property
    def hidden(self) -> frozenset[int]:
        """Processes of the run that may not be looked at."""
        if self._hidden is None:
            self._hidden = frozenset(each for each in self.of_run if not os.access(f"/proc/{each}/fd", os.R_OK))
        return self._hidden

    @property
    def of_run(self) -> list[int]:
        """All processes of the run."""
        if self._of_run is None:
            self._of_run = tree.descendants()
        return self._of_run


def named(pid: int) -> Iterator[tuple[str, str]]:
    """A process's descriptors, each with what the system calls its file. None, when it may not be looked at."""
    folder = f"/proc/{pid}/fd/"
    with contextlib.suppress(OSError):
        for descriptor in os.listdir(folder):
            try:
                yield descriptor, os.readlink(folder + descriptor)
            except OSError:  # it has been closed
                continue


def access_mode(pid: int, descriptor: str) -> int:
    """O_RDONLY, O_WRONLY or O_RDWR; the latter when that is not known."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/fdinfo/{descriptor}", encoding="utf-8") as file:
        for line in file:
            if line.startswith("flags:"):
                return int(line.split()[1], 8) & os.O_ACCMODE
    return os.O_RDWR
