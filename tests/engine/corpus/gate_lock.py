"""A gate lock lets one thread at a time near two locks, whatever their order.

verdict: clean
"""

import threading

gate = threading.Lock()
accounts = threading.Lock()
audit = threading.Lock()
first_done = threading.Event()


def debit() -> None:
    with gate, accounts, audit:
        pass
    first_done.set()


def credit() -> None:
    first_done.wait()
    with gate, audit, accounts:
        pass


threads = [threading.Thread(target=work, name=work.__name__) for work in (debit, credit)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
