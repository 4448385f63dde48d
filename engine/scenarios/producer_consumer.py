"""Producers and consumers on a queue.Queue."""

import queue
import threading
import time
from types import SimpleNamespace

from engine.backends.worker import Context
from engine.scenarios.base import Parameter, Scenario, Settings, main, run_workers, say

SCENARIO = Scenario(
    name="producer_consumer",
    title="Producers and consumers",
    group="Queues",
    summary="Threads hand work to each other through a bounded queue, which makes the quick wait for the slow.",
    explanation="""\
Half of the workers produce jobs and put them into a queue; the other half take them out and process them.
queue.Queue does all the locking: put() and get() may be called by any number of threads at once.

The queue holds only so many jobs (its capacity). When it is full, put() waits; when it is empty, get() waits.
So the quick side always waits for the slow one, and the jobs in between never fill the memory. This is called
back-pressure; a queue without a capacity has none.

How do consumers know that the work is over? Nothing in the queue tells an empty moment from the end. Here the
producers meet at a barrier when they are done, and one of them puts a None for each consumer.""",
    look_for=(
        "The plot of queue depth: at the capacity when consumers are slow, near zero when producers are.",
        "Lanes of the quick side in wait (queue), lanes of the slow side busy.",
        "Swap produce and consume time, and the waiting changes sides.",
    ),
    parameters=(
        Parameter("jobs", "Jobs per producer", "int", 150, 1, 100_000),
        Parameter("produce_ms", "Time to produce a job", "float", 4.0, 0.0, 1_000.0, unit="ms"),
        Parameter("consume_ms", "Time to process a job", "float", 12.0, 0.0, 1_000.0, unit="ms"),
        Parameter("capacity", "Capacity of the queue", "int", 10, 1, 10_000, unit="jobs"),
    ),
    backends=("threads", "thread-pool"),
    default_workers=4,
    min_workers=2,
    max_workers=128,
    tags=("queue", "back-pressure", "bounded", "pipeline", "sentinel"),
)


def work(context: Context) -> int:
    """The first half of the workers produce, the others consume; returns how many jobs this one handled."""
    return produce(context) if context.index < context.shared.producers else consume(context)


def produce(context: Context) -> int:
    shared = context.shared
    for job in range(1, shared.count + 1):
        time.sleep(shared.produce_s)
        shared.jobs.put((context.name, job))
        context.progress(job, shared.count, label="producing", items=job)
    if shared.all_produced.wait() == 0:  # whoever gets number 0
        for _ in range(context.count - shared.producers):
            shared.jobs.put(None)
    return int(shared.count)


def consume(context: Context) -> int:
    shared = context.shared
    done = 0
    while shared.jobs.get() is not None:
        time.sleep(shared.consume_s)
        done += 1
        context.progress(done, label="consuming", items=done)
    return done


def run(settings: Settings) -> None:
    producers = settings.workers // 2
    jobs: queue.Queue[tuple[str, int] | None] = queue.Queue(settings.capacity)
    all_produced = threading.Barrier(producers)
    say(f"{producers} producers, {settings.workers - producers} consumers, a queue for {settings.capacity} jobs")
    shared = SimpleNamespace(
        jobs=jobs,
        all_produced=all_produced,
        producers=producers,
        count=settings.jobs,
        produce_s=settings.produce_ms / 1000,
        consume_s=settings.consume_ms / 1000,
    )
    started = time.perf_counter()
    outcome = run_workers(settings, work, shared)
    elapsed = time.perf_counter() - started
    consumed = sum(outcome.results[producers:])
    say(f"{consumed} of {producers * settings.jobs} jobs processed, {consumed / elapsed:.0f} a second")


if __name__ == "__main__":
    main(SCENARIO, run)
