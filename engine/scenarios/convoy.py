"""A convoy: one slow holder now and then, and everybody queues up behind it."""

import time
from types import SimpleNamespace

from engine.backends.worker import Context
from engine.scenarios.base import Parameter, Scenario, Settings, main, run_workers, say, toolbox

SCENARIO = Scenario(
    name="convoy",
    title="A convoy",
    group="Locks",
    summary="Short holds cause no trouble until one worker holds the same lock for long: then all the others queue up.",
    explanation="""\
All workers write lines to a journal under one lock, briefly. worker-1 is different: now and then it writes
the journal out, and does so while it holds the lock. That takes long.

Nobody but worker-1 does anything slow, yet everybody is slow: within a moment all others stand in front of
the lock, as cars behind a lorry. When it is released, they pass one after another. In that queue each of them
waits for all before it; and as they come out of it one by one, they meet again at the next turn.

Judged by averages, such a lock looks harmless: it is free most of the time, and most holds are short. It is
the longest hold that counts. The cure is not to do slow things under a lock: take what there is to write out
of the journal under the lock, and write it after releasing the lock.""",
    look_for=(
        "Long hold slices of worker-1 and, under each of them, lock wait in every other lane.",
        "The wait for one slow hold ends as a staircase: hand-offs from one worker to the next.",
        "In Output, at the end: the longest wait against the median one.",
    ),
    parameters=(
        Parameter("hold_ms", "Hold time of a line", "float", 0.5, 0.0, 100.0, unit="ms"),
        Parameter("slow_ms", "Hold time of writing out", "float", 60.0, 0.0, 5_000.0, unit="ms"),
        Parameter("every", "Lines between two of these", "int", 25, 1, 10_000),
        Parameter("lines", "Lines per worker", "int", 400, 1, 100_000),
    ),
    backends=("threads", "thread-pool", "processes"),
    default_workers=6,
    min_workers=2,
    max_workers=128,
    tags=("contention", "convoy", "hold time", "lock held across i/o"),
)

BETWEEN_S = 0.002


def work(context: Context) -> list[float]:
    """Returns how long it waited for the journal each time, in seconds."""
    shared = context.shared
    waits = []
    for line in range(1, shared.lines + 1):
        slow = context.index == 0 and line % shared.every == 0
        asked = time.perf_counter()
        with shared.journal:
            waits.append(time.perf_counter() - asked)
            time.sleep(shared.slow_s if slow else shared.hold_s)
        context.progress(line, shared.lines, label="writing out" if slow else "lines", items=line)
        time.sleep(BETWEEN_S)
    context.conclude(f"longest wait {max(waits) * 1000:.1f} ms")
    return waits


def run(settings: Settings) -> None:
    kit = toolbox(settings)
    journal = kit.Lock()
    say(f"one journal for {settings.workers}; worker-1 holds it {settings.slow_ms:g} ms every {settings.every} lines")
    shared = SimpleNamespace(
        journal=journal,
        lines=settings.lines,
        every=settings.every,
        hold_s=settings.hold_ms / 1000,
        slow_s=settings.slow_ms / 1000,
    )
    outcome = run_workers(settings, work, shared)
    waits = sorted(wait for waited in outcome.results[1:] for wait in waited)
    say(f"waits of the others: median {waits[len(waits) // 2] * 1000:.2f} ms, longest {waits[-1] * 1000:.1f} ms")


if __name__ == "__main__":
    main(SCENARIO, run)
