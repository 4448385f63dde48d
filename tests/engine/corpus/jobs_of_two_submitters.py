"""A job comes after its own submit, not after that of the job which the same worker happened to do before.

verdict: potential
cause: lock-cycle
participants: MainThread, clerk_0
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

accounts = threading.Lock()
audit = threading.Lock()


def credit() -> None:
    with audit, accounts:
        pass


def hand_over(pool: ThreadPoolExecutor) -> None:
    time.sleep(0.1)
    pool.submit(credit)


with ThreadPoolExecutor(1, thread_name_prefix="clerk") as pool:
    pool.submit(len, "").result()
    submitter = threading.Thread(target=hand_over, args=(pool,))
    submitter.start()
    with accounts, audit:
        pass
    pool.submit(len, "")
    submitter.join()
