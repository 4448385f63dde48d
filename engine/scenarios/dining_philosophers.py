"""Dining philosophers: each takes the left fork and waits for the right one."""

import time
from types import SimpleNamespace

from engine.backends.worker import Context
from engine.scenarios.base import Parameter, Scenario, Settings, main, run_workers, say, toolbox
from engine.tasks.progress import Reporter

SCENARIO = Scenario(
    name="dining_philosophers",
    title="Dining philosophers",
    group="Deadlocks",
    summary="N philosophers, N forks, two forks to eat. All take the left one first, and all starve.",
    explanation="""\
Philosophers sit around a table, a fork between each two of them. They think, and when they get hungry they
eat, for which they need the forks on both sides. Each takes the left fork first and then the right one
(Dijkstra, 1965).

When all get hungry at once, each holds a left fork, which is the right fork of the neighbour. All wait for
all: a circle through every worker and every lock.

Left to chance, the philosophers dine for a while before this happens; how long depends on how long they
think. After the meals set here it is brought about for sure: at a barrier, each philosopher waits, left fork
in hand, until all have one.

Four conditions must hold for a deadlock (Coffman, 1971): things are used exclusively, are held while waiting
for more, are not taken away by force, and the waits form a circle. Remove any one of them. "Dining in order"
removes the circle, "Dining with patience" the holding.""",
    look_for=(
        "Meals first: two holds at a time in a lane, neighbours never at once.",
        "Then one hold in each lane, and lock wait everywhere: all lanes are marked.",
        "The wait-for graph is a single circle through all philosophers.",
    ),
    parameters=(
        Parameter(
            "meals",
            "Meals before the deadlock",
            "int",
            3,
            0,
            1000,
            help="One philosopher after another, so that all goes well.",
        ),
        Parameter("eat_ms", "Time to eat", "float", 15.0, 0.0, 1000.0, unit="ms"),
    ),
    backends=("threads", "processes"),
    default_workers=5,
    min_workers=2,
    max_workers=64,
    expects="deadlock",
    repaired="dining_ordered",
    tags=("deadlock", "philosophers", "dijkstra", "coffman", "circular wait", "lock cycle"),
)


def work(context: Context) -> None:
    table = context.shared
    left = table.forks[context.index]
    right = table.forks[(context.index + 1) % context.count]

    for meal in range(1, table.meals + 1):
        with table.host:  # for now a host lets one philosopher eat at a time
            eat(context, left, right)
        context.progress(meal, table.meals + 1, label="meals", items=meal)

    table.together.wait()  # all have eaten their meals
    with left:
        context.say("holds the left fork, wants the right one")
        table.together.wait()  # until every left hand holds a fork
        with right:
            context.say("eats")  # nobody gets here


def eat(context: Context, left: object, right: object) -> None:
    with left, right, context.task("meal"):  # type: ignore[attr-defined]
        time.sleep(context.shared.eat_s)


def run(settings: Settings) -> None:
    kit = toolbox(settings)
    host = kit.Lock()
    together = kit.Barrier(settings.workers)
    forks = [kit.Lock() for _ in range(settings.workers)]
    for number, fork in enumerate(forks, 1):
        Reporter().name(fork, f"fork {number}")
    say(f"{settings.workers} philosophers, {len(forks)} forks")
    table = SimpleNamespace(
        host=host, together=together, forks=forks, meals=settings.meals, eat_s=settings.eat_ms / 1000
    )
    run_workers(settings, work, table)


if __name__ == "__main__":
    main(SCENARIO, run)
