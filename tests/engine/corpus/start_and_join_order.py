"""Threads that take two locks in opposite orders, but each starts only when the one before has been joined.

verdict: clean
"""

import threading

accounts = threading.Lock()
audit = threading.Lock()


def debit() -> None:
    with accounts, audit:
        pass


def credit() -> None:
    with audit, accounts:
        pass


with accounts, audit:  # before any thread exists
    pass
for work in (credit, debit, credit):
    thread = threading.Thread(target=work, name=work.__name__)
    thread.start()
    thread.join()
with audit, accounts:  # when all have ended
    pass
