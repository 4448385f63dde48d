"""A semaphore limits how many workers may do something at the same time."""

import time
from types import SimpleNamespace

from engine.backends.worker import Context
from engine.scenarios.base import Parameter, Scenario, Settings, main, run_workers, say, toolbox

SCENARIO = Scenario(
    name="semaphore_limited",
    title="Workers limited by a semaphore",
    group="Patterns",
    summary="Ten workers, three connections: a semaphore lets so many in and makes the others wait.",
    explanation="""\
A database may allow three connections, a licence two users, a disk no more than four readers before it
becomes slow. A semaphore counts the free places. acquire() takes one and waits when there is none; release()
gives one back.

A semaphore has no owner. Any thread may release it, which makes it useful for signals and means that nobody
can say who should. With a BoundedSemaphore, one release too many is an error instead of a fourth place; use
that one when places are taken and given back by the same worker.

With a limit of 1 it is a lock without an owner.""",
    look_for=(
        "Never more task slices at once than the limit.",
        "The others wait (semaphore); a place given back is taken at once.",
        "More workers do not make it quicker; a higher limit does.",
    ),
    parameters=(
        Parameter("limit", "Places", "int", 3, 1, 256),
        Parameter("uses", "Uses per worker", "int", 12, 1, 10_000),
        Parameter("use_ms", "Length of a use", "float", 60.0, 0.0, 5_000.0, unit="ms"),
    ),
    backends=("threads", "thread-pool", "processes", "process-pool", "process-executor"),
    default_workers=10,
    min_workers=2,
    max_workers=128,
    tags=("semaphore", "limit", "connection pool", "throttle"),
)


def work(context: Context) -> list[tuple[float, float]]:
    """Returns when each of its uses began and ended, on the clock that all processes share."""
    shared = context.shared
    uses = []
    for use in range(1, shared.uses + 1):
        with shared.connections, context.task(f"use {use}"):
            began = time.perf_counter()
            time.sleep(shared.use_s)
            uses.append((began, time.perf_counter()))
        context.progress(use, shared.uses, label="uses", items=use)
    context.conclude(f"{len(uses)} uses")
    return uses


def most_at_once(uses: list[tuple[float, float]]) -> int:
    """The largest number of intervals that overlap in one point."""
    changes = sorted([(began, 1) for began, _ in uses] + [(ended, -1) for _, ended in uses])
    now = most = 0
    for _, change in changes:
        now += change
        most = max(most, now)
    return most


def run(settings: Settings) -> None:
    connections = toolbox(settings).BoundedSemaphore(settings.limit)
    say(f"{settings.workers} workers, {settings.limit} places")
    shared = SimpleNamespace(connections=connections, uses=settings.uses, use_s=settings.use_ms / 1000)
    outcome = run_workers(settings, work, shared)
    uses = [use for worker in outcome.results for use in worker]
    say(f"{len(uses)} uses, at most {most_at_once(uses)} at the same time")


if __name__ == "__main__":
    main(SCENARIO, run)
