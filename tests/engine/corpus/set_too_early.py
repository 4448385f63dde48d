"""A thread sets an event and does what it always does once more: what waits for the event comes after the first time
only.

verdict: potential
cause: lock-cycle
participants: debit, credit
"""

import threading
import time

accounts = threading.Lock()
audit = threading.Lock()
ready = threading.Event()


def debit() -> None:
    for _ in range(2):
        with accounts, audit:
            pass
        ready.set()


def credit() -> None:
    ready.wait()
    time.sleep(0.1)
    with audit, accounts:
        pass


threads = [threading.Thread(target=work, name=work.__name__) for work in (debit, credit)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
