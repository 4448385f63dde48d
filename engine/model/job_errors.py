"""Exceptions that ended jobs of executors and pools, and what became of them. Times absolute ns."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Text = dict[str, Any]


@dataclass
class JobError:
    """The exception of one job. `error` is one line; `lane` None: not known where it ran, `task` and `stack` 0 then."""

    primitive: int  # the executor or pool
    error: str = ""
    time_ns: int = 0
    process: int | None = None  # the one that has its future or result; None: nobody has been given it
    lane: int | None = None
    task: int = 0  # a name
    stack: int = 0
    seen: bool = False  # somebody asked for it
    lost: bool = False  # nobody had when its future went


class JobErrors:
    """Takes "job-failed" and "job-error" texts, in whatever order they come."""

    def __init__(self) -> None:
        self._errors: dict[tuple[int, int], JobError] = {}

    def __iter__(self) -> Iterator[JobError]:
        return iter(self._errors.values())

    def take_failure(self, text: Text) -> None:
        """Where a job ran that failed: the first part of it that did."""
        error = self._of(text)
        if error.lane is None:
            error.lane, error.time_ns = text["lane"], text["time_ns"]
            error.task, error.stack, error.error = text["task"], text["stack"], text["error"]

    def take_fate(self, text: Text) -> None:
        """What became of the exception."""
        error = self._of(text)
        match text["what"]:
            case "kept":
                error.process = text["process"]
                error.error = error.error or text["error"]
                error.time_ns = error.time_ns or text["time_ns"]
            case "seen":
                error.seen = True
            case "lost":
                error.lost = True

    def _of(self, text: Text) -> JobError:
        return self._errors.setdefault((text["primitive"], text["job"]), JobError(text["primitive"]))
