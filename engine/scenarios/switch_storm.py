"""A context-switch storm: many threads, and an interpreter told to switch between them far too often."""

import importlib
import sys
import threading
import time
from types import SimpleNamespace

from engine.backends.worker import Context
from engine.scenarios.base import Parameter, Scenario, Settings, main, run_workers, say

SCENARIO = Scenario(
    name="switch_storm",
    title="Context-switch storm",
    group="The GIL",
    summary="Many busy threads with a tiny switch interval: the time goes into switching. Switches are counted.",
    explanation="""\
A thread that waits for the GIL asks the running one to let go after the switch interval: 5 ms unless
sys.setswitchinterval says otherwise. A shorter interval makes threads take turns more often, which sounds
fair and responsive. It is not free: at every switch the kernel puts one thread to sleep and wakes another,
whose data has left the processor's caches.

All workers do the same small computation for the same time, twice: first with the interval that Python comes
with, then with the one set here. The kernel counts the context switches of the process (resource.getrusage),
the workers count what they get done.

On a free-threaded build there is no GIL to hand over and the interval means nothing; there the storm comes
from having more threads than cores.""",
    look_for=(
        "First half: turns of milliseconds. Second half: turns too short to be seen one by one, all merged.",
        "In Output, switches per second before and after, and how much less work was done.",
        "Nobody waits for a lock of the program: it is all GIL wait and core wait.",
    ),
    parameters=(
        Parameter("interval_us", "Switch interval", "float", 20.0, 1.0, 100_000.0, unit="µs"),
        Parameter("seconds", "Length of each half", "float", 1.5, 0.05, 60.0, unit="s"),
    ),
    backends=("threads", "thread-pool"),
    default_workers=24,
    min_workers=2,
    tags=("gil", "context switch", "switch interval", "oversubscribed", "setswitchinterval"),
)


def switches_so_far() -> int:
    """Context switches of this process, voluntary and not, as the kernel counts them; 0 where it does not tell."""
    try:
        resource = importlib.import_module("resource")
    except ImportError:  # Windows
        return 0
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return int(usage.ru_nvcsw + usage.ru_nivcsw)


class Round:
    """What changes between the two halves; its methods run while all workers stand at the barrier."""

    def __init__(self, intervals: tuple[float, ...]) -> None:
        self.intervals = intervals
        self.number = -1
        self.switches: list[int] = []

    def begin_next(self) -> None:
        self.switches.append(switches_so_far())
        self.number += 1
        if self.number < len(self.intervals):
            sys.setswitchinterval(self.intervals[self.number])


def work(context: Context) -> list[int]:
    """Returns how many rounds of a small computation it got done in each half."""
    together, seconds = context.shared.together, context.shared.seconds
    done = []
    for half in (1, 2):
        together.wait()
        count = 0
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            sum(range(100))
            count += 1
        done.append(count)
        context.progress(half, 2, label="computing", items=sum(done))
    together.wait()
    context.conclude(f"{done[0]:,} computations, then {done[1]:,}")
    return done


def run(settings: Settings) -> None:
    default = sys.getswitchinterval()
    rounds = Round((default, settings.interval_us / 1e6))
    together = threading.Barrier(settings.workers, action=rounds.begin_next)
    try:
        outcome = run_workers(settings, work, SimpleNamespace(together=together, seconds=settings.seconds))
    finally:
        sys.setswitchinterval(default)
    halves = zip(
        rounds.intervals, rounds.switches, rounds.switches[1:], zip(*outcome.results, strict=True), strict=False
    )
    for interval, before, after, done in halves:
        counted = (
            f"{(after - before) / settings.seconds:,.0f} context switches a second"
            if after
            else "switches not counted here"
        )
        say(f"interval {interval * 1e6:,.0f} µs: {counted}, {sum(done) / settings.seconds:,.0f} computations a second")
    first, second = (sum(half) for half in zip(*outcome.results, strict=True))
    say(f"work done with the short interval: {second / first:.0%} of before")


if __name__ == "__main__":
    main(SCENARIO, run)
