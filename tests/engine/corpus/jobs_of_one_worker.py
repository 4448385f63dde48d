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


def debit() -> None:
    with accounts, audit:
        pass


def credit() -> None:
    with audit, accounts:
        pass


with ThreadPoolExecutor(2) as pool:
    pool.submit(debit)
    time.sleep(0.1)
    pool.submit(credit)
