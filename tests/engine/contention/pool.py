"""Pools whose workers all wait while tasks do; and those that have workers to spare, work, or have nothing to do.

pool-starvation: small executor, small pool
nothing: large executor, asleep executor, asleep pool, rest executor
"""

import multiprocessing
import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import crew

TASKS = 24
_shared: list = []  # the items, in whoever has been told to `use` them


def use(items) -> None:
    _shared.append(items)


def consume(_: int) -> None:
    _shared[0].get()


def produce(items, count: int) -> None:
    for _ in range(count):
        time.sleep(0.05)
        items.put(1)


def nap(_: int) -> None:
    time.sleep(0.05)


def main() -> None:
    if crew.METHOD == "pool":
        context = multiprocessing.get_context("fork")
        items = context.Queue()
        pool = context.Pool(2, use, (items,))
    else:
        items = queue.Queue()
        use(items)
        pool = ThreadPoolExecutor(30 if crew.FORM == "large" else 2)
    with pool:
        if crew.FORM == "asleep":
            list(pool.map(nap, range(TASKS)))
            return
        tasks = 2 if crew.FORM == "rest" else TASKS
        threading.Thread(target=produce, args=(items, tasks)).start()
        list(pool.map(consume, range(tasks)))
        if crew.FORM == "rest":
            time.sleep(0.6)


if __name__ == "__main__":
    main()
