"""I/O-bound work: requests to a slow server, side by side."""

import time
from types import SimpleNamespace

from engine.backends.worker import Context
from engine.scenarios.base import Parameter, Scenario, Settings, main, run_workers, say
from engine.tasks import network_io

SCENARIO = Scenario(
    name="io_bound",
    title="I/O-bound work",
    group="First threads",
    summary="Workers send requests and wait for answers. Threads are made for this: waiting needs no GIL and no core.",
    explanation="""\
Each worker talks to a server over a TCP connection on this machine. It sends a request and waits for the
answer; the server takes its time (its latency), as a distant server or a database would. Nearly all of a
worker's time is waiting.

Before a thread blocks in recv() it lets go of the GIL. So one GIL is no hindrance: while one thread waits,
all others may send their own requests and wait, too. With N threads, N requests are under way at once, and
the whole takes about as long as one worker's share.

One after another, the same requests take N times as long. Processes are as quick as threads here, but they
cost more to start and more memory, and win nothing.""",
    look_for=(
        "Worker lanes blue with I/O nearly throughout, all at the same time.",
        "The lanes of the servers (worker-1-server …) asleep for the latency: that is what the workers wait for.",
        "Serial: the same blue pieces one after another, in one lane.",
        "In Output, at the end: requests per second, which grow with the number of threads.",
    ),
    parameters=(
        Parameter("requests", "Requests per worker", "int", 60, 1, 10_000),
        Parameter("latency_ms", "Latency of the server", "float", 30.0, 0.0, 5_000.0, unit="ms"),
        Parameter("size_kib", "Size of a request", "int", 16, 1, 1024, unit="KiB"),
    ),
    backends=("threads", "serial", "thread-pool", "processes", "process-pool", "process-executor"),
    default_workers=8,
    max_workers=128,
    tags=("io", "network", "socket", "latency", "throughput"),
)


def work(context: Context) -> int:
    requests = context.shared.requests
    with network_io.TASK.open(context.shared.values) as request:
        for done in range(1, requests + 1):
            request()
            context.progress(done, requests, label="requests", items=done)
    return int(requests)


def run(settings: Settings) -> None:
    values = {"size_kib": settings.size_kib, "latency_ms": settings.latency_ms}
    say(f"{settings.workers} workers, {settings.requests} requests each, {settings.latency_ms:g} ms latency")
    started = time.perf_counter()
    outcome = run_workers(settings, work, SimpleNamespace(values=values, requests=settings.requests))
    elapsed = time.perf_counter() - started
    say(f"{sum(outcome.results)} requests in {elapsed:.2f} s: {sum(outcome.results) / elapsed:.0f} a second")


if __name__ == "__main__":
    main(SCENARIO, run)
