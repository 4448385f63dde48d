"""Work in phases: nobody begins the next one before all have finished this one."""

import random
import time
from types import SimpleNamespace

from engine.backends.worker import Context
from engine.scenarios.base import Parameter, Scenario, Settings, main, run_workers, say, toolbox

SCENARIO = Scenario(
    name="barrier_phases",
    title="Phases with a barrier",
    group="Patterns",
    summary="All workers meet at a barrier after each phase; each phase lasts as long as its slowest worker.",
    explanation="""\
Simulations, games and image filters often go in steps: everybody computes a part of step n, and step n + 1
needs all of these parts. A barrier stands between the steps. wait() returns when as many workers have arrived
as the barrier was made for.

The workers' parts differ in length here, at random. The quick ones wait for the slow ones in every phase, and
since it is not always the same one who is slow, this costs more than one would expect from the averages: the
sum of the slowest is more than the slowest of the sums.

A barrier that one worker never reaches holds all the others for ever; give wait() a timeout when that can
happen.""",
    look_for=(
        "Columns: all lanes start a phase at the same moment.",
        "At the end of each column, wait (barrier) in all lanes but one: the slowest.",
        "In Output, the share of time that went into waiting; raise the unevenness and see it grow.",
    ),
    parameters=(
        Parameter("phases", "Phases", "int", 20, 1, 10_000),
        Parameter("part_ms", "Mean length of a part", "float", 80.0, 1.0, 5_000.0, unit="ms"),
        Parameter(
            "unevenness", "Unevenness", "float", 60.0, 0.0, 100.0, unit="%", help="How far parts differ from the mean."
        ),
    ),
    backends=("threads", "thread-pool", "processes", "process-pool", "process-executor"),
    default_workers=5,
    min_workers=2,
    max_workers=128,
    tags=("barrier", "phase", "bulk synchronous", "load balance"),
)


def work(context: Context) -> float:
    """Returns how long it waited at the barrier in all, in seconds."""
    shared = context.shared
    dice = random.Random(context.index)
    waited = 0.0
    for phase in range(1, shared.phases + 1):
        with context.task(f"phase {phase}"):
            time.sleep(shared.part_s * (1 + shared.unevenness * dice.uniform(-1, 1)))
        context.progress(phase, shared.phases, label="phases", items=phase)
        arrived = time.perf_counter()
        shared.end_of_phase.wait()
        waited += time.perf_counter() - arrived
    context.conclude(f"waited {waited:.2f} s for the others")
    return waited


def run(settings: Settings) -> None:
    end_of_phase = toolbox(settings).Barrier(settings.workers)
    say(f"{settings.workers} workers, {settings.phases} phases")
    shared = SimpleNamespace(
        end_of_phase=end_of_phase,
        phases=settings.phases,
        part_s=settings.part_ms / 1000,
        unevenness=settings.unevenness / 100,
    )
    started = time.perf_counter()
    outcome = run_workers(settings, work, shared)
    elapsed = time.perf_counter() - started
    share = sum(outcome.results) / (elapsed * settings.workers)
    say(f"{settings.phases} phases in {elapsed:.2f} s; {share:.0%} of the workers' time went into waiting")


if __name__ == "__main__":
    main(SCENARIO, run)
