"""A job is handed over between two locks: it takes them in the other order as soon as it can.

verdict: potential
cause: lock-cycle
participants: MainThread, clerk_0
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

accounts = threading.Lock()
audit = threading.Lock()


def debit() -> None:
    time.sleep(0.1)
    with audit, accounts:
        pass


with ThreadPoolExecutor(1, thread_name_prefix="clerk") as pool:
    pool.submit(len, "").result()
    with accounts:
        pool.submit(debit)
        with audit:
            pass
