"""Named semaphores in the making, which nobody would remove once their maker is killed (Linux with the GNU C library).

`sem_open` makes a file under a temporary name, links it to the real name and removes the first. Only its maker knows
that name. Whose it is shows while the maker stands still: it has the file open for just that time, and has written the
file from its beginning to where it ends; who opens an existing semaphore stands at its beginning. A semaphore that a
program has called by six such characters itself, opened as a file and read to its end would be taken for one.
"""

import contextlib
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from engine.recorder.processes.run_folder import SHARED_MEMORY

_TEMPORARY_NAME = re.compile(r"sem\.[A-Za-z0-9]{6}")


class HalfMade(NamedTuple):
    """One such file."""

    path: Path
    inode: int


def find(makers: Iterable[int]) -> set[HalfMade]:
    """What processes that stand still are making."""
    try:
        candidates = {
            str(SHARED_MEMORY / name) for name in os.listdir(SHARED_MEMORY) if _TEMPORARY_NAME.fullmatch(name)
        }
    except OSError:
        return set()
    return {found for pid in makers for found in _made_by(pid, candidates)} if candidates else set()


def remove(files: Iterable[HalfMade]) -> None:
    """Call once their makers are dead. What has been finished meanwhile is left alone."""
    for file in files:
        with contextlib.suppress(OSError):
            if file.path.lstat().st_ino == file.inode:
                file.path.unlink()


def _made_by(pid: int, candidates: set[str]) -> Iterable[HalfMade]:
    with contextlib.suppress(OSError):
        for number in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError, ValueError):
                path = os.readlink(f"/proc/{pid}/fd/{number}")
                if path in candidates:
                    status = os.stat(f"/proc/{pid}/fd/{number}")
                    position, _ = (
                        Path(f"/proc/{pid}/fdinfo/{number}").read_text("utf-8").removeprefix("pos:").split("\n", 1)
                    )
                    if int(position) == status.st_size:
                        yield HalfMade(Path(path), status.st_ino)
