"""Two threads take two locks in opposite orders, one after the other.

verdict: potential
cause: lock-cycle
participants: debit, credit
"""

import threading

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


threads = [threading.Thread(target=work, name=work.__name__) for work in (debit, credit)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
