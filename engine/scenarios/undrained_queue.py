"""join() on a process whose queue nobody has drained."""

import multiprocessing
import time
from typing import Any

from engine.backends.worker import take_name
from engine.scenarios.base import Parameter, Scenario, Settings, main, say
from engine.tasks.progress import Reporter

SCENARIO = Scenario(
    name="undrained_queue",
    title="Join before draining",
    group="Deadlocks",
    summary="The parent waits for the child to end; the child waits for the parent to take out its results.",
    explanation="""\
multiprocessing.Queue.put() hands the object to a feeder thread, which writes it to a pipe. The pipe holds 64
KiB or so. What does not fit waits in the feeder thread, and a process does not end before its feeder thread
has written everything.

So if the parent calls join() on the child first and reads the queue afterwards, the two wait for each other:
the child for room in the pipe, the parent for the end of the child. With small results all fits into the pipe
and the fault goes unnoticed, which is how it gets into programs. With one larger result the program hangs.

It is a mix of two kinds of waiting, a join and a queue, in two processes; no lock is taken by anybody. The
documentation of multiprocessing warns of it under "Joining processes that use queues".

The cure is one of order: first read, then join. See "Drain, then join".""",
    look_for=(
        "MainThread in wait: join of worker-1, for ever.",
        "In the child: its main thread waits for its feeder thread, and that one for room in the pipe.",
        "Small results: the same program ends as if nothing were wrong.",
    ),
    parameters=(
        Parameter("results", "Results per process", "int", 20, 1, 10_000),
        Parameter(
            "result_kib", "Size of a result", "int", 64, 1, 16_384, unit="KiB", help="About 3 KiB or less do no harm."
        ),
    ),
    backends=("processes",),
    default_backend="processes",
    default_workers=2,
    max_workers=32,
    expects="deadlock",
    repaired="drained_queue",
    tags=("deadlock", "queue", "join", "pipe", "feeder thread", "process"),
)


def compute(count: int, size: int, results: Any) -> None:
    """Runs in a process of its own."""
    name = multiprocessing.current_process().name
    take_name(name)
    for number in range(1, count + 1):
        time.sleep(0.02)
        results.put(bytes(size))
        Reporter().progress(name, label="results", done=number, total=count, items=number)
    say(f"{name}: has put {count} results into the queue and wants to end")


def run(settings: Settings) -> None:
    context: Any = multiprocessing.get_context(settings.start_method)
    results = context.Queue()
    say(f"{settings.workers} processes, {settings.results} results of {settings.result_kib} KiB from each")
    arguments = (settings.results, settings.result_kib * 1024, results)
    processes = [
        context.Process(target=compute, args=arguments, name=f"worker-{number}")
        for number in range(1, settings.workers + 1)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()  # does not return: nobody reads the queue
        say(f"main: {process.name} has ended")
    total = sum(len(results.get()) for _ in range(settings.workers * settings.results))
    say(f"main: {total:,} bytes of results")


if __name__ == "__main__":
    main(SCENARIO, run)
