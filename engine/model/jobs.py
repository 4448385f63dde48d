"""Jobs of executors and pools as far as they have to do with the order of lanes: who submitted them, which lane did
them from when to when, and who knew their results. Times absolute ns.

A job of a pool may have parts, done by several lanes. What locks are nested is told anew after a submit that is told,
and in the next job of a lane after one that is told.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

WHOLE = -1  # all parts of a job
Text = dict[str, Any]


class Submit(NamedTuple):
    """`lane` was about to hand over the job: nobody can have begun it before."""

    lane: int
    time_ns: int
    primitive: int
    job: int


@dataclass
class Work:
    """A part of a job, done by `lane`. Before `end_ns` (None: not so far) nobody knew its result."""

    lane: int
    start_ns: int
    primitive: int
    job: int
    part: int
    end_ns: int | None = None


class Reading(NamedTuple):
    """`lane` knew the result of a part, or of all. Not `sure`: or for a timeout, or it may be chance of which job."""

    lane: int
    time_ns: int
    primitive: int
    job: int
    part: int
    sure: bool


@dataclass
class Jobs:
    """Of one model, in the order in which they were told; those of one lane by time. Only ever grow."""

    submits: list[Submit] = field(default_factory=list)
    works: list[Work] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    silences: dict[int, int] = field(default_factory=dict)  # by lane since when not all that orders it is told
    _open: dict[int, Work] = field(default_factory=dict)  # by lane
    ended: int = 0

    def __len__(self) -> int:
        return len(self.submits) + len(self.works) + len(self.readings) + self.ended

    def take_submit(self, text: Text) -> None:
        """From the recording's definition, as all of these."""
        self.submits.append(Submit(text["lane"], text["time_ns"], text["primitive"], text["job"]))

    def take_silence(self, text: Text) -> None:
        """The lane came to a limit."""
        self.silences.setdefault(text["lane"], text["time_ns"])

    def take_start(self, text: Text) -> None:
        """A lane has begun a part of a job."""
        work = Work(text["lane"], text["time_ns"], text["primitive"], text["job"], text["part"])
        self.works.append(work)
        self._open[work.lane] = work

    def take_end(self, text: Text) -> None:
        """It is about to make the result known."""
        work = self._open.pop(text["lane"], None)
        if work is not None and (work.primitive, work.job, work.part) == (text["primitive"], text["job"], text["part"]):
            work.end_ns = text["time_ns"]
            self.ended += 1

    def take_reading(self, text: Text) -> None:
        """A lane knows a result."""
        self.readings.append(
            Reading(text["lane"], text["time_ns"], text["primitive"], text["job"], text["part"], bool(text["sure"]))
        )
