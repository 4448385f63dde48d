"""A shared counter with a lock: nothing is lost, and what that costs."""

import multiprocessing
import time
from types import SimpleNamespace
from typing import Any

from engine.backends import registry
from engine.backends.worker import Context
from engine.scenarios.base import Parameter, Scenario, Settings, main, run_workers, say, toolbox

SCENARIO = Scenario(
    name="shared_counter_locked",
    title="Shared counter with a lock",
    group="Locks",
    summary="The same read, call, write as without a lock, but under one: no update is lost, and each one costs more.",
    explanation="""\
Every update reads the counter, calls a function, and writes the result back, as in "Shared counter without a
lock". Here the three steps stand in a with block of one lock. Whoever is inside has the counter for itself;
everybody else waits. However often the interpreter switches threads in between, nobody can read an old value:
nothing is lost.

A lock does not make the three steps indivisible. It makes those who keep to the rule wait for each other. A
single place that writes the counter without taking the lock brings the fault back.

It costs time: taking and giving back a free lock takes a fraction of a microsecond, waiting for a taken one
far more. The holds are so short that even with several threads most of them find the lock free.""",
    look_for=(
        "The result, in Output: 0 updates lost, in every run.",
        "Hold slices of counter_lock, so short that they merge; zoom in to see them one by one.",
        "Lock wait where a thread was switched out while it held the lock: then the others queue up.",
        "The time per update beside that of the version without a lock.",
    ),
    parameters=(
        Parameter("updates", "Updates per worker", "int", 200_000, 100, 5_000_000, help="How often each one counts."),
    ),
    backends=("threads", "thread-pool", "processes"),
    default_workers=4,
    min_workers=2,
    max_workers=64,
    tags=("lock", "mutex", "critical section", "atomic"),
)

STEPS = 100  # progress reports per worker


def increased(value: int) -> int:
    return value + 1


def work(context: Context) -> int:
    counter, counter_lock, updates = context.shared.counter, context.shared.counter_lock, context.shared.updates
    context.shared.start.wait()
    done = 0
    for step in range(1, STEPS + 1):
        part = updates * step // STEPS - done
        for _ in range(part):
            with counter_lock:
                value = counter.value
                value = increased(value)
                counter.value = value
        done += part
        context.progress(done, updates, label="counting", items=done)
    return done


def make_counter(settings: Settings) -> Any:
    """Something with a `value`: an ordinary object for threads, an integer in shared memory for processes."""
    if registry.get(settings.backend).uses_processes:
        return multiprocessing.get_context(settings.start_method).Value("q", 0, lock=False)
    return SimpleNamespace(value=0)


def run(settings: Settings) -> None:
    kit = toolbox(settings)
    counter = make_counter(settings)
    counter_lock = kit.Lock()
    start = kit.Barrier(settings.workers)
    say(f"{settings.workers} workers count to {settings.updates:,} each, with a lock")
    started = time.perf_counter()
    shared = SimpleNamespace(counter=counter, counter_lock=counter_lock, start=start, updates=settings.updates)
    outcome = run_workers(settings, work, shared)
    elapsed = time.perf_counter() - started
    expected = sum(outcome.results)
    say(f"lost {expected - counter.value:,} of {expected:,} updates")
    say(f"{elapsed / expected * 1e6:.2f} µs an update")


if __name__ == "__main__":
    main(SCENARIO, run)
