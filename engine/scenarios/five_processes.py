"""Five processes: each with its own id, memory and GIL."""

import multiprocessing
import os
import time
from typing import Any

from engine.backends.worker import take_name
from engine.scenarios.base import Parameter, Scenario, Settings, main, say
from engine.tasks.progress import Reporter
from engine.tasks.python_cpu import collatz_length

SCENARIO = Scenario(
    name="five_processes",
    title="Five processes",
    group="Processes and memory",
    summary="Start five processes, let each compute, collect what they found through a queue, and join them.",
    explanation="""\
multiprocessing.Process looks like threading.Thread, but start() makes a new process: an interpreter with its
own id, its own memory and its own GIL. The system runs them side by side on as many cores as there are.

How a process is made is the start method. fork copies the running process, which is quick but risky when it
has threads. spawn starts a fresh interpreter that imports the program again. forkserver forks from a small
server process that has no threads. fork was the default on Linux up to Python 3.13, forkserver is since 3.14,
spawn is on Windows and macOS.

What a process computes stays in its memory. To hand it over, the results go through a queue: pickled here,
unpickled there. The parent first collects the results and then joins, in this order: the other way round may
deadlock, see "Join before draining".""",
    look_for=(
        "One lane group a process, with its real process id.",
        "Start: close together with fork; after a wait of their own imports with spawn.",
        "Green at the same time in as many lanes as there are cores; core wait in the others.",
        "The main process waits: first for results, then in join.",
    ),
    parameters=(
        Parameter("numbers", "Numbers per process", "int", 60_000, 1, 10_000_000, help="Collatz sequences to follow."),
    ),
    backends=("processes",),
    default_backend="processes",
    default_workers=5,
    max_workers=64,
    tags=("process", "pid", "fork", "spawn", "forkserver", "start method"),
)

STEPS = 20


def compute(number: int, count: int, results: Any) -> None:
    """Runs in a process of its own."""
    name = multiprocessing.current_process().name
    take_name(name)
    say(f"{name}: process {os.getpid()}, child of {os.getppid()}")
    longest = 0
    for step in range(STEPS):
        longest = max(longest, *map(collatz_length, range(1 + step, count + 1, STEPS)), 0)
        Reporter().progress(name, label="following sequences", done=step + 1, total=STEPS)
    results.put((number, longest))


def run(settings: Settings) -> None:
    context: Any = multiprocessing.get_context(settings.start_method)
    results = context.SimpleQueue()
    say(f"main: process {os.getpid()} starts {settings.workers} processes by {context.get_start_method()}")
    started = time.perf_counter()
    processes = [
        context.Process(target=compute, args=(number, settings.numbers, results), name=f"worker-{number}")
        for number in range(1, settings.workers + 1)
    ]
    for process in processes:
        process.start()
    for _ in processes:
        number, longest = results.get()
        say(f"main: worker-{number} found a sequence of {longest} steps")
    for process in processes:
        process.join()
    say(f"main: all {len(processes)} processes have ended, {time.perf_counter() - started:.2f} s")


if __name__ == "__main__":
    main(SCENARIO, run)
