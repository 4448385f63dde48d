"""Two threads take two locks in opposite orders, but the second one only once the first has released a third for it:
one that was taken before either began. A warning, for that is all that is known of it.

verdict: clean
"""

import threading

accounts = threading.Lock()
audit = threading.Lock()
ready = threading.Lock()
ready.acquire()


def debit() -> None:
    with accounts, audit:
        pass
    ready.release()


def credit() -> None:
    ready.acquire()
    with audit, accounts:
        pass


threads = [threading.Thread(target=work, name=work.__name__) for work in (credit, debit)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
