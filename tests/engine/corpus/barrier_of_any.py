"""Three threads meet at a barrier of two, so any two of them: the one that came later may come first another time.

verdict: potential
cause: lock-cycle
participants: debit, credit
"""

import threading
import time

accounts = threading.Lock()
audit = threading.Lock()
pairs = threading.Barrier(2)


def debit() -> None:
    with accounts, audit:
        pass
    pairs.wait()


def bystander() -> None:
    time.sleep(0.1)
    pairs.wait()
    pairs.wait()


def credit() -> None:
    time.sleep(0.3)
    pairs.wait()
    with audit, accounts:
        pass


workers = [threading.Thread(target=work, name=work.__name__) for work in (debit, bystander, credit)]
for worker in workers:
    worker.start()
for worker in workers:
    worker.join()
