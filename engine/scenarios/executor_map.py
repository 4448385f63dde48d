"""The same map on a ThreadPoolExecutor and on a ProcessPoolExecutor."""

import multiprocessing
import threading
import time
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor

from engine.backends.worker import take_name
from engine.scenarios.base import Parameter, Scenario, Settings, main, say
from engine.tasks.progress import Reporter
from engine.tasks.python_cpu import collatz_length

SCENARIO = Scenario(
    name="executor_map",
    title="Executor.map on threads and on processes",
    group="Pools and futures",
    summary="One task, one call, two executors: change the backend and nothing else, and compare.",
    explanation="""\
concurrent.futures has one interface, Executor, for pools of threads and pools of processes. submit() returns
a future, a result that is still to come; map() submits one call per item and hands out the results in order,
waiting where it must.

The task can be computing or waiting. Computing in pure Python: ProcessPoolExecutor uses all cores,
ThreadPoolExecutor one, because of the GIL. Waiting: both are equally quick, and the threads are cheaper to
start and to hand work to.

Processes ask more of the program: function, arguments and results must be picklable, and the function must be
importable by the new process. With start methods other than fork each process imports the program first; look
at the start of their lanes.""",
    look_for=(
        "Threads and computing: lanes take turns, GIL wait in between. Processes: side by side.",
        "MainThread waits on one future after another.",
        "Workers without a task are idle.",
        "Time until the first task starts: threads at once, spawned processes much later.",
    ),
    parameters=(
        Parameter("task", "Task", "choice", "computing", choices=("computing", "waiting")),
        Parameter("items", "Items", "int", 80, 1, 10_000),
        Parameter(
            "size",
            "Size of an item",
            "int",
            7000,
            1,
            1_000_000,
            help="Collatz sequences to follow, or units of 10 µs to wait.",
        ),
    ),
    backends=("thread-pool", "process-executor"),
    default_backend="thread-pool",
    default_workers=4,
    max_workers=64,
    tags=("executor", "future", "map", "submit", "ThreadPoolExecutor", "ProcessPoolExecutor"),
)


def compute(number: int, size: int) -> str:
    with Reporter().task(f"item {number}"):
        sum(map(collatz_length, range(1, size + 1)))
    return worker_name()


def wait(number: int, size: int) -> str:
    with Reporter().task(f"item {number}"):
        time.sleep(size * 10e-6)
    return worker_name()


def name_lane() -> None:
    """Runs first in each process of the pool; the threads of a thread pool have their names already."""
    take_name(multiprocessing.current_process().name)


def worker_name() -> str:
    return threading.current_thread().name


def make_executor(settings: Settings) -> Executor:
    if settings.backend == "thread-pool":
        return ThreadPoolExecutor(settings.workers, thread_name_prefix="worker")
    return ProcessPoolExecutor(settings.workers, multiprocessing.get_context(settings.start_method), name_lane)


def run(settings: Settings) -> None:
    task = compute if settings.task == "computing" else wait
    say(f"{settings.items} items, {settings.task}, on {settings.workers} workers of a {settings.backend}")
    started = time.perf_counter()
    shares: dict[str, int] = {}
    with make_executor(settings) as executor:
        results = executor.map(task, range(1, settings.items + 1), [settings.size] * settings.items)
        for done, worker in enumerate(results, 1):
            shares[worker] = shares.get(worker, 0) + 1
            Reporter().progress(worker, label=f"item {done}", done=shares[worker], items=shares[worker])
    elapsed = time.perf_counter() - started
    say(", ".join(f"{worker}: {share}" for worker, share in sorted(shares.items())))
    say(f"{sum(shares.values())} of {settings.items} items in {elapsed:.2f} s")


if __name__ == "__main__":
    main(SCENARIO, run)
