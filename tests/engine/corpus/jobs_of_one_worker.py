"""One of two workers happens to do two jobs, one after the other, that take two locks in opposite orders.

verdict: potential
cause: lock-cycle
participants: 2
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

accounts = threading.Lock()
audit = threading.Lock()
over = threading.Event()


def debit() -> None:
    with accounts, audit:
        pass
    over.set()


def credit() -> None:
    with audit, accounts:
        pass


with ThreadPoolExecutor(2) as pool:
    jobs = [pool.submit(debit)]
    while not jobs[0].done():
        time.sleep(0.001)
    time.sleep(0.05)  # until it is idle
    jobs.append(pool.submit(credit))
