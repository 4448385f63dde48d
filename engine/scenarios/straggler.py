"""A straggler: one worker is slower, and all the others wait for it at the end."""

import time
from types import SimpleNamespace

from engine.backends.worker import Context
from engine.scenarios.base import Parameter, Scenario, Settings, main, run_workers, say, toolbox

SCENARIO = Scenario(
    name="straggler",
    title="A straggler",
    group="Patterns",
    summary="The work is dealt out evenly, but one worker is slow: the whole takes as long as that one.",
    explanation="""\
Each worker gets the same number of pieces beforehand, and the result is needed when all are done. worker-1 is
slower than the others: a busy core, a distant disk, harder pieces. All the others finish early and stand at
the barrier, idle.

The whole takes as long as its slowest part. One worker out of four that takes three times as long makes
everything take three times as long, although three quarters of the hands were quick.

The cure is not to deal out beforehand. When the workers take piece after piece from a common heap, the slow
one takes fewer, and all finish at about the same time. Switch on "Take from a heap" and compare.""",
    look_for=(
        "Dealt out: all lanes but one end in a long wait (barrier).",
        "From a heap: all lanes end together; worker-1 has done fewer pieces.",
        "In Output, the time it took and the share of it spent waiting.",
    ),
    parameters=(
        Parameter("heap", "Take from a heap", "bool", False, help="Instead of dealing out evenly beforehand."),
        Parameter("pieces", "Pieces per worker", "int", 30, 1, 10_000),
        Parameter("piece_ms", "Length of a piece", "float", 30.0, 0.0, 1_000.0, unit="ms"),
        Parameter("slowness", "worker-1 takes so many times as long", "float", 3.0, 1.0, 100.0),
    ),
    backends=("threads", "thread-pool", "processes", "process-pool", "process-executor"),
    default_workers=4,
    min_workers=2,
    max_workers=128,
    tags=("straggler", "load balance", "work stealing", "tail latency"),
)


def work(context: Context) -> tuple[int, float]:
    """Returns how many pieces it did, and how long it waited for the others, in seconds."""
    shared = context.shared
    piece_s = shared.piece_s * (shared.slowness if context.index == 0 else 1)
    pieces = 0
    while shared.heap.acquire(False) if shared.heap else pieces < shared.pieces:  # False: without waiting
        with context.task("piece"):
            time.sleep(piece_s)
        pieces += 1
        context.progress(pieces, None if shared.heap else shared.pieces, label="pieces", items=pieces)
    done = time.perf_counter()
    shared.all_done.wait()
    waited = time.perf_counter() - done
    context.conclude(f"{pieces} pieces, waited {waited:.2f} s for the others")
    return pieces, waited


def run(settings: Settings) -> None:
    kit = toolbox(settings)
    all_done = kit.Barrier(settings.workers)
    heap = kit.Semaphore(settings.pieces * settings.workers) if settings.heap else None  # counts what is left
    way = "taken from a heap" if settings.heap else "dealt out evenly"
    say(f"{settings.workers} workers, {settings.pieces * settings.workers} pieces, {way}")
    shared = SimpleNamespace(
        all_done=all_done,
        heap=heap,
        pieces=settings.pieces,
        piece_s=settings.piece_ms / 1000,
        slowness=settings.slowness,
    )
    started = time.perf_counter()
    outcome = run_workers(settings, work, shared)
    elapsed = time.perf_counter() - started
    say("pieces done: " + ", ".join(str(pieces) for pieces, _ in outcome.results))
    share = sum(waited for _, waited in outcome.results) / (elapsed * settings.workers)
    say(f"{elapsed:.2f} s in all; {share:.0%} of the workers' time went into waiting for the others")


if __name__ == "__main__":
    main(SCENARIO, run)
