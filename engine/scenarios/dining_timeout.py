"""Dining philosophers, repaired by patience: who does not get the second fork in time lays down the first."""

import random
import time
from types import SimpleNamespace
from typing import Any

from engine.backends.worker import Context
from engine.scenarios.base import Parameter, Scenario, Settings, main, run_workers, say, toolbox
from engine.tasks.progress import Reporter

SCENARIO = Scenario(
    name="dining_timeout",
    title="Dining with patience",
    group="Deadlocks",
    summary="All take the left fork first, but wait for the right one only so long, then lay it down and try again.",
    explanation="""\
The philosophers take their forks in the order that leads to the deadlock: left, then right. But acquire()
gets a timeout. Whoever does not get the right fork in time lays the left one down again, thinks for a random
moment, and tries anew.

A circle of waiting can still form, and at the beginning it is made to form: all take their left fork at once.
But it does not last; the first to lose patience opens it. A wait with a timeout is therefore never a
deadlock.

The random moment matters. If all had the same patience and tried again at once, they could go on for ever,
busily and without a single meal: a livelock. And each failed attempt is time lost; look at the number of
them. An order of the locks costs nothing of the kind.""",
    look_for=(
        "At the beginning: lock wait in all lanes, for as long as their patience lasts. No deadlock is reported.",
        "Waits that end without a hold: attempts given up.",
        "In Output, how many attempts were given up for the meals eaten.",
    ),
    parameters=(
        Parameter("meals", "Meals per philosopher", "int", 25, 1, 10_000),
        Parameter("eat_ms", "Time to eat", "float", 15.0, 0.0, 1000.0, unit="ms"),
        Parameter("patience_ms", "Patience", "float", 50.0, 1.0, 10_000.0, unit="ms", help="For the second fork."),
    ),
    backends=("threads", "processes"),
    default_workers=5,
    min_workers=2,
    max_workers=64,
    tags=("philosophers", "timeout", "back-off", "livelock", "repaired"),
)


def work(context: Context) -> int:
    """Returns how many attempts it gave up."""
    table = context.shared
    left = table.forks[context.index]
    right = table.forks[(context.index + 1) % context.count]
    muse = random.Random(context.index)
    given_up = 0

    with left:
        table.all_hungry.wait()  # every left hand holds a fork: the circle is closed
        given_up += not eat_soon(context, right, muse.random())
    for meal in range(1, table.meals + 1):
        eaten = False
        while not eaten:
            with left:
                eaten = eat_soon(context, right, muse.random())
            given_up += not eaten
            time.sleep(muse.random() * table.eat_s)
        context.progress(meal, table.meals, label=f"meals, {given_up} attempts given up", items=meal)
    context.conclude(f"{given_up} attempts given up")
    return given_up


def eat_soon(context: Context, right: Any, mood: float) -> bool:
    """Eats if the right fork can be had in time; `mood` (0 to 1) makes one's patience differ from the others'."""
    if not right.acquire(timeout=context.shared.patience_s * (0.5 + mood)):
        return False
    with context.task("meal"):
        time.sleep(context.shared.eat_s)
    right.release()
    return True


def run(settings: Settings) -> None:
    kit = toolbox(settings)
    all_hungry = kit.Barrier(settings.workers)
    forks = [kit.Lock() for _ in range(settings.workers)]
    for number, fork in enumerate(forks, 1):
        Reporter().name(fork, f"fork {number}")
    say(f"{settings.workers} philosophers, {len(forks)} forks, {settings.patience_ms:g} ms of patience")
    table = SimpleNamespace(
        all_hungry=all_hungry,
        forks=forks,
        meals=settings.meals,
        eat_s=settings.eat_ms / 1000,
        patience_s=settings.patience_ms / 1000,
    )
    outcome = run_workers(settings, work, table)
    say(f"all {settings.workers * settings.meals} meals eaten; {sum(outcome.results)} attempts given up")


if __name__ == "__main__":
    main(SCENARIO, run)
