"""A task waits for a task of its own pool, which has no worker left.

verdict: deadlock
cause: executor
participants: pool_0
"""

from concurrent.futures import ThreadPoolExecutor

pool = ThreadPoolExecutor(1, thread_name_prefix="pool")


def part() -> int:
    return 1


def whole() -> int:
    return pool.submit(part).result()


pool.submit(whole).result()
