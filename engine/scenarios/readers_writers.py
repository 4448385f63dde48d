"""Readers and writers: many may read at once, a writer must be alone."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

from engine.backends.worker import Context
from engine.scenarios.base import Parameter, Scenario, Settings, main, run_workers, say

SCENARIO = Scenario(
    name="readers_writers",
    title="Readers and writers",
    group="Patterns",
    summary="A lock with two ways in: shared for readers, exclusive for writers, built from a Condition.",
    explanation="""\
Reading does no harm to other readers, so they may go in together. A writer changes things and must be alone.
The standard library has no such lock; here it is built from a Condition and two numbers, in about twenty
lines.

A Condition is a lock with a waiting room. Whoever finds that it cannot go on calls wait(), which releases the
lock, waits for a notification, and takes the lock again. Since things may have changed meanwhile, the
question is asked anew: wait_for() does that.

Who goes first? If readers may always join readers, a steady stream of them keeps a writer out for ever:
starvation. With preference for writers, new readers wait as soon as a writer is waiting. Try both, and
compare the longest waits.""",
    look_for=(
        "Readers' task slices overlap one another; writers' overlap nothing.",
        "Preference for readers: writers wait long. Preference for writers: the readers do.",
        "After a writer all waiting readers wake at once: notify_all.",
    ),
    parameters=(
        Parameter("prefer", "Preference", "choice", "writers", choices=("writers", "readers")),
        Parameter("writers", "Writers", "int", 2, 0, 64, help="All other workers read."),
        Parameter("read_ms", "Time to read", "float", 12.0, 0.0, 1000.0, unit="ms"),
        Parameter("write_ms", "Time to write", "float", 12.0, 0.0, 1000.0, unit="ms"),
        Parameter("rounds", "Rounds", "int", 60, 1, 10_000),
    ),
    backends=("threads", "thread-pool"),
    default_workers=8,
    min_workers=2,
    max_workers=128,
    tags=("readers-writer lock", "condition", "starvation", "notify_all", "fairness"),
)

BETWEEN_S = 0.004


class SharedExclusiveLock:
    """Invariant: `writing` is False or `reading` is 0."""

    def __init__(self, writers_first: bool) -> None:
        self.changed = threading.Condition()
        self.reading = 0
        self.writing = False
        self.writers_waiting = 0
        self.writers_first = writers_first

    @contextmanager
    def for_reading(self) -> Iterator[None]:
        with self.changed:
            self.changed.wait_for(lambda: not self.writing and not (self.writers_first and self.writers_waiting))
            self.reading += 1
        try:
            yield
        finally:
            with self.changed:
                self.reading -= 1
                self.changed.notify_all()

    @contextmanager
    def for_writing(self) -> Iterator[None]:
        with self.changed:
            self.writers_waiting += 1
            self.changed.wait_for(lambda: not self.writing and self.reading == 0)
            self.writers_waiting -= 1
            self.writing = True
        try:
            yield
        finally:
            with self.changed:
                self.writing = False
                self.changed.notify_all()


def work(context: Context) -> float:
    """Returns its longest wait, in seconds."""
    library = context.shared
    writer = context.index < library.writers
    way_in = library.book.for_writing if writer else library.book.for_reading
    kind, stay_s = ("writing", library.write_s) if writer else ("reading", library.read_s)
    longest = 0.0
    for done in range(1, library.rounds + 1):
        time.sleep(BETWEEN_S * (1 + context.index % 3))
        asked = time.perf_counter()
        with way_in():
            longest = max(longest, time.perf_counter() - asked)
            with context.task(kind):
                time.sleep(stay_s)
        context.progress(done, library.rounds, label=kind, items=done)
    context.conclude(f"longest wait {longest * 1000:.1f} ms")
    return longest


def run(settings: Settings) -> None:
    book = SharedExclusiveLock(writers_first=settings.prefer == "writers")
    writers = min(settings.writers, settings.workers)
    say(f"{writers} writers, {settings.workers - writers} readers, preference for {settings.prefer}")
    library = SimpleNamespace(
        book=book,
        writers=writers,
        rounds=settings.rounds,
        read_s=settings.read_ms / 1000,
        write_s=settings.write_ms / 1000,
    )
    outcome = run_workers(settings, work, library)
    for kind, waits in (("writers", outcome.results[:writers]), ("readers", outcome.results[writers:])):
        if waits:
            say(f"longest wait of {kind}: {max(waits) * 1000:.1f} ms")


if __name__ == "__main__":
    main(SCENARIO, run)
