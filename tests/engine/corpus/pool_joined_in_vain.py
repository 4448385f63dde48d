"""A pool's only worker waits for what would be set once the pool has been joined.

verdict: deadlock
cause: condition
participants: MainThread, ForkPoolWorker-1
methods: fork
"""

import multiprocessing


def wait() -> None:
    approved.wait()


if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    approved = context.Event()
    pool = context.Pool(1)
    pool.apply_async(wait)
    pool.close()
    pool.join()
    approved.set()
