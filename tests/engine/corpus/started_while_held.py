"""A thread is started by one that took both locks before; it takes them the other way round.

verdict: clean
"""

import threading

accounts = threading.Lock()
audit = threading.Lock()


def credit() -> None:
    with audit, accounts:
        pass


def debit() -> None:
    with accounts, audit:
        pass
    later = threading.Thread(target=credit, name="credit")
    later.start()
    later.join()
    with accounts, audit:
        pass


first = threading.Thread(target=debit, name="debit")
first.start()
first.join()
