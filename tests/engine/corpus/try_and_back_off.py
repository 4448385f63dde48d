"""Opposite orders, but the second lock is only tried, or waited for with a timeout, and given up when it is taken.

verdict: clean
"""

import threading

accounts = threading.Lock()
audit = threading.Lock()
first_done = threading.Event()


def debit() -> None:
    with accounts:
        if audit.acquire(blocking=False):
            audit.release()
    first_done.set()


def credit() -> None:
    first_done.wait()
    with audit:
        if accounts.acquire(timeout=0.5):
            accounts.release()


threads = [threading.Thread(target=work) for work in (debit, credit)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
