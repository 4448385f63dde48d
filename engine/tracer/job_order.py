"""Tells who has handed a job to an executor or a pool, which thread did it from when to when, and who has its result.
What a thread did before it submitted a job comes before the job, and what was done in the job before whoever has its
result; with jobs in opposite lock orders that rules deadlocks out (see engine.analysis.order.start_order).

A job in which nothing is told that has to do with order (locks inside others, starts, gifts) is not told either.
Invariant: what is told of a job is told anew by the same thread's next job, and what a thread does after a submit that
is told is told anew as well. What a thread gives in a job is told to be followed only where that holds.
"""

from __future__ import annotations

import os

from . import layout, lock_order
from .originals import clock, count
from .patching import look_like
from .state import current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .state import ThreadState

DEFERS_SIGNALS = True
MOST = 2000  # submits, and results, of which one process tells; then each thread says that it tells no more
WHOLE = -1  # all parts of a job
LAST = 0  # in a thread's `told`, where primitives are: of its jobs to come no more is told than of one
RESULT = "_lanescope_result"  # on a future, or on what a result of a pool waits with: its Result

submits, reads = count(), count()
jobs = count(1)  # of executors whose jobs have no numbers of their own


class Job:
    """What a thread is at: a part of a job of an executor or pool, since when (ns), and whether that is told."""

    __slots__ = ("is_told", "job", "number", "part", "since")

    def __init__(self, number: int, job: int, part: int) -> None:
        self.number = number
        self.job = job
        self.part = part
        self.since = clock()
        self.is_told = False

    def tell(self, state: ThreadState) -> None:
        """It matters for the order of things, as the calling thread finds within it."""
        if not self.is_told:
            self.is_told = True
            state.ring.texts.write("job-began", state.serial, self.since, self.number, self.job, self.part)


class Result:
    """What there is to know of a job's result where somebody may ask for it."""

    __slots__ = ("is_chance", "is_told", "is_untold", "job", "last_read", "number")

    def __init__(self, number: int, job: int) -> None:
        self.number = number
        self.job = job
        self.is_told = bool(number & layout.OBJECT_SHARED)  # the job, as far as is known here
        self.is_untold = False  # although it may matter: whoever has done the job has fallen silent
        self.is_chance = False  # perhaps another run asks for that of another job instead
        self.last_read: tuple[int, int, bool] | None = None  # by whom, which part

    def read(self, *, part: int = WHOLE, sure: bool) -> None:
        """The calling thread knows it, or that of a part. Not `sure`: perhaps not so in another run."""
        state = current()
        reader = state.serial, part, sure
        if self.is_untold:
            lock_order.fall_silent(state)
        if not self.is_told or self.last_read == reader:
            return
        nth = next(reads)
        if nth < MOST:
            self.last_read = reader
            lock_order.matters(state)
            state.ring.texts.write("job-read", state.serial, clock(), self.number, self.job, part, sure)
        else:
            lock_order.fall_silent(state)


def install() -> None:
    """From now on."""
    os.register_at_fork(after_in_child=forget)


def forget() -> None:
    """A forked child tells its own."""
    global submits, reads
    submits, reads = count(), count()


def submit(holder: Any, number: int, job: int) -> None:
    """The calling thread is about to hand that job to the executor or pool: nobody can have begun it yet. `holder`: see
    RESULT.
    """
    holder.__dict__[RESULT] = Result(number, job)
    # Where no locks have been nested yet there is nothing that could come before a job of this process.
    if not lock_order.known and not number & layout.OBJECT_SHARED:
        return
    state, nth = current(), next(submits)
    if nth < MOST:
        if lock_order.part(state):
            lock_order.matters(state)
            state.ring.texts.write("job-submitted", state.serial, clock(), number, job)
    else:
        lock_order.fall_silent(state)


def hashing(cls: Any, result_of: Callable[[Any], Result | None]) -> None:
    """Objects of this class lead to results. Which of those in a set or a dictionary the program asks for first, or at
    all, may be chance.
    """
    original = cls.__hash__

    def __hash__(self: Any) -> Any:
        result = result_of(self)
        if result is not None:
            result.is_chance = True
        return original(self)

    cls.__hash__ = look_like(__hash__, original)


def begin(state: ThreadState, number: int, job: int, part: int) -> Job | None:
    """The calling thread begins a job. What it was at so far, for `end`."""
    outer = state.job
    state.job = Job(number, job, part) if number and parted(state) else None
    return outer


def parted(state: ThreadState) -> bool:
    """The locks that the thread nests and what it gives are told anew, which another thread may do in another run."""
    told = state.told
    if told and LAST not in told:
        told.clear()
        if state.gifts > lock_order.MOST_GIFTS:
            told[LAST] = 0
        state.told_in = state.era
    return lock_order.part(state)


def give(state: ThreadState) -> Job | None:
    """The job's result is about to be known: what its thread does from now on is not part of the job. The job, if that
    is told.
    """
    job, state.job = state.job, None
    if job is None or not job.is_told:
        return None
    state.told_in = state.era
    lock_order.part(state)
    state.ring.texts.write("job-ended", state.serial, clock(), job.number, job.job, job.part)
    return job


def end(state: ThreadState, outer: Job | None) -> None:
    """The calling thread has done its job."""
    give(state)
    state.job = outer
