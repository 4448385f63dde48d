"""Two threads are stuck for good while the rest of the program goes on.

verdict: deadlock
cause: lock-cycle
participants: debit, credit
"""

import threading
import time

accounts = threading.Lock()
audit = threading.Lock()
both = threading.Barrier(2)


def debit() -> None:
    with accounts:
        both.wait()
        with audit:
            pass


def credit() -> None:
    with audit:
        both.wait()
        with accounts:
            pass


for work in (debit, credit):
    threading.Thread(target=work, name=work.__name__, daemon=True).start()
while True:
    sum(range(1000))
    time.sleep(0.001)
