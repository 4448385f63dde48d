"""Three tasks meet at a barrier, but the pool has two workers.

verdict: deadlock
cause: barrier
participants: 2
methods: fork, spawn, forkserver
"""

import multiprocessing
import sys
from multiprocessing.synchronize import Barrier


def set_up(barrier: Barrier) -> None:
    globals()["meet"] = barrier


def task(_: int) -> None:
    globals()["meet"].wait()


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    meet = context.Barrier(3)
    with context.Pool(2, set_up, (meet,)) as pool:
        pool.map(task, range(3), chunksize=1)


if __name__ == "__main__":
    main()
