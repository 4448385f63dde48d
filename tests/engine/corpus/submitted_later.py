"""Who has taken two locks hands a job to a worker that is there already; the job takes them in the other order.

verdict: clean
methods: threads, processes
"""

import multiprocessing
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

SHARED = []


def keep(*locks) -> None:
    SHARED[:] = locks


def debit() -> None:
    accounts, audit = SHARED
    with accounts, audit:
        pass


def main() -> None:
    module = threading if sys.argv[1] == "threads" else multiprocessing
    executor = ThreadPoolExecutor if sys.argv[1] == "threads" else ProcessPoolExecutor
    accounts = module.Lock()
    audit = module.Lock()
    with executor(1, initializer=keep, initargs=(accounts, audit)) as pool:
        pool.submit(len, "").result()
        with audit, accounts:
            pass
        pool.submit(debit)


if __name__ == "__main__":
    main()
