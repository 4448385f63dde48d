"""A thread acquires a Lock twice; one that has nothing to do with it lives on, which might release it: a long wait.

verdict: clean
"""

import threading
import time

balance = threading.Lock()


def deposit() -> None:
    balance.acquire()
    balance.acquire()


threading.Thread(target=deposit, name="deposit", daemon=True).start()
for _ in range(24):
    time.sleep(0.1)
