"""Two threads take two locks in opposite orders, one after the other: either of two signals may have let the
second go on.

verdict: potential
cause: lock-cycle
participants: debit, credit
"""

import threading
import time

accounts = threading.Lock()
audit = threading.Lock()
first_done = threading.Event()


def debit() -> None:
    with accounts, audit:
        pass
    first_done.set()


def credit() -> None:
    first_done.wait()
    with audit, accounts:
        pass


def impatient() -> None:
    time.sleep(0.1)
    first_done.set()


threads = [threading.Thread(target=work, name=work.__name__) for work in (debit, credit, impatient)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
