"""Results are there already when they are asked for: one by one, all of them, as they come, mapped; of pools as well.

verdict: clean
methods: threads, processes
"""

import multiprocessing
import multiprocessing.pool
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed, wait

SHARED = []


def keep(*locks) -> None:
    SHARED[:] = locks


def debit(*_: int) -> None:
    accounts, audit = SHARED
    with accounts, audit:
        pass


def main() -> None:
    of_threads = sys.argv[1] == "threads"
    module = threading if of_threads else multiprocessing
    accounts = module.Lock()
    audit = module.Lock()
    executor = ThreadPoolExecutor if of_threads else ProcessPoolExecutor
    with executor(1, initializer=keep, initargs=(accounts, audit)) as pool:
        jobs = [pool.submit(debit) for _ in range(2)]
        wait([pool.submit(debit) for _ in range(2)])
        for job in as_completed([pool.submit(debit) for _ in range(2)]):
            job.result()
        time.sleep(0.05)
        for job in jobs:
            job.result()
        list(pool.map(debit, range(2)))
        with audit, accounts:
            pass
    crew = multiprocessing.pool.ThreadPool if of_threads else multiprocessing.Pool
    with crew(1, keep, (accounts, audit)) as pool:
        pool.apply(debit)
        pool.map(debit, range(2))
        for _ in pool.imap_unordered(debit, range(2)):
            pass
        with audit, accounts:
            pass


if __name__ == "__main__":
    main()
