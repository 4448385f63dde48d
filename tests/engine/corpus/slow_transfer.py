"""Two threads take two locks in opposite orders, at different times; nothing but luck keeps them apart.

verdict: potential
cause: lock-cycle
participants: debit, credit
"""

import threading
import time


def transfer(source: threading.Lock, target: threading.Lock, delay_s: float) -> None:
    time.sleep(delay_s)
    with source:
        time.sleep(0.01)
        with target:
            pass


accounts = threading.Lock()
audit = threading.Lock()
threads = [
    threading.Thread(target=transfer, args=(accounts, audit, 0.0), name="debit"),
    threading.Thread(target=transfer, args=(audit, accounts, 0.1), name="credit"),
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
