"""Jobs take two locks in one order; who has waited for their results takes them in the other.

verdict: clean
methods: threads, processes
"""

import multiprocessing
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

SHARED = []


def keep(*locks) -> None:
    SHARED[:] = locks


def debit() -> None:
    time.sleep(0.05)  # so that there is something to wait for
    accounts, audit = SHARED
    with accounts, audit:
        pass


def main() -> None:
    module = threading if sys.argv[1] == "threads" else multiprocessing
    executor = ThreadPoolExecutor if sys.argv[1] == "threads" else ProcessPoolExecutor
    accounts = module.Lock()
    audit = module.Lock()
    with executor(2, initializer=keep, initargs=(accounts, audit)) as pool:
        pool.submit(debit).result()
        with audit, accounts:
            pass


if __name__ == "__main__":
    main()
