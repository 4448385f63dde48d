"""A task of a `multiprocessing.pool.ThreadPool` waits for a task of the same pool, which has no worker left.

verdict: deadlock
cause: executor
participants: worker
"""

import threading
from multiprocessing.pool import ThreadPool


def part() -> int:
    return 1


def whole() -> int:
    threading.current_thread().name = "worker"
    return pool.apply(part)


pool = ThreadPool(1)
pool.apply(whole)
