"""Dining philosophers, repaired by an order of the forks."""

import random
import time
from types import SimpleNamespace

from engine.backends.worker import Context
from engine.scenarios.base import Parameter, Scenario, Settings, main, run_workers, say, toolbox
from engine.tasks.progress import Reporter

SCENARIO = Scenario(
    name="dining_ordered",
    title="Dining in order",
    group="Deadlocks",
    summary="The forks are numbered, and everybody takes the lower number first: no circle, no deadlock.",
    explanation="""\
The philosophers again, without a host. The forks are numbered, and each philosopher takes the fork with the
lower number first. For all but one that is the left fork; the last one has fork 1 at the right hand and takes
it first.

That one exception breaks the circle: the last philosopher and the first compete for the same fork before
either holds another. Whoever holds the fork with the highest number has both and will eat, lay them down, and
let others go on.

It is deadlock-free, but not fair: a philosopher may be overtaken again and again by quick neighbours.""",
    look_for=(
        "Lock waits that end; the dinner runs to the end.",
        "Chains of waiting: one waits for the next, who waits for the next, who eats.",
        "How much longer some wait than others.",
    ),
    parameters=(
        Parameter("meals", "Meals per philosopher", "int", 40, 1, 10_000),
        Parameter("eat_ms", "Time to eat", "float", 15.0, 0.0, 1000.0, unit="ms"),
        Parameter("think_ms", "Time to think, at most", "float", 15.0, 0.0, 1000.0, unit="ms"),
    ),
    backends=("threads", "processes"),
    default_workers=5,
    min_workers=2,
    max_workers=64,
    tags=("philosophers", "lock order", "repaired", "fairness"),
)


def work(context: Context) -> int:
    table = context.shared
    left, right = context.index, (context.index + 1) % context.count
    lower, higher = table.forks[min(left, right)], table.forks[max(left, right)]
    muse = random.Random(context.index)
    for meal in range(1, table.meals + 1):
        time.sleep(muse.random() * table.think_s)
        with lower, higher, context.task("meal"):
            time.sleep(table.eat_s)
        context.progress(meal, table.meals, label="meals", items=meal)
    return int(table.meals)


def run(settings: Settings) -> None:
    kit = toolbox(settings)
    forks = [kit.Lock() for _ in range(settings.workers)]
    for number, fork in enumerate(forks, 1):
        Reporter().name(fork, f"fork {number}")
    say(f"{settings.workers} philosophers, {len(forks)} forks, lower number first")
    table = SimpleNamespace(
        forks=forks, meals=settings.meals, eat_s=settings.eat_ms / 1000, think_s=settings.think_ms / 1000
    )
    started = time.perf_counter()
    outcome = run_workers(settings, work, table)
    say(f"all {sum(outcome.results)} meals eaten in {time.perf_counter() - started:.2f} s")


if __name__ == "__main__":
    main(SCENARIO, run)
