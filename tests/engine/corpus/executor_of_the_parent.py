"""A task of a `ProcessPoolExecutor` submits to the executor it runs in: to the copy that was forked with its worker.

verdict: deadlock
cause: executor
participants: ForkProcess-1
"""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor


def whole() -> int:
    return executor.submit(abs, -1).result()


executor = ProcessPoolExecutor(1, multiprocessing.get_context("fork"))
executor.submit(whole).result()
