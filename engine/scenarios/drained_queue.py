"""Results of processes: first drain the queue, then join."""

import multiprocessing
import time
from typing import Any

from engine.backends.worker import take_name
from engine.scenarios.base import Parameter, Scenario, Settings, main, say
from engine.tasks.progress import Reporter

SCENARIO = Scenario(
    name="drained_queue",
    title="Drain, then join",
    group="Deadlocks",
    summary="The parent takes all results out of the queue before it joins: the children can write, and end.",
    explanation="""\
The processes of "Join before draining" put the same results into the same queue. The parent now knows how
many results to expect, reads them all, and joins the processes then. While it reads, the feeder threads of
the children can write; when the last result has been read, nothing keeps a child from ending.

When the number of results is not known, let each child put a mark at its end (None, say), and read until
there is one from every child.""",
    look_for=(
        "MainThread waits for the queue, again and again, and briefly in join at the end.",
        "Queue depth stays low: results are read as they come.",
        "All processes end.",
    ),
    parameters=(
        Parameter("results", "Results per process", "int", 100, 1, 10_000),
        Parameter("result_kib", "Size of a result", "int", 64, 1, 16_384, unit="KiB"),
    ),
    backends=("processes",),
    default_backend="processes",
    default_workers=2,
    max_workers=32,
    tags=("queue", "join", "pipe", "feeder thread", "process", "repaired"),
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
    total = sum(len(results.get()) for _ in range(settings.workers * settings.results))
    say(f"main: {total:,} bytes of results")
    for process in processes:
        process.join()
        say(f"main: {process.name} has ended")


if __name__ == "__main__":
    main(SCENARIO, run)
