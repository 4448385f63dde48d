"""Two threads take two locks in opposite orders. In this run the second one waited on a condition first: a warning, for
it need not have been so.

verdict: clean
"""

import threading
import time

accounts = threading.Lock()
audit = threading.Lock()
change = threading.Condition()
free = [False]


def debit() -> None:
    time.sleep(0.1)
    with accounts, audit:
        pass
    with change:
        free[0] = True
        change.notify()


def credit() -> None:
    with change:
        while not free[0]:
            change.wait()
    with audit, accounts:
        pass


threads = [threading.Thread(target=work, name=work.__name__) for work in (debit, credit)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
