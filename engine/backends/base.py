"""What a backend is: one way to run workers at the same time (or, for comparison, one after another).

Job ──start──→ Crew ── messages over a Channel ──→ coordinator (engine/backends/coordinator.py) ──→ Reporter, Outcome
"""

import signal
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from multiprocessing.context import BaseContext
from typing import Any

from engine.backends.channel import Channel
from engine.backends.worker import Context, Message, Work


@dataclass(frozen=True)
class Job:
    """What the workers are to do. `work` is a module-level function and `shared` can be handed to a new process."""

    work: Work
    count: int
    channel: Channel
    context: BaseContext  # of multiprocessing, for the start method
    shared: Any = None
    crew: int = 0
    prefix: str = "worker"

    def name(self, index: int) -> str:
        return f"{self.prefix}-{index + 1}"

    def context_for(
        self, index: int, *, name: str | None = None, send: Callable[[Message], None] | None = None
    ) -> Context:
        """For piece of work `index`, done by the worker called `name`."""
        return Context(
            send or self.channel.send,
            crew=self.crew,
            index=index,
            count=self.count,
            name=name or self.name(index),
            shared=self.shared,
        )


class Crew:
    """Workers that were started. A backend overrides what differs for its kind of worker."""

    patrol_s: float | None = (
        None  # look for the fallen at least this often, for backends that replace processes on their own
    )

    def __init__(self, job: Job) -> None:
        self.job = job

    def sentinels(self, unfinished: Collection[int]) -> list[int]:  # noqa: ARG002
        """Handles that become ready when a process that still owes one of these pieces of work ends."""
        return []

    def started(self, index: int, pid: int) -> None:
        """Process `pid` began with piece of work `index`."""

    def find_fallen(self, unfinished: Collection[int]) -> dict[int, str]:  # noqa: ARG002
        """Pieces of work that will never report because their process is gone, each with the reason in one line."""
        return {}

    def work_here(self, take: Callable[[Message], None]) -> None:
        """Does what this backend does in the coordinator's own thread; `take` gets the messages."""

    def close(self) -> None:
        """Waits for the workers to end and releases what they used."""


@dataclass(frozen=True)
class Backend:
    """One way to run workers. `start(job)` starts `job.count` of them and returns at once."""

    name: str
    title: str
    explanation: str
    uses_processes: bool
    start: Callable[[Job], Crew]
    channel: Callable[[BaseContext], Channel]  # what its workers report over
    oldest: tuple[int, int] = (3, 11)  # Python that has it
    shares_locks: bool = True  # workers can be given locks and queues, as those of a custom workload are

    def missing_in(self, version: Sequence[int]) -> str:
        """Why a Python of this version lacks it; empty when it has it."""
        return (
            "" if tuple(version[:2]) >= self.oldest else f"it needs Python {'.'.join(map(str, self.oldest))} or newer"
        )


@dataclass(frozen=True)
class WorkerError:
    """A worker that failed. `traceback` is the text from where it failed, empty when the process was gone at once."""

    worker: str
    message: str
    traceback: str = ""


@dataclass
class Outcome:
    """How a crew's work ended. `results[i]` is what piece `i` returned, None when it failed or was interrupted."""

    results: list[Any]
    errors: list[WorkerError] = field(default_factory=list)
    interrupted: bool = False  # a worker was: by Ctrl-C or by whoever ends the program


def describe_exit(exit_code: int | None) -> str:
    """How a process ended, in words: "was killed by SIGSEGV", "ended with exit code 3"."""
    if exit_code is None:
        return "is gone"
    if exit_code < 0:
        try:
            return f"was killed by {signal.Signals(-exit_code).name}"
        except ValueError:
            return f"was killed by signal {-exit_code}"
    return f"ended with exit code {exit_code} before its work was done"
