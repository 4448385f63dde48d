"""An exception in a worker: where it goes, and how the traceback comes back."""

import time
from types import SimpleNamespace

from engine.backends.worker import Context
from engine.scenarios.base import Parameter, Scenario, Settings, main, run_workers, say

SCENARIO = Scenario(
    name="worker_exception",
    title="An exception in a worker",
    group="Errors",
    summary="One worker raises; the others go on. The traceback is brought over to the main thread and printed.",
    explanation="""\
An exception ends the thread or process it occurs in, if nobody catches it there, and nothing else. It does
not arrive in the main thread by itself: a thread prints its traceback and is gone, a process does so and ends
with exit code 1. The others know nothing of it. If they wait for something the lost worker was to do, they
wait for ever.

In a pool it is caught and kept in the future, and raised again where result() is called. Whoever never asks
for the result never hears of it: then the error passes in silence.

Here each worker reports how it ended over a queue, error and traceback included. A traceback itself cannot be
pickled, so it travels as text.""",
    look_for=(
        "One lane (worker-2, where there is no pool) ends early and is marked with the error.",
        "In the worker table: the error, beside the progress it had made.",
        "The other lanes go on to the end.",
        "Processes: exit code 1 for that process, 0 for the others. Pools: the process survives.",
    ),
    parameters=(
        Parameter("steps", "Steps", "int", 40, 2, 10_000),
        Parameter("step_ms", "Length of a step", "float", 50.0, 0.0, 1_000.0, unit="ms"),
    ),
    backends=("threads", "thread-pool", "processes", "process-pool", "process-executor"),
    default_workers=4,
    min_workers=2,
    max_workers=64,
    expects="crash",
    tags=("exception", "traceback", "error", "exit code"),
)

PRICES = [3, 5, 8]


def price_of(step: int) -> int:
    return PRICES[step]


def work(context: Context) -> int:
    shared = context.shared
    for step in range(1, shared.steps + 1):
        time.sleep(shared.step_s)
        context.progress(step, shared.steps, label="steps", items=step)
        if context.index == 1 and step == shared.steps // 2:
            price_of(step + len(PRICES))  # there is no such price
    return int(shared.steps)


def run(settings: Settings) -> None:
    say(f"{settings.workers} workers; one of them will fail half-way")
    shared = SimpleNamespace(steps=settings.steps, step_s=settings.step_ms / 1000)
    outcome = run_workers(settings, work, shared, may_fail=True)
    for error in outcome.errors:
        say(f"main: {error.worker} failed: {error.message}")
        say(error.traceback.rstrip())
    say(f"main: {settings.workers - len(outcome.errors)} of {settings.workers} workers finished")


if __name__ == "__main__":
    main(SCENARIO, run)
