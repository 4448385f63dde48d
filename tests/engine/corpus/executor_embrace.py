"""Two tasks of a `ProcessPoolExecutor` take two locks in opposite orders.

verdict: deadlock
cause: process-lock-cycle
participants: 2
methods: fork, spawn
"""

import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor


def set_up(*shared: object) -> None:
    globals()["shared"] = shared


def transfer(first: int, second: int) -> None:
    *locks, both = globals()["shared"]
    with locks[first]:
        both.wait()
        with locks[second]:
            pass


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    accounts = context.Lock()
    audit = context.Lock()
    shared = accounts, audit, context.Barrier(2)
    with ProcessPoolExecutor(2, context, set_up, shared) as executor:
        list(executor.map(transfer, (0, 1), (1, 0)))


if __name__ == "__main__":
    main()
