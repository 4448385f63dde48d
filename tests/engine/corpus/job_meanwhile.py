"""Who has waited for one job takes two locks in the other order while the next job, of the same worker, takes them too.

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
    time.sleep(0.05)
    with accounts, audit:
        pass


with ThreadPoolExecutor(1, thread_name_prefix="clerk") as pool:
    pool.submit(debit).result()
    job = pool.submit(debit)
    with audit, accounts:
        pass
    job.result()
