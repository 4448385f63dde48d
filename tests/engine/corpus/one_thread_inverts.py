"""One thread alone takes two locks in both orders; others take one lock only.

verdict: clean
"""

import threading

accounts = threading.Lock()
audit = threading.Lock()


def alone() -> None:
    with accounts, audit:
        pass
    with audit, accounts:
        pass


def other(lock: threading.Lock) -> None:
    for _ in range(10):
        with lock:
            pass


threads = [
    threading.Thread(target=alone),
    threading.Thread(target=other, args=(accounts,)),
    threading.Thread(target=other, args=(audit,)),
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
