"""The private folder in which the traced processes of one run keep their rings: in memory where there is room."""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from engine.recording.liveness import is_alive, process_start

ROOM_NEEDED = 256 << 20  # bytes free in shared memory
SHARED_MEMORY = Path("/dev/shm")
_ATTEMPTS = 5
_MAKING_S = 60.0  # a folder without a name on it is that of a recorder which is about to write it, or gone
PLACE_VARIABLE = "LANESCOPE_RUNS"  # names another place
_OWNER = "owner"  # file that names the recorder: pid and start time


def choose_path() -> Path:
    """A new name, not yet made; readable by its owner only once `make` has made it."""
    return Path(tempfile.mktemp(prefix=_prefix(), dir=_place()))


def make(path: Path) -> None:
    """Makes the folder and puts this process's name on it. OSError."""
    path.mkdir(mode=0o700)
    (path / _OWNER).write_text(f"{os.getpid()} {process_start(os.getpid())}", encoding="utf-8")


def traced_pids(path: Path) -> set[int]:
    """Whose rings are there: traced processes that live, or have died a moment ago."""
    try:
        names = os.listdir(path)
    except OSError:
        return set()
    return {int(name[:-5].partition("-")[2]) for name in names if name.endswith(".ring")}


def remove(path: Path) -> None:
    """Removes the folder, if it is one of ours. Again if need be: a dying process may have added to it meanwhile."""
    attempts = _ATTEMPTS if path.name.startswith(_prefix()) else 0
    while attempts and path.exists():
        shutil.rmtree(path, ignore_errors=True)
        attempts -= 1


def remove_temporary(folders: Iterable[str]) -> None:
    """Removes what multiprocessing left in the temporary folder because we killed who would have removed it."""
    for folder in folders:
        if Path(folder).name.startswith("pymp-"):
            shutil.rmtree(folder, ignore_errors=True)


def remove_stale() -> None:
    """Removes the folders of recorders that are gone."""
    for place in {_place(), SHARED_MEMORY, Path(tempfile.gettempdir())}:
        for path in place.glob(_prefix() + "*"):
            if _is_stale(path):
                remove(path)


def _prefix() -> str:
    return f"lanescope-{os.getuid()}-"


def _place() -> Path:
    if chosen := os.environ.get(PLACE_VARIABLE):
        return Path(chosen)
    try:
        free = shutil.disk_usage(SHARED_MEMORY).free
    except OSError:
        free = 0
    if free >= ROOM_NEEDED and os.access(SHARED_MEMORY, os.W_OK):
        return SHARED_MEMORY
    return Path(tempfile.gettempdir())


def _is_stale(path: Path) -> bool:
    try:
        pid, started = (path / _OWNER).read_text("utf-8").split()
        return not is_alive(int(pid), float(started))
    except FileNotFoundError:
        with contextlib.suppress(OSError):
            return time.time() - path.stat().st_mtime > _MAKING_S
    except (OSError, ValueError):
        pass  # not ours to judge
    return False
