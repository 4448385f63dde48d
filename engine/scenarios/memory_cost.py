"""The memory of N threads against that of N processes, measured."""

import importlib
import multiprocessing
import os
import threading
import time
from pathlib import Path
from typing import Any

from engine.backends.worker import take_name
from engine.scenarios.base import Parameter, Scenario, Settings, main, say
from engine.tasks.progress import Reporter

SCENARIO = Scenario(
    name="memory_cost",
    title="Memory of threads and of processes",
    group="Processes and memory",
    summary="Start N threads, then N processes, and measure what each costs in memory and in time to start.",
    explanation="""\
A thread needs a stack and some bookkeeping; the stack counts only as far as it is touched. A process needs an
interpreter: its modules, its objects, its heaps. So a process costs tens to hundreds of times as much as a
thread.

How much exactly depends on how it is counted. A forked process shares its memory with the parent until one of
them writes to a page; Python writes to reference counts all the time, so pages get copied little by little. A
spawned process shares nothing but the code of the interpreter. Where the system tells (Linux), the
proportional set size is used: memory shared by several processes is divided among them. Elsewhere only the
peak of the main process is known, and the figures for processes are left out.

All workers just wait for an event while the memory is measured. Then they are told to end.""",
    look_for=(
        "In Output: KiB and milliseconds for a thread and for a process.",
        "The plot of memory: a small step for the threads, a large one for the processes.",
        "fork against spawn: different sizes, very different start-up times.",
    ),
    parameters=(
        Parameter(
            "stay_ms", "Stay for", "float", 800.0, 0.0, 30_000.0, unit="ms", help="So that it shows on the plot."
        ),
    ),
    backends=("processes",),
    default_backend="processes",
    default_workers=8,
    max_workers=128,
    tags=("memory", "rss", "pss", "start-up", "cost"),
)

KIB = 1024


def memory_in_kib(pid: int) -> int | None:
    """Proportional set size of a process, in KiB; None where the system does not tell."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return own_peak_in_kib() if pid == os.getpid() else None
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def own_peak_in_kib() -> int | None:
    """Largest resident size that this process has had, in KiB; None on Windows."""
    try:
        resource = importlib.import_module("resource")
    except ImportError:
        return None
    peak = int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return peak // KIB if os.uname().sysname == "Darwin" else peak  # macOS counts bytes


def stay(name: str, here: Any, leave: Any) -> None:
    """A worker that tells that it is there, and waits."""
    take_name(name)
    Reporter().progress(name, label="waiting", total=1)
    here.release()
    leave.wait()
    Reporter().progress(name, label="done", done=1, total=1)


def measure(kind: str, make: Any, kit: Any, settings: Settings) -> float | None:
    """Starts workers by `make`; prints and returns how many KiB each of them takes, None when that is unknown."""
    singular = {"threads": "thread", "processes": "process"}[kind]
    here, leave = kit.Semaphore(0), kit.Event()
    names = [f"{singular}-{number}" for number in range(1, settings.workers + 1)]
    workers = [make(target=stay, args=(name, here, leave), name=name) for name in names]
    before = memory_in_kib(os.getpid())
    started = time.perf_counter()
    for worker in workers:
        worker.start()
    for _ in workers:
        here.acquire()
    elapsed_ms = (time.perf_counter() - started) * 1000
    pids = [os.getpid(), *(worker.pid for worker in workers if hasattr(worker, "pid"))]
    sizes = [memory_in_kib(pid) for pid in pids]
    time.sleep(settings.stay_ms / 1000)
    leave.set()
    for worker in workers:
        worker.join()
    known = [size for size in sizes if size is not None]
    each = (sum(known) - before) / len(workers) if before is not None and len(known) == len(sizes) else None
    size = "not measured on this system" if each is None else f"{max(each, 0):,.0f} KiB each"
    say(f"{len(workers)} {kind}: {size}, {elapsed_ms / len(workers):.2f} ms each to start")
    return each


def run(settings: Settings) -> None:
    context: Any = multiprocessing.get_context(settings.start_method)
    thread = measure("threads", threading.Thread, threading, settings)
    process = measure("processes", context.Process, context, settings)
    if thread and process and thread > 0:
        say(f"a process takes {process / thread:,.0f} times the memory of a thread")


if __name__ == "__main__":
    main(SCENARIO, run)
