"""Producers and consumers in processes of their own, on a multiprocessing queue."""

import multiprocessing
import time
from types import SimpleNamespace
from typing import Any

from engine.backends.worker import Context
from engine.scenarios.base import Parameter, Scenario, Settings, main, run_workers, say

SCENARIO = Scenario(
    name="producer_consumer_processes",
    title="Producers and consumers in processes",
    group="Queues",
    summary="The same between processes: what goes through the queue is pickled, copied through a pipe, and unpickled.",
    explanation="""\
The work is that of "Producers and consumers", but every worker is a process. They share no memory, so the
queue must carry the jobs over: multiprocessing.Queue pickles each object, writes the bytes to a pipe, and the
process at the other end reads and unpickles them.

put() does not do that itself. It hands the object to a feeder thread of the producer's process, which starts
with the first put. Hence put() returns before anything has left the process, and an object that cannot be
pickled fails in the feeder thread, not in put().

A semaphore counts the free places, so capacity and waiting are as with threads. Each job carries some bytes;
with large ones you can watch the copying become the work.

Since every process has a feeder thread of its own, jobs of different producers may overtake each other. A
None put at the end by one producer may overtake the last job of another, which would be lost. That is why the
queue is a JoinableQueue here: it counts the jobs that are not yet done (task_done), and join() waits until
there are none.""",
    look_for=(
        "Producers and consumers with process ids of their own; the feeder threads are lanes marked internal.",
        "Queue depth over time, as counted by puts and gets.",
        "With jobs of 1 MiB: CPU time in consumers that only sleep. That is unpickling.",
    ),
    parameters=(
        Parameter("jobs", "Jobs per producer", "int", 150, 1, 100_000),
        Parameter("produce_ms", "Time to produce a job", "float", 4.0, 0.0, 1_000.0, unit="ms"),
        Parameter("consume_ms", "Time to process a job", "float", 12.0, 0.0, 1_000.0, unit="ms"),
        Parameter("capacity", "Capacity of the queue", "int", 10, 1, 10_000, unit="jobs"),
        Parameter("job_kib", "Size of a job", "int", 4, 0, 16_384, unit="KiB"),
    ),
    backends=("processes", "process-pool", "process-executor"),
    default_backend="processes",
    default_workers=4,
    min_workers=2,
    max_workers=64,
    tags=("queue", "pickle", "pipe", "ipc", "feeder thread", "back-pressure"),
)


def work(context: Context) -> int:
    """The first half of the workers produce, the others consume; returns how many jobs this one handled."""
    return produce(context) if context.index < context.shared.producers else consume(context)


def produce(context: Context) -> int:
    shared = context.shared
    for job in range(1, shared.count + 1):
        time.sleep(shared.produce_s)
        shared.jobs.put((context.name, job, bytes(shared.job_size)))
        context.progress(job, shared.count, label="producing", items=job)
    if shared.all_produced.wait() == 0:  # whoever gets number 0
        shared.jobs.join()  # all jobs have been processed: none can come after the end
        for _ in range(context.count - shared.producers):
            shared.jobs.put(None)
    return int(shared.count)


def consume(context: Context) -> int:
    shared = context.shared
    done = 0
    while shared.jobs.get() is not None:
        time.sleep(shared.consume_s)
        shared.jobs.task_done()
        done += 1
        context.progress(done, label=f"consuming, {depth(shared.jobs)} waiting", items=done)
    return done


def depth(jobs: Any) -> int | str:
    """Jobs in the queue by now, as far as the system tells."""
    try:
        return int(jobs.qsize())
    except NotImplementedError:  # macOS
        return "unknown"


def run(settings: Settings) -> None:
    context = multiprocessing.get_context(settings.start_method)
    producers = settings.workers // 2
    jobs = context.JoinableQueue(settings.capacity)
    all_produced = context.Barrier(producers)
    say(f"{producers} producers, {settings.workers - producers} consumers, a queue for {settings.capacity} jobs")
    shared = SimpleNamespace(
        jobs=jobs,
        all_produced=all_produced,
        producers=producers,
        count=settings.jobs,
        produce_s=settings.produce_ms / 1000,
        consume_s=settings.consume_ms / 1000,
        job_size=settings.job_kib * 1024,
    )
    started = time.perf_counter()
    outcome = run_workers(settings, work, shared)
    elapsed = time.perf_counter() - started
    consumed = sum(outcome.results[producers:])
    say(f"{consumed} of {producers * settings.jobs} jobs processed, {consumed / elapsed:.0f} a second")


if __name__ == "__main__":
    main(SCENARIO, run)
