"""A future's callback takes two locks in its worker while who has the result takes them in the other order.

verdict: potential
cause: lock-cycle
participants: MainThread, clerk_0
"""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

accounts = threading.Lock()
audit = threading.Lock()
listens = threading.Event()


def tell(_: Future[None]) -> None:
    time.sleep(0.1)
    with accounts, audit:
        pass


with ThreadPoolExecutor(1, thread_name_prefix="clerk") as pool:
    job = pool.submit(listens.wait)
    job.add_done_callback(tell)
    listens.set()
    job.result()
    with audit, accounts:
        pass
