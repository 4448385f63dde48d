"""Two workers of a pool take two locks in opposite orders, at different times.

verdict: potential
cause: lock-cycle
participants: 2
"""

import concurrent.futures
import threading
import time

accounts = threading.Lock()
audit = threading.Lock()
both_here = threading.Barrier(2)


def debit() -> None:
    both_here.wait()
    with accounts, audit:
        pass


def credit() -> None:
    both_here.wait()
    time.sleep(0.1)
    with audit, accounts:
        pass


with concurrent.futures.ThreadPoolExecutor(2) as pool:
    for future in [pool.submit(debit), pool.submit(credit)]:
        future.result()
