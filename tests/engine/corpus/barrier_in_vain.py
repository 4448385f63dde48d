"""Two threads take two locks in opposite orders after a barrier, or on both sides of it: that orders nothing.

verdict: potential
cause: lock-cycle
participants: debit, credit
"""

import threading
import time

accounts = threading.Lock()
audit = threading.Lock()
phase = threading.Barrier(2)


def debit() -> None:
    for _ in range(2):
        with accounts, audit:
            pass
        phase.wait()


def credit() -> None:
    phase.wait()
    time.sleep(0.1)
    with audit, accounts:
        pass
    phase.wait()


workers = [threading.Thread(target=work, name=work.__name__) for work in (debit, credit)]
for worker in workers:
    worker.start()
for worker in workers:
    worker.join()
