"""Pure-Python CPU work: threads share one GIL, processes do not."""

import time
from types import SimpleNamespace

from engine.backends.worker import Context
from engine.scenarios.base import Parameter, Scenario, Settings, main, run_workers, say

SCENARIO = Scenario(
    name="cpu_under_gil",
    title="CPU work under the GIL",
    group="The GIL",
    summary="Each worker counts primes in pure Python. Compare threads with processes, and with one after another.",
    explanation="""\
Each worker tests the same range of numbers for primes, in pure Python: no I/O, no sleeping, nothing to wait
for. With as many cores as workers one would hope to be done as quickly as with a single worker.

With threads that hope is in vain. CPython's global interpreter lock (GIL) lets one thread at a time run
Python code. Every 5 ms (sys.getswitchinterval) a waiting thread asks the running one to let go, and they take
turns: all are busy, together they get no more done than one of them alone.

Processes have an interpreter and a GIL each, so they do run side by side, as far as there are cores. They pay
with start-up time, memory, and copies of whatever they exchange. A free-threaded build of Python (3.13t and
later) has no GIL: there threads do what one would hope.""",
    look_for=(
        "Threads: green pieces of about 5 ms that never overlap, and GIL wait in between.",
        "The strip beside the process's name: the GIL goes from lane to lane; point at it to see who has it.",
        "Processes: green throughout, side by side; with more workers than cores, they wait for a core instead.",
        "Serial: the same work in one lane, in about the time that threads take.",
        "In Output, how many workers were at work on average: CPU time of all over elapsed time.",
    ),
    parameters=(
        Parameter(
            "numbers", "Numbers to test per worker", "int", 300_000, 100, 5_000_000, help="From 2 on; larger is slower."
        ),
    ),
    backends=("serial", "threads", "thread-pool", "sub-interpreters", "processes", "process-pool", "process-executor"),
    default_workers=4,
    tags=("gil", "cpu-bound", "free-threaded", "parallel", "speed-up"),
)

STEP = 1000  # numbers between two progress reports


def is_prime(number: int) -> bool:
    divisor = 2
    while divisor * divisor <= number:
        if number % divisor == 0:
            return False
        divisor += 1
    return True


def work(context: Context) -> tuple[int, float]:
    """Counts the primes; returns their number and the CPU time it took this thread, in seconds."""
    last = context.shared.numbers
    primes = 0
    started = time.thread_time()
    for start in range(2, last, STEP):
        stop = min(start + STEP, last)
        primes += sum(map(is_prime, range(start, stop)))
        context.progress(stop, last, label="testing for primes", items=primes)
    cpu_s = time.thread_time() - started
    context.conclude(f"{primes:,} primes, {cpu_s:.2f} s of CPU time")
    return primes, cpu_s


def run(settings: Settings) -> None:
    say(f"{settings.workers} workers look for primes below {settings.numbers:,}, backend {settings.backend}")
    started = time.perf_counter()
    outcome = run_workers(settings, work, SimpleNamespace(numbers=settings.numbers))
    elapsed = time.perf_counter() - started
    cpu = sum(seconds for _, seconds in outcome.results)
    say(f"each found {outcome.results[0][0]:,} primes")
    say(f"{cpu:.2f} s of CPU time in {elapsed:.2f} s: {cpu / elapsed:.1f} workers at work on average")


if __name__ == "__main__":
    main(SCENARIO, run)
