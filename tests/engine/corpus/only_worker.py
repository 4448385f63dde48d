"""The only worker does two jobs that take two locks in opposite orders: never at the same time.

verdict: clean
"""

import threading
from concurrent.futures import ThreadPoolExecutor

accounts = threading.Lock()
audit = threading.Lock()


def debit() -> None:
    with accounts, audit:
        pass


def credit() -> None:
    with audit, accounts:
        pass


with ThreadPoolExecutor(1) as pool:
    jobs = [pool.submit(debit), pool.submit(credit)]
