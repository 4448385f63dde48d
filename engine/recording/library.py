"""Where recordings are kept, how they are named, copied and removed. Nothing here ever overwrites silently."""

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path

import platformdirs

HOME_VARIABLE = "LANESCOPE_HOME"  # puts everything Lanescope keeps into this folder
SUFFIX = ".lane"
COPIED_AT_ONCE = 1 << 22  # bytes


@dataclass(frozen=True)
class Entry:
    """A recording in the folder. `modified` is in s since the epoch, `size` in bytes."""

    path: Path
    modified: float
    size: int


def folder() -> Path:
    """The folder for recordings; made when it is not there. OSError when it cannot be made."""
    home = os.environ.get(HOME_VARIABLE)
    path = Path(home) / "recordings" if home else platformdirs.user_data_path("lanescope", False) / "recordings"
    path.mkdir(parents=True, exist_ok=True)
    return path


def new_path(name: str, directory: Path | None = None, now: datetime | None = None) -> Path:
    """A path for a new recording, `2026-11-22 15.04 two-locks.lane`. An empty file stands there: nobody else gets it.

    Characters that some file system refuses are replaced; a number is added when the name is taken. OSError when no
    file can be made there. `give_up` frees the name again.
    """
    directory = folder() if directory is None else directory
    for stem in _stems(name, now):
        path = directory / f"{stem}{SUFFIX}"
        with contextlib.suppress(FileExistsError):
            path.touch(0o644, exist_ok=False)
            return path
    raise AssertionError("there is no end of names")


def new_folder(name: str, directory: Path) -> Path:
    """A new folder there, named alike. OSError when it cannot be made."""
    for stem in _stems(name):
        path = directory / stem
        with contextlib.suppress(FileExistsError):
            path.mkdir()
            return path
    raise AssertionError("there is no end of names")


def give_up(path: Path) -> None:
    """Frees the name of a recording that was not made; one that was stays."""
    with contextlib.suppress(OSError):
        if path.stat().st_size == 0:
            path.unlink()


def _stems(name: str, now: datetime | None = None) -> Iterator[str]:
    """Without end: one name after another, until one is not taken."""
    moment = datetime.now() if now is None else now
    plain = re.sub(r'[\x00-\x1f<>:"/\\|?*]+', "-", name).strip(" .-")[:80] or "recording"
    stem = f"{moment:%Y-%m-%d %H.%M} {plain}"
    yield stem
    yield from (f"{stem} {number}" for number in count(2))


def recordings(directory: Path | None = None) -> list[Entry]:
    """The recordings of the folder, latest first."""
    found = []
    for path in (folder() if directory is None else directory).glob(f"*{SUFFIX}"):
        with contextlib.suppress(OSError):
            status = path.stat()
            found.append(Entry(path, status.st_mtime, status.st_size))
    return sorted(found, key=lambda entry: (entry.modified, entry.path.name), reverse=True)


def save_as(
    source: Path, target: Path, *, replace: bool = False, on_progress: Callable[[float], object] = lambda _share: None
) -> Path:
    """Copies a recording; the target is either whole or not there at all. `on_progress` gets the share done so far.

    `target` gets the ending .lane when it has none. FileExistsError when something stands there, unless `replace`;
    other OSErrors when it cannot be written. A recording onto itself is left as it is.
    """
    if not target.suffix:
        target = target.with_suffix(SUFFIX)
    if target.exists():
        if target.samefile(source):
            return target
        if not replace:
            raise FileExistsError(f"{target} is there already; choose another name, or say that it may be replaced")
    descriptor, name = tempfile.mkstemp(prefix=f".{target.stem}-", suffix=f"{SUFFIX}.tmp", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as copy, source.open("rb") as original:
            size = max(1, os.fstat(original.fileno()).st_size)
            while piece := original.read(COPIED_AT_ONCE):
                copy.write(piece)
                on_progress(min(1.0, copy.tell() / size))
            copy.flush()
            os.fsync(copy.fileno())
        shutil.copymode(source, temporary)
        if replace:
            temporary.replace(target)
        else:
            _put_new(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    return target


def _put_new(temporary: Path, target: Path) -> None:
    """Gives the file its name, unless another took it meanwhile (FileExistsError)."""
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if target.exists():
            raise FileExistsError(f"{target} is there already; choose another name") from None
        temporary.rename(target)


def remove(path: Path) -> None:
    """Removes a recording. OSError when it cannot be; ValueError for what is not called .lane."""
    if path.suffix != SUFFIX:
        raise ValueError(f"{path} is not called {SUFFIX}; only recordings are removed")
    path.unlink()
