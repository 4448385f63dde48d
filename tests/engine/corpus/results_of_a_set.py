"""Results are asked for in the order of a set, which is chance: with that of `debit` first, it is over before two locks
are taken in the other order; another run may begin with the other one.

verdict: chance
cause: lock-cycle
participants: 2
"""

import threading
from concurrent.futures import ThreadPoolExecutor

accounts = threading.Lock()
audit = threading.Lock()


def debit() -> None:
    with audit, accounts:
        pass


def rest() -> None:
    pass


with ThreadPoolExecutor(2) as pool:
    for job in {pool.submit(debit), pool.submit(rest)}:
        job.result()
        with accounts, audit:
            pass
