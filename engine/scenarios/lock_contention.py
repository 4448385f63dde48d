"""Lock contention: everybody wants the same lock, and holds it for a while."""

import time
from types import SimpleNamespace

from engine.backends.worker import Context
from engine.scenarios.base import Parameter, Scenario, Settings, main, run_workers, say, toolbox

SCENARIO = Scenario(
    name="lock_contention",
    title="Lock contention",
    group="Locks",
    summary="All state under one lock: workers spend their time waiting for each other, however many there are.",
    explanation="""\
A table of accounts is guarded by one lock, table. Every worker books again and again: it takes the lock,
holds it for the hold time (as if the change went to a disk), gives it back, and does something else for the
time between.

While one holds the lock, all others wait. The lock's holders come one after another, so there can never be
more bookings a second than one divided by the hold time, whatever the number of workers. More workers only
make the queue longer. This is Amdahl's law at work: the part that cannot overlap sets the limit.

Two cures: hold the lock for less time, or have more locks, each guarding a part of the state. The second is
shown by "Sharded state": same work, same hold time, one lock for each part of the table.""",
    look_for=(
        "One hold slice at any time, handed from worker to worker; red lock wait in all other lanes.",
        "The share of lock wait: with 4 workers about 60 %, with 8 about 80 %.",
        "More workers, same bookings a second, longer waits.",
        "Not every hand-off is fair: a worker may overtake one that has waited longer.",
    ),
    parameters=(
        Parameter("hold_ms", "Hold time", "float", 4.0, 0.0, 1_000.0, unit="ms"),
        Parameter("between_ms", "Time between", "float", 2.0, 0.0, 1_000.0, unit="ms"),
        Parameter("bookings", "Bookings per worker", "int", 120, 1, 100_000),
    ),
    backends=("threads", "thread-pool", "processes"),
    default_workers=4,
    min_workers=2,
    max_workers=128,
    repaired="sharded_state",
    tags=("contention", "amdahl", "hold time", "hand-off", "fairness"),
)


def work(context: Context) -> float:
    """Returns how long it waited for the lock in all, in seconds."""
    shared = context.shared
    waited = 0.0
    for booking in range(1, shared.bookings + 1):
        asked = time.perf_counter()
        with shared.table:
            waited += time.perf_counter() - asked
            time.sleep(shared.hold_s)
        context.progress(booking, shared.bookings, label="bookings", items=booking)
        time.sleep(shared.between_s)
    context.conclude(f"waited {waited:.2f} s for the lock")
    return waited


def run(settings: Settings) -> None:
    kit = toolbox(settings)
    table = kit.Lock()
    say(f"{settings.workers} workers, one lock, held {settings.hold_ms:g} ms a booking")
    shared = SimpleNamespace(
        table=table,
        bookings=settings.bookings,
        hold_s=settings.hold_ms / 1000,
        between_s=settings.between_ms / 1000,
    )
    started = time.perf_counter()
    outcome = run_workers(settings, work, shared)
    elapsed = time.perf_counter() - started
    say(f"{settings.workers * settings.bookings / elapsed:.0f} bookings a second")
    say(
        f"{sum(outcome.results) / (elapsed * settings.workers):.0%} of the workers' time went into waiting for the lock"
    )


if __name__ == "__main__":
    main(SCENARIO, run)
