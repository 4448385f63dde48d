"""Sharded state: the work of "Lock contention" with a lock for each part of the table."""

import random
import time
from types import SimpleNamespace

from engine.backends.worker import Context
from engine.scenarios.base import Parameter, Scenario, Settings, main, run_workers, say, toolbox
from engine.tasks.progress import Reporter

SCENARIO = Scenario(
    name="sharded_state",
    title="Sharded state",
    group="Locks",
    summary="The same bookings as under one lock, but each part of the table has its own: workers seldom meet.",
    explanation="""\
The work is that of "Lock contention": take the lock, hold it for the hold time, give it back, do something
else. But the table is divided into parts (shards), each with a lock of its own, and an account belongs to the
part with the number account % shards.

Two workers wait for each other only when their accounts happen to lie in the same part. With 16 parts and 4
workers that is rare. Nothing else has changed; each single booking takes as long as before.

The price: whatever concerns the whole table, such as a sum over all accounts, must now take all locks. When
it does, it must take them in a fixed order, or it will meet another that does so in a different one: see the
deadlocks.""",
    look_for=(
        "Several hold slices at the same time, of different locks.",
        "Here and there a short lock wait: two workers in the same part.",
        "Bookings a second: up to as many times more as there are workers.",
        "With 1 shard it is lock contention again.",
    ),
    parameters=(
        Parameter("shards", "Shards", "int", 16, 1, 256),
        Parameter("hold_ms", "Hold time", "float", 4.0, 0.0, 1_000.0, unit="ms"),
        Parameter("between_ms", "Time between", "float", 2.0, 0.0, 1_000.0, unit="ms"),
        Parameter("bookings", "Bookings per worker", "int", 300, 1, 100_000),
    ),
    backends=("threads", "thread-pool", "processes"),
    default_workers=4,
    min_workers=2,
    max_workers=128,
    tags=("contention", "sharding", "striping", "fine-grained locking", "repaired"),
)

ACCOUNTS = 1000


def work(context: Context) -> float:
    """Returns how long it waited for locks in all, in seconds."""
    shared = context.shared
    choose = random.Random(context.index)
    waited = 0.0
    for booking in range(1, shared.bookings + 1):
        account = choose.randrange(ACCOUNTS)
        shard = shared.shards[account % len(shared.shards)]
        asked = time.perf_counter()
        with shard:
            waited += time.perf_counter() - asked
            time.sleep(shared.hold_s)
        context.progress(booking, shared.bookings, label="bookings", items=booking)
        time.sleep(shared.between_s)
    context.conclude(f"waited {waited:.2f} s for locks")
    return waited


def run(settings: Settings) -> None:
    kit = toolbox(settings)
    shards = [kit.Lock() for _ in range(settings.shards)]
    for number, shard in enumerate(shards):
        Reporter().name(shard, f"shard {number}")
    say(f"{settings.workers} workers, {settings.shards} locks, each held {settings.hold_ms:g} ms a booking")
    shared = SimpleNamespace(
        shards=shards,
        bookings=settings.bookings,
        hold_s=settings.hold_ms / 1000,
        between_s=settings.between_ms / 1000,
    )
    started = time.perf_counter()
    outcome = run_workers(settings, work, shared)
    elapsed = time.perf_counter() - started
    say(f"{settings.workers * settings.bookings / elapsed:.0f} bookings a second")
    say(f"{sum(outcome.results) / (elapsed * settings.workers):.0%} of the workers' time went into waiting for locks")


if __name__ == "__main__":
    main(SCENARIO, run)
