"""Of two jobs that take two locks the first one to come is waited for, and the locks are taken in the other order.

verdict: potential
cause: lock-cycle
participants: 2
"""

import threading
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

accounts = threading.Lock()
audit = threading.Lock()


def debit(seconds: float) -> None:
    time.sleep(seconds)
    with accounts, audit:
        pass


with ThreadPoolExecutor(2) as pool:
    done, rest = wait([pool.submit(debit, seconds) for seconds in (0.01, 0.1)], return_when=FIRST_COMPLETED)
    done.pop().result()
    with audit, accounts:
        pass
