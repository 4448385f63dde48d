"""A worker of a pool is killed while it holds a lock that another task waits for.

verdict: deadlock
cause: mixed
participants: 1
methods: fork, spawn
"""

import multiprocessing
import os
import signal
import sys
from multiprocessing.synchronize import Lock


def set_up(lock: Lock) -> None:
    globals()["accounts"] = lock


def crash() -> None:
    with globals()["accounts"]:
        os.kill(os.getpid(), signal.SIGKILL)


def transfer() -> None:
    with globals()["accounts"]:
        pass


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    accounts = context.Lock()
    with context.Pool(1, set_up, (accounts,)) as pool:
        pool.apply_async(crash)
        pool.apply(transfer)


if __name__ == "__main__":
    main()
