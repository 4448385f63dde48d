"""A worker of a pool is killed at its task: its place is taken by another, but the result never comes.

verdict: deadlock
cause: executor
participants: MainThread
methods: fork, spawn, forkserver
"""

import multiprocessing
import os
import signal
import sys


def crash(_: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    with context.Pool(2) as pool:
        pool.map(crash, [1])


if __name__ == "__main__":
    main()
