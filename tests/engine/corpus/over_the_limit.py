"""More jobs are handed over or done, or more results known, than is recorded. Two locks are taken in one order before
the last job and after it, and in the other one in it.

verdict: clean
methods: orders, submits, results, jobs
"""

import multiprocessing
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

SHARED = []


def keep(*locks) -> None:
    SHARED[:] = locks


def rest() -> None:
    pass


def guard(gate, till) -> None:
    with gate, till:
        pass


def debit() -> None:
    accounts, audit = SHARED
    with audit, accounts:
        pass


def main() -> None:
    of_processes = sys.argv[1] == "results"
    module = multiprocessing if of_processes else threading
    accounts, audit, gate, till = (module.Lock() for _ in range(4))
    executor = ProcessPoolExecutor if of_processes else ThreadPoolExecutor
    with executor(1, initializer=keep, initargs=(accounts, audit)) as pool:
        with gate, till:
            pass
        for _ in range(110 if sys.argv[1] in {"orders", "jobs"} else 2100):
            if sys.argv[1] == "orders":
                guard(gate, till)
            pool.submit(*(guard, gate, till) if sys.argv[1] == "jobs" else (rest,)).result()
        with accounts, audit:
            pass
        pool.submit(debit).result()
        with accounts, audit:
            pass


if __name__ == "__main__":
    main()
