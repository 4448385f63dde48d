"""The things a recording speaks of: processes, lanes, primitives, sites, slices, holds. Times are ns, absolute."""

import os
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from engine.recording.schema import DEADLOCKED, INFERRED, SAMPLED, STATE_MASK, State


@dataclass
class Process:
    """One process of the traced tree. `exit_status`: negative is minus the signal, None: not known (yet)."""

    id: int
    pid: int
    name: str
    start_ns: int
    parent: int | None = None
    end_ns: int | None = None
    exit_status: int | None = None
    terminated: bool = False  # by a signal that the program itself sent: terminate() or the like
    role: str = "program"
    python: str = ""
    free_threaded: bool = False
    executable: str = ""
    argv: list[str] = field(default_factory=list)
    how: str = "exec"
    launched_ns: int = 0  # when its parent began to start it
    starter: int | None = None  # lane that did; None: not told
    work: tuple[int, int] | None = None  # when what it was started to do began and ended; None: not known (yet)

    @property
    def title(self) -> str:
        """`python 4711`; of a further interpreter `interpreter 2`: its pid is that of the process whose it is."""
        return self.name if self.role == "interpreter" else f"{self.name or 'process'} {self.pid}"

    @property
    def signal(self) -> int | None:
        """The signal that ended it."""
        return -self.exit_status if self.exit_status is not None and self.exit_status < 0 else None


@dataclass
class Lane:
    """One thread of one process. `end_ns` is None while it lives, `error` the exception that ended it, in one line."""

    id: int
    process: int
    serial: int
    native_id: int
    name: str
    start_ns: int
    end_ns: int | None = None
    internal: bool = False
    daemon: bool = False
    parent: int | None = None
    error: str = ""
    error_stack: int = 0  # where that was raised
    target: str = ""  # name of what it was started to do; nothing where that is not known
    named_ns: int = 0  # when it took the name that it has; its start if it has had no other


@dataclass(frozen=True)
class Site:
    """A place in the source."""

    file: str
    line: int
    function: str

    @property
    def label(self) -> str:
        """`bank.py:40`"""
        return f"{os.path.basename(self.file)}:{self.line}"


@dataclass
class Primitive:
    """A synchronisation object; `file` and `line` are where it was made."""

    id: int
    kind: str
    name: str
    file: str
    line: int
    process: int | None = None
    shared: bool = False
    internal: bool = False
    capacity: int | None = None

    @property
    def place(self) -> str:
        """`bank.py:12`, or nothing when it is not known."""
        return f"{os.path.basename(self.file)}:{self.line}" if self.file else ""

    @property
    def plumbing(self) -> bool:
        """Whether it is none of the program's: made by the interpreter's machinery, or where Lanescope's backends
        start workers and take their reports."""
        return self.internal or os.path.dirname(self.file).replace("\\", "/").endswith("engine/backends")

    @property
    def awaited_in_io(self) -> bool:
        """Whether who waits for it is in I/O, as the system sees it: others act by way of that."""
        return self.kind in ("Pipe", "Event loop")

    @property
    def short(self) -> str:
        """`Lock accounts`"""
        return f"{self.kind} {self.name}" if self.name else f"{self.kind} ({self.place})" if self.place else self.kind

    @property
    def label(self) -> str:
        """`Lock accounts (bank.py:12)`"""
        return f"{self.short} ({self.place})" if self.name and self.place else self.short


class Slice(NamedTuple):
    """A lane in one state for a while. `open`: it goes on beyond `end_ns`, which is the watermark then."""

    lane: int
    start_ns: int
    end_ns: int
    code: int
    detail: int
    open: bool

    @property
    def state(self) -> State:
        """The state without its flags."""
        return State(self.code & STATE_MASK)

    @property
    def flags(self) -> int:
        """SAMPLED | INFERRED | DEADLOCKED, as set."""
        return self.code & (SAMPLED | INFERRED | DEADLOCKED)

    @property
    def duration_ns(self) -> int:
        """How long it lasted (so far)."""
        return self.end_ns - self.start_ns


class SliceColumns(NamedTuple):
    """Slices of one lane as columns of equal length, in time order. u8 codes with flags."""

    starts: np.ndarray
    ends: np.ndarray
    codes: np.ndarray
    details: np.ndarray
    open: bool  # the last one goes on beyond its end


class WideSlices(NamedTuple):
    """Slices of several lanes as columns of equal length, lane by lane and in time order."""

    lanes: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    codes: np.ndarray
    details: np.ndarray


class Hold(NamedTuple):
    """A lock held by a lane. `serial` orders holds of one lock. `open`: still held at `end_ns`, the watermark then."""

    lane: int
    primitive: int
    start_ns: int
    end_ns: int
    site: int
    serial: int
    open: bool


class Task(NamedTuple):
    """A named piece of work on a lane; `name` numbers a text, `depth` counts the tasks around it."""

    lane: int
    start_ns: int
    end_ns: int
    name: int
    depth: int


class Bookmark(NamedTuple):
    """A note of the reader's at a time, or on a span: `lane` is None when it stands for the whole recording."""

    id: int
    time_ns: int
    end_ns: int
    lane: int | None
    text: str


class HandOff(NamedTuple):
    """`releaser` let go of (or signalled) a primitive; `receiver`, which waited for it, went on at `receive_ns`."""

    primitive: int
    releaser: int
    release_ns: int
    receiver: int
    receive_ns: int
