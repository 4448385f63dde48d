"""A shared counter without a lock: updates get lost, and are counted."""

import multiprocessing
from types import SimpleNamespace
from typing import Any

from engine.backends import registry
from engine.backends.worker import Context
from engine.scenarios.base import Parameter, Scenario, Settings, main, run_workers, say, toolbox

SCENARIO = Scenario(
    name="shared_counter",
    title="Shared counter without a lock",
    group="Locks",
    summary="Workers read a counter, compute, and write it back. Without a lock, updates are lost: here is how many.",
    explanation="""\
Every worker does the same thing many times over: read the counter, call a function to compute the new value,
write it back. Between the read and the write another worker may run. It reads the same old value, adds to it,
and writes; then the first one writes its own result over that. An update is lost, and nothing tells you.

The GIL does not help. It makes single bytecode instructions safe, not the three steps together: the
interpreter may switch threads at any call. A thread that is switched out between read and write overwrites,
when it returns, everything the others counted meanwhile; with the usual switch interval of 5 ms, that is tens
of thousands of updates at once.

Curiously, the bare statement counter += 1 loses nothing on current CPython versions with a GIL, since no
switch can occur within it. That is an accident of the implementation, not a promise: on a free-threaded build
it loses updates, too.

With processes the counter lives in shared memory and the workers really run at the same time; the outcome is
the same.""",
    look_for=(
        "The result, in Output: how many updates were lost, and that it differs from run to run.",
        "With threads and a GIL: lanes take turns of about 5 ms. Updates get lost where turns change.",
        "No lock waits at all: nobody waits for anybody, that is the fault.",
        "Then run the version with a lock: nothing lost, and what it costs.",
    ),
    parameters=(
        Parameter(
            "updates", "Updates per worker", "int", 4_000_000, 1_000, 50_000_000, help="How often each one counts."
        ),
    ),
    backends=("threads", "thread-pool", "processes"),
    default_workers=4,
    min_workers=2,
    max_workers=64,
    repaired="shared_counter_locked",
    tags=("race", "lost update", "data race", "atomic"),
)

STEPS = 100  # progress reports per worker


def increased(value: int) -> int:
    return value + 1


def work(context: Context) -> int:
    counter, updates = context.shared.counter, context.shared.updates
    context.shared.start.wait()
    done = 0
    for step in range(1, STEPS + 1):
        part = updates * step // STEPS - done
        for _ in range(part):
            value = counter.value  # read
            value = increased(value)  # call: here, at the latest, another worker may run
            counter.value = value  # write: over whatever the others wrote meanwhile
        done += part
        context.progress(done, updates, label="counting", items=done)
    return done


def make_counter(settings: Settings) -> Any:
    """Something with a `value`: an ordinary object for threads, an integer in shared memory for processes."""
    if registry.get(settings.backend).uses_processes:
        return multiprocessing.get_context(settings.start_method).Value("q", 0, lock=False)
    return SimpleNamespace(value=0)


def run(settings: Settings) -> None:
    counter = make_counter(settings)
    start = toolbox(settings).Barrier(settings.workers)
    say(f"{settings.workers} workers count to {settings.updates:,} each, without a lock")
    outcome = run_workers(settings, work, SimpleNamespace(counter=counter, start=start, updates=settings.updates))
    expected = sum(outcome.results)
    say(f"lost {expected - counter.value:,} of {expected:,} updates")


if __name__ == "__main__":
    main(SCENARIO, run)
