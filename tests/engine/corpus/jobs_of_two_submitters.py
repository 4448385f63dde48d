"""A job comes after its own submit, not after that of the job which the same worker happened to do before.

verdict: potential
cause: lock-cycle
participants: MainThread, clerk_0
"""

import threading
from concurrent.futures import ThreadPoolExecutor

accounts = threading.Lock()
audit = threading.Lock()
over = threading.Semaphore()  # with a permit from the beginning: another run gets through at once


def credit() -> None:
    with audit, accounts:
        pass


def hand_over(pool: ThreadPoolExecutor) -> None:
    over.acquire()
    over.release()
    pool.submit(credit)


with ThreadPoolExecutor(1, thread_name_prefix="clerk") as pool:
    pool.submit(len, "").result()
    over.acquire()
    submitter = threading.Thread(target=hand_over, args=(pool,))
    submitter.start()
    with accounts, audit:
        pass
    pool.submit(len, "")
    over.release()
    submitter.join()
